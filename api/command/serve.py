"""`epipole serve`."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click


@click.command()
@click.option("--host", help="Address to listen on.  [EPIPOLE_HOST, else 127.0.0.1]")
@click.option("--port", type=int, help="Port to listen on; 0 takes a free one.  [EPIPOLE_PORT, else 8000]")
def serve(host: str | None, port: int | None) -> None:
    """Start the HTTP service."""
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")  # the band pool is the only source of parallelism
    with _without("coverage", "rich", "scipy"):
        import numba.np.arraymath  # noqa: F401 -- looks for scipy when kernels are loaded; none needs it

        from api.command.failure import read_settings
        from api.server import run_server

    settings = read_settings(host=host, port=port)
    fault = settings.exposure_fault()
    if fault is not None:
        raise click.UsageError(fault)
    run_server(settings)


@contextmanager
def _without(*names: str) -> Iterator[None]:
    """Let imports inside find none of these packages, unless they are there already.

    Libraries look for them and do without them, too; where they are installed for other ends, they would double the
    time that the service takes to start.
    """
    absent = [name for name in names if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
