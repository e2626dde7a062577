"""What can go wrong in geometry: an input that makes no sense, or a configuration that has no stable answer."""


class GeometryError(Exception):
    """Base of every error that geometry raises on purpose."""


class InvalidInput(GeometryError):
    """An argument is not what the function documents.

    `argument` is the parameter's name; a position inside an array follows it as indices: `projections/17/0/3`.
    """

    def __init__(self, argument: str, detail: str) -> None:
        super().__init__(f"{argument}: {detail}")
        self.argument = argument
        self.detail = detail


class Degenerate(GeometryError):
    """The input is well formed, but its configuration has no stable answer.

    `reason` is a stable machine-readable word such as `same_centre` or `singular_homography`.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
