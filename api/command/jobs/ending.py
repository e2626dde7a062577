"""`epipole jobs cancel` and `epipole jobs retry`."""

import click

from api.command.jobs.service import service, service_options
from api.command.jobs.watch import follow


@click.command()
@click.argument("job", metavar="ID")
@service_options
def cancel(job: str, url: str, key: str | None) -> None:
    """Stop the job ID, or delete the results of one that has ended."""
    with service(url, key) as client:
        status = client.job(job).cancel()
    if status.state == "dismissed":
        click.echo(f"{job} is dismissed; nothing of it runs or is kept.", err=True)
    else:
        click.echo(f"{job} is being stopped; `epipole jobs show {job}` tells when it is.", err=True)


@click.command()
@click.argument("job", metavar="ID")
@click.option("--watch", "watching", is_flag=True, help="Show how far it is, until its end.")
@service_options
def retry(job: str, url: str, key: str | None, *, watching: bool) -> None:
    """Run what failed of the job ID again; what is done stays."""
    with service(url, key) as client:
        status = client.job(job).retry()
    left = "" if status.tiles_total is None else f", {status.tiles_total - status.tiles_done:,} {status.unit} are left"
    click.echo(f"{job} runs again{left}.", err=True)
    if watching:
        follow(job, url, key)
    else:
        click.echo(f"`epipole jobs watch {job}` shows how far it is.", err=True)
