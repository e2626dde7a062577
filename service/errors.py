"""What the service can refuse, in its own words; the faces translate these to status codes and exit codes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One wrong place in a request: a JSON pointer (`/right/0/3`, empty for the whole) and the reason."""

    pointer: str
    detail: str


class ServiceError(Exception):
    """Base of every refusal. `title` names the kind, `detail` says what happened and what to do next."""

    title = "The service could not do this"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class UnreadableBody(ServiceError):
    title = "The request body cannot be read"


class InvalidParams(ServiceError):
    title = "The parameters are not valid"

    def __init__(self, faults: list[Fault]) -> None:
        shown = "; ".join(f"{fault.pointer or '/'}: {fault.detail}" for fault in faults[:3])
        super().__init__(shown if len(faults) <= 3 else f"{shown}; and {len(faults) - 3} more")
        self.faults = faults


class DegenerateInput(ServiceError):
    title = "This configuration has no stable answer"

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class NotFound(ServiceError):
    title = "There is no such thing"


class Conflict(ServiceError):
    title = "This cannot be done in the present state"


class Gone(ServiceError):
    title = "This was here, and has been deleted since"


class TooLarge(ServiceError):
    title = "This is larger than the service allows"


class UnsupportedMedia(ServiceError):
    title = "This media type is not understood"


class NotAcceptable(ServiceError):
    title = "The result cannot be sent in the form asked for"


class OutsideRange(ServiceError):
    title = "The range lies outside of what there is"

    def __init__(self, detail: str, size: int) -> None:
        super().__init__(detail)
        self.size = size


class Unauthenticated(ServiceError):
    title = "An API key is needed"


class RateLimited(ServiceError):
    title = "Too many requests from this key"

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Overloaded(ServiceError):
    title = "The service is busy"

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class DeadlinePassed(Overloaded):
    title = "The work did not finish in time"


class DatabaseUnavailable(Overloaded):
    """The job database does not answer, or cannot write. Nothing was lost: what was asked can be asked again."""

    title = "The job database is not available"


class Stalled(ServiceError):
    title = "The request did not arrive in time"


class Abandoned(ServiceError):
    title = "The client went away"


class StorageFailed(ServiceError):
    title = "The store could not keep this"
