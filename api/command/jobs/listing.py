"""`epipole jobs list` and `epipole jobs show`."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import click

from api.command.jobs.service import service, service_options

STATES = ("accepted", "running", "successful", "failed", "dismissed")
COLOURS = {"running": "cyan", "successful": "green", "failed": "red", "dismissed": "dim"}


@click.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only jobs in this state.")
@click.option("--operation", help="Only jobs of this operation.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Most jobs that are shown.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@service_options
def list_jobs(
    state: str | None, operation: str | None, limit: int, url: str, key: str | None, *, as_json: bool
) -> None:
    """List your jobs, newest first."""
    with service(url, key) as client:
        found = list(islice(client.jobs(state=state, operation=operation), limit + 1))
    shown = found[:limit]
    if as_json:
        click.echo(_json([asdict(status) for status in shown]))
        return
    if not shown:
        click.echo("There are no such jobs." if state or operation else "You have no jobs.", err=True)
        return
    from rich.console import Console
    from rich.table import Column, Table

    table = Table(
        Column("job", min_width=26),
        "operation",
        "state",
        "done",
        "failed",
        "age",
        box=None,
        header_style="bold",
    )
    for status in shown:
        colour = COLOURS.get(status.state, "default")
        total = "?" if status.tiles_total is None else f"{status.tiles_total:,}"
        table.add_row(
            status.id,
            status.operation,
            f"[{colour}]{'cancelling' if status.cancelling and not status.ended else status.state}[/]",
            f"{status.tiles_done:,} of {total}",
            f"[red]{status.tiles_failed:,}[/]" if status.tiles_failed else "",
            "" if status.created is None else duration((datetime.now(UTC) - status.created).total_seconds()),
        )
    Console().print(table)
    if len(found) > limit:
        click.echo("There are more; --limit shows them.", err=True)


@click.command()
@click.argument("job", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@service_options
def show(job: str, url: str, key: str | None, *, as_json: bool) -> None:
    """Show how the job ID stands."""
    with service(url, key) as client:
        status = client.job(job).status()
    if as_json:
        click.echo(_json(asdict(status)))
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, show_header=False)
    table.add_row("job", status.id)
    table.add_row("operation", f"{status.operation} ({status.kind})")
    table.add_row("state", f"[{COLOURS.get(status.state, 'default')}]{status.state}[/], {status.progress:g} %")
    total = "an unknown number" if status.tiles_total is None else f"{status.tiles_total:,}"
    table.add_row(status.unit, f"{status.tiles_done:,} of {total}; {status.tiles_failed:,} failed")
    if status.rate is not None:
        table.add_row("rate", f"{status.rate:,.4g} {status.unit}/s")
    if status.eta_seconds is not None:
        table.add_row("ends in", duration(status.eta_seconds))
    for name in ("created", "started", "finished", "results_expire"):
        moment = getattr(status, name)
        if moment is not None:
            table.add_row(name.replace("_", " "), f"{moment.astimezone():%Y-%m-%d %H:%M:%S %Z}")
    if status.reason is not None:
        table.add_row("reason", escape(reason_text(status.reason)))
    Console().print(table)
    click.echo(_next_step(status.id, status.state), err=True)


def reason_text(reason: Any) -> str:
    """Why a job failed, in one line for each place."""
    places = [f"{fault.get('pointer') or '/'}: {fault.get('detail', '')}" for fault in reason.get("errors") or ()]
    head = ": ".join(str(reason[name]) for name in ("title", "detail") if reason.get(name))
    return "\n".join([head, *places]) if places else head or json.dumps(dict(reason))


def duration(seconds: float) -> str:
    """Seconds in the two units that matter."""
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days >= 1:
        return f"{days:.0f} d {hours % 24:.0f} h"
    if hours >= 1:
        return f"{hours:.0f} h {minutes % 60:.0f} min"
    return f"{minutes:.0f} min {seconds % 60:.0f} s" if minutes >= 1 else f"{seconds:.0f} s"


def _next_step(job: str, state: str) -> str:
    return {
        "successful": f"`epipole jobs fetch {job} --to FOLDER` fetches what it made.",
        "failed": f"`epipole jobs retry {job}` runs what failed again; what is done stays.",
        "dismissed": "Its results are deleted.",
    }.get(state, f"`epipole jobs watch {job}` waits for its end.")


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, default=lambda moment: moment.isoformat())
