"""`epipole demo`: the main job on real input, through HTTP, with pictures to look at."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

_START_SECONDS = 300


@click.command()
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo-output"),
    show_default=True,
    help="Folder for the pictures and figures.",
)
@click.option(
    "--photo",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A photograph to warp. Default: one that scikit-image brings.",
)
@click.option("--cameras", type=click.IntRange(2, 20_000), default=5000, show_default=True, help="Size of the rig.")
def demo(output: Path, photo: Path | None, cameras: int) -> None:
    """Start the service, send it real input, and write what comes back to a folder.

    The input is a photograph, a rig of cameras and a depth map.
    """
    from api.demo.scenes import bundled_photo
    from api.demo.tour import Tour

    picture = photo if photo is not None else bundled_photo()
    if picture is None:
        raise click.UsageError("no photograph: give one with --photo FILE, or install the extra epipole[demo]")
    output.mkdir(parents=True, exist_ok=True)
    click.echo("Starting the service (the first start on a machine compiles the kernels, two to four minutes) …")
    with _service() as address:
        tour = Tour(address, output, click.echo)
        tour.warp(picture)
        tour.filters(picture)
        tour.depth()
        tour.pair()
        tour.rig(cameras)
        tour.refusals()
    (output / "figures.json").write_text(json.dumps(tour.figures, indent=2) + "\n")
    click.echo(f"\nThe service has stopped. Look at {output / 'index.html'}, and at:")
    for name in sorted(path.name for path in output.iterdir()):
        click.echo(f"  {output / name}")


@contextmanager
def _service() -> Iterator[str]:
    """The service as a process of its own on a free port; its address once it is ready."""
    from api.demo.client import wait_ready

    environment = os.environ | {"EPIPOLE_LOG_LEVEL": "warning", "EPIPOLE_HOST": "127.0.0.1", "EPIPOLE_API_KEYS": ""}
    process = subprocess.Popen(
        [sys.executable, "-m", "api.command", "serve", "--port", "0"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if "listens on " in line:
                address = line.split("listens on ", 1)[1].split()[0]
                break
            click.echo(line.rstrip(), err=True)
        else:
            raise click.ClickException("the service did not start; see the message above")
        wait_ready(address, _START_SECONDS, process)
        yield address
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(40)
