"""`epipole jobs watch`: a job's progress, live."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from api.command.jobs.service import INTERRUPTED, service, service_options
from api.command.refusal import Refusal

if TYPE_CHECKING:
    from api.client import JobStatus

EXIT_CODES = {"successful": 0, "failed": 3, "dismissed": 4}
_ATTEMPTS = 12  # in a row without an answer, two minutes or so: a service may be started anew meanwhile


@click.command()
@click.argument("job", metavar="ID")
@service_options
def watch(job: str, url: str, key: str | None) -> None:
    """Show how far the job ID is until it ends. Ctrl-C stops the watching only.

    Exit code 0 when it was successful, 3 when it failed, 4 when it was dismissed.
    """
    follow(job, url, key)


def follow(job: str, url: str, key: str | None) -> None:
    """Watch a job to its end, and leave the program with the exit code of its state."""
    from api.command.jobs.bar import JobBar

    last: JobStatus | None = None
    try:
        with service(url, key) as client:
            client.job(job).status()  # what is wrong from the beginning is told at once
        with JobBar() as bar, service(url, key, attempts=_ATTEMPTS, progress=bar.waits) as client:
            for last in client.job(job).watch():
                bar.show(last)
    except KeyboardInterrupt:
        click.echo(f"The job goes on. `epipole jobs watch {job}` returns to it, `cancel` stops it.", err=True)
        sys.exit(INTERRUPTED)
    if last is None:
        raise Refusal(f"nothing is known of {job} any more", 1)
    _tell_end(last)
    sys.exit(EXIT_CODES.get(last.state, 1))


def _tell_end(status: JobStatus) -> None:
    from api.command.jobs.listing import duration, reason_text

    took = ""
    if status.started is not None and status.finished is not None:
        took = f" after {duration((status.finished - status.started).total_seconds())}"
    click.echo(f"{status.operation} was {status.state}{took}: {status.tiles_done:,} {status.unit} done.", err=True)
    if status.reason is not None:
        click.echo(reason_text(status.reason), err=True)
    if status.state == "failed":
        click.echo(f"`epipole jobs retry {status.id}` runs what failed again; what is done stays.", err=True)
    if status.state == "successful":
        click.echo(f"`epipole jobs fetch {status.id} --to FOLDER` fetches what it made.", err=True)
