"""`epipole jobs`: jobs of a running service, from the command line."""

import click

from api.command.jobs.ending import cancel, retry
from api.command.jobs.fetch import fetch
from api.command.jobs.listing import list_jobs, show
from api.command.jobs.submission import submit
from api.command.jobs.watch import watch


@click.group(
    epilog=(
        "The service is named by --url or EPIPOLE_URL, an API key by --key or EPIPOLE_KEY. Exit codes: 0 done; 1 the "
        "service refused or is out of reach; 2 wrong options or parameters; 3 the job failed; 4 it was dismissed."
    )
)
def jobs() -> None:
    """Submit jobs to a running service, watch them, and fetch what they made."""


for _command in (submit, list_jobs, show, watch, cancel, retry, fetch):
    jobs.add_command(_command)
