"""How the command line tells people what went wrong."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError

from api.command.refusal import Refusal
from api.problems import status_of
from service.errors import InvalidParams, ServiceError
from service.settings import Settings


@contextmanager
def told() -> Iterator[None]:
    """Turn a refusal into a message on standard error and exit code 1 (2 for bad parameters, as for bad options)."""
    try:
        yield
    except InvalidParams as error:
        lines = [f"  {fault.pointer or '/'}: {fault.detail}" for fault in error.faults]
        raise Refusal("\n".join([f"{error.title}:", *lines]), 2) from None
    except ServiceError as error:
        raise Refusal(f"{error.title}: {error.detail}", 2 if status_of(error) == 422 else 1) from None


def read_settings(**overrides: object) -> Settings:
    """Settings of this process; options that were given win. Mistakes are told by name."""
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [f"  EPIPOLE_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()]
        raise Refusal(
            "\n".join(["The settings are not valid (`epipole settings` explains them):", *lines]), 2
        ) from None
    except OSError as error:
        raise Refusal(str(error), 2) from None
