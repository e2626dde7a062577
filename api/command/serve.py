"""`epipole serve`."""

import os

import click

from api.command.failure import read_settings


@click.command()
@click.option("--host", help="Address to listen on.  [EPIPOLE_HOST, else 127.0.0.1]")
@click.option("--port", type=int, help="Port to listen on; 0 takes a free one.  [EPIPOLE_PORT, else 8000]")
def serve(host: str | None, port: int | None) -> None:
    """Start the HTTP service."""
    settings = read_settings(host=host, port=port)
    fault = settings.exposure_fault()
    if fault is not None:
        raise click.UsageError(fault)
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")  # the band pool is the only source of parallelism

    from api.server import run_server

    run_server(settings)
