"""`epipole jobs fetch`: what a job made, onto this machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.command.jobs.service import INTERRUPTED, service, service_options

if TYPE_CHECKING:
    from api.client import Client, Results


@click.command()
@click.argument("job", metavar="ID")
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Fetch everything into this folder. What is there already is checked and not sent again.",
)
@click.option("--array", help="Fetch this array, or the slice of it that --index names.")
@click.option("--index", default="...", help="A slice as numpy spells it: 0:10,5.  Default: the whole array.")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File for --array, as npy. Default: JSON."
)
@service_options
def fetch(
    job: str, folder: Path | None, array: str | None, index: str, output: Path | None, url: str, key: str | None
) -> None:
    """Fetch what the job ID made: everything, or a slice of one array. Without options, list what there is.

    Arrays come as Zarr v3 stores, files as they are; every byte is checked against the checksum that was taken when
    it was written.
    """
    if array is None and output is not None:
        raise click.UsageError("--output is for one array; name it with --array, or give a folder with --to")
    if array is not None and folder is not None:
        raise click.UsageError("--to fetches everything; give --array with --output FILE.npy instead")
    with service(url, key) as client:
        if array is not None:
            _fetch_slice(client, job, array, index, output)
        elif folder is not None:
            _fetch_all(client.job(job).results(), folder)
        else:
            _list(client.job(job).results(), job)


def _fetch_slice(client: Client, job: str, name: str, index: str, output: Path | None) -> None:
    from api.client.jobs.calls import slice_file_call

    media_type = "application/json" if output is None else "application/x-npy"
    data = client.complete(slice_file_call(job, name, index, media_type))
    if output is None:
        sys.stdout.buffer.write(data + b"\n")
        return
    output.write_bytes(data)
    click.echo(f"{output}: {len(data):,} bytes", err=True)


def _fetch_all(results: Results, folder: Path) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from api.client import Downloaded

    size = 0
    with Progress(
        TextColumn("[bold]fetching"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[size]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as bar:
        task = bar.add_task("fetching", total=None, size="")

        def tell(step: Downloaded) -> None:
            nonlocal size
            size = step.nbytes
            bar.update(task, completed=step.done, total=step.total, size=f"{size / 1e6:,.1f} MB")

        try:
            results.download(folder, tell)
        except KeyboardInterrupt:
            bar.stop()
            click.echo("Stopped. The same command goes on where it was.", err=True)
            sys.exit(INTERRUPTED)
    click.echo(f"{folder}: {size:,} bytes, all as they were written. Arrays open with zarr.open.", err=True)


def _list(results: Results, job: str) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table("array", "shape", "dtype", "bytes", "what it is", box=None, header_style="bold")
    for array in results.arrays.values():
        entry = array.entry
        shape = " × ".join(map(str, entry.shape)) or "one value"
        table.add_row(entry.name, shape, str(entry.dtype), f"{entry.nbytes:,}", entry.meaning)
    if results.arrays:
        console.print(table)
    told = f"{results.items_total:,} items or tiles, {results.items_failed:,} failed"
    console.print(f"{told}; {results.files_total:,} files; {results.nbytes:,} bytes", highlight=False)
    click.echo(f"`epipole jobs fetch {job} --to FOLDER` fetches all of it.", err=True)
