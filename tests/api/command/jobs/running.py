"""`epipole jobs` as tests call it, in this process."""

from click.testing import CliRunner, Result

from api.command.jobs import jobs
from tests.api.client.conftest import Script
from tests.running import Server


def epipole_jobs(service: Script | Server, *arguments: str, text: str | None = None) -> Result:
    """The command on that service; exceptions that it should have told are raised."""
    environment = {"EPIPOLE_URL": service.address, "EPIPOLE_KEY": "secret", "COLUMNS": "200"}
    return CliRunner(env=environment).invoke(jobs, list(arguments), input=text, catch_exceptions=False)
