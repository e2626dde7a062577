"""A worker process: it loads the kernels, joins a scheduler, and computes tiles, one task at a time."""

import asyncio
import json
import os

from service.jobs.cluster.security import security_of
from service.jobs.cluster.tasks import prepare
from service.jobs.cluster.workers import Station
from service.jobs.lifeline import follow, next_line
from service.logs import configure_logs
from service.settings import Settings

_PATIENCE = "60s"


async def work(station: Station) -> None:
    """Join the scheduler, and compute what it sends until it goes away or sends this worker away."""
    from distributed import Worker

    from service.jobs.cluster.configuration import configure_dask

    os.nice(station.niceness)
    configure_dask()
    worker = Worker(
        station.scheduler,
        host=station.host or None,
        security=security_of(station),
        nthreads=1,
        dashboard=False,
        dashboard_address=f"{station.host}:0",
        memory_limit=0,
        death_timeout=_PATIENCE,
    )
    async with worker:
        await worker.finished()


def main() -> None:
    """Work for the process that started this one, and end with it."""
    settings = Settings(**json.loads(next_line()))
    configure_logs(settings)
    prepare(settings)
    station = Station(**json.loads(next_line()))
    follow(lambda _: None)
    asyncio.run(work(station))


if __name__ == "__main__":
    main()
