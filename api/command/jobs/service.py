"""The service that a command talks to, and how its refusals are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from api.command.refusal import Refusal

if TYPE_CHECKING:
    from api.client import Client, Problem, Progress

INTERRUPTED = 130  # the exit code that a shell expects after Ctrl-C

F = TypeVar("F", bound=Callable[..., Any])

_HINTS = {
    401: "Give an API key with --key or EPIPOLE_KEY; `epipole key OWNER` makes one.",
    404: "`epipole jobs list` shows your jobs.",
    409: "`epipole jobs show ID` tells how the job stands; `epipole jobs watch ID` waits for its end.",
    410: "Submit the job again to compute them anew.",
    429: "Wait for a job to end, or cancel one: `epipole jobs list --state running`.",
}


def service_options(command: F) -> F:
    """Which service, and as whom."""
    command = click.option(
        "--key", envvar="EPIPOLE_KEY", metavar="KEY", help="API key, where the service asks for one.  [EPIPOLE_KEY]"
    )(command)
    return click.option(
        "--url",
        envvar="EPIPOLE_URL",
        default="http://127.0.0.1:8000",
        show_default=True,
        help="Address of the service.  [EPIPOLE_URL]",
    )(command)


@contextmanager
def service(
    url: str, key: str | None, *, attempts: int = 4, progress: Callable[[Progress], None] | None = None
) -> Iterator[Client]:
    """A client of the service; what it refuses ends the command with a message."""
    from api.client import Client, Damaged, Problem, Retries, Unreachable

    retries = Retries(attempts=attempts, longest=30.0)
    try:
        with Client(url, key=key, retries=retries, progress=progress or _tell_waiting) as client:
            yield client
    except Problem as problem:
        raise Refusal(_told(problem), 2 if problem.status in (400, 413, 422) else 1) from None
    except Unreachable as error:
        hint = "Start one with `epipole serve`, or name it with --url or EPIPOLE_URL."
        raise Refusal(f"There is no service at {url}: {error}.\n{hint}", 1) from None
    except Damaged as error:
        raise Refusal(str(error), 1) from None
    except OSError as error:
        raise Refusal(f"{error.filename or ''}: {error.strerror or error}".lstrip(": "), 1) from None


def _tell_waiting(step: Progress) -> None:
    if step.stage == "waiting" and step.total is not None and step.total >= 1:
        click.echo(f"The service is busy; asking again in {step.total:.0f} s.", err=True)


def _told(problem: Problem) -> str:
    places = [f"  {fault.get('pointer') or '/'}: {fault.get('detail', '')}" for fault in problem.errors]
    words = [f"{problem.title}:" if places or problem.detail else problem.title]
    words += places or ([f"  {problem.detail}"] if problem.detail else [])
    if problem.status in _HINTS:
        words.append(_HINTS[problem.status])
    if problem.status >= 500 and problem.request_id:
        words.append(f"The service's logs call this request {problem.request_id}.")
    return "\n".join(words)
