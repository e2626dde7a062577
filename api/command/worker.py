"""`epipole worker`."""

import asyncio
import signal

import click

from api.command.failure import read_settings
from service.settings import Settings


@click.command()
@click.option("--scheduler", required=True, help="Address of the dask scheduler, such as tls://scheduler:8786.")
@click.option("--host", default="", help="Address to listen on for the scheduler and other workers. Default: any.")
@click.option("--processes", type=click.IntRange(min=1), default=1, show_default=True, help="How many to run.")
def worker(scheduler: str, host: str, processes: int) -> None:
    """Compute tiles of jobs for services elsewhere.

    Inputs and results are read and written from here: set the same EPIPOLE_DATA_DIR, EPIPOLE_JOB_STORE and
    EPIPOLE_ROOTS as there. Certificates are those of dask's configuration. A process that dies is replaced.
    """
    from service.logs import configure_logs

    settings = read_settings(job_workers=processes)
    configure_logs(settings)
    asyncio.run(_work(settings, scheduler, host, processes))


async def _work(settings: Settings, scheduler: str, host: str, processes: int) -> None:
    from service.jobs.cluster.workers import Station, WorkerProcesses

    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    workers = WorkerProcesses(processes, settings)
    workers.send_to(Station(scheduler, host))
    workers.start()
    try:
        await ended.wait()
    finally:
        await workers.stop()
