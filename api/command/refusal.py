"""A message for standard error, and an exit code."""

import click


class Refusal(click.ClickException):
    """Ends the command: the message goes to standard error, without a trace of the program's insides."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.exit_code = code  # type: ignore[misc]  # click declares it for the class
