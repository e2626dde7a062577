"""Worker processes of this machine: started, watched, started again when they die."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from dataclasses import asdict, dataclass

import structlog

from service.settings import Settings

_LONGEST_PAUSE = 30.0
_WELL_AFTER = 60.0
_log = structlog.get_logger()


@dataclass(frozen=True)
class Station:
    """Where a worker process is to offer itself.

    Attributes
    ----------
    scheduler
        Address of the dask scheduler.
    host
        Address that the worker listens on; empty: the one that it reaches the scheduler from.
    niceness
        How far its work stands back behind what else the machine does.
    ca, certificate, key
        PEM texts of a temporary encryption of this process's; empty: files that dask's configuration names.
    """

    scheduler: str
    host: str = ""
    niceness: int = 0
    ca: str = ""
    certificate: str = ""
    key: str = ""


class WorkerProcesses:
    """As many worker processes as asked for, each in place of one that died.

    A tile that ends its process ends nothing else. The workers end with this process, because they read from it.
    """

    def __init__(self, count: int, settings: Settings) -> None:
        self.restarts = 0
        self._count = count
        self._settings = settings.model_dump_json().encode()
        self._station: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._processes: dict[int, Process] = {}
        self._keepers: list[asyncio.Task[None]] = []

    @property
    def pids(self) -> list[int]:
        """Of the workers that are there now."""
        return [process.pid for process in self._processes.values()]

    def start(self) -> None:
        """Start them all; they load their kernels and wait to be told where to go."""
        self._keepers = [asyncio.create_task(self._keep(number)) for number in range(self._count)]

    def send_to(self, station: Station) -> None:
        """Tell them, and those that take their places, where to offer themselves."""
        self._station.set_result(json.dumps(asdict(station)).encode())

    def kill(self) -> None:
        """End all of them at once, whatever they do; new ones follow."""
        for process in self._processes.values():
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    async def stop(self) -> None:
        """End them for good."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)

    async def _keep(self, number: int) -> None:
        quick_deaths = 0
        while True:
            started = time.monotonic()
            process = await self._spawn()
            self._processes[number] = process
            try:
                await self._send(process)
                status = await process.wait()
            except asyncio.CancelledError:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(signal.SIGKILL)
                await process.wait()
                raise
            finally:
                del self._processes[number]
            quick_deaths = 0 if time.monotonic() - started > _WELL_AFTER else quick_deaths + 1
            pause = min(_LONGEST_PAUSE, 0.1 * 2.0 ** max(0, quick_deaths - 5))
            _log.warning("a worker process ended; another takes its place", status=status, pause=pause)
            self.restarts += 1
            await asyncio.sleep(pause)

    async def _spawn(self) -> Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "service.jobs.cluster.worker"),
            stdin=PIPE,
            env={**os.environ, **_ONE_THREAD},
        )

    async def _send(self, process: Process) -> None:
        assert process.stdin is not None
        with contextlib.suppress(ConnectionError):
            process.stdin.write(self._settings + b"\n")
            process.stdin.write(await asyncio.shield(self._station) + b"\n")
            await process.stdin.drain()


_ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")} | {"MALLOC_ARENA_MAX": "2"}
