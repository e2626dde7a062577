"""The runner's process as the service sees it: started, spoken to, started again when it dies."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from service.settings import Settings

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 30.0
_WELL_AFTER = 60.0
_LONGEST_REPORT = 1 << 20
_log = structlog.get_logger()


class RunnerProcess:
    """Keeps a runner, with its workers, in a session of its own.

    Nothing that happens there can stop the service; when the service ends, however it does, so do they.

    Parameters
    ----------
    settings
        Of the service.
    told
        Called with every report of the runner.
    """

    def __init__(self, settings: Settings, told: Callable[[Mapping[str, Any]], None]) -> None:
        self.restarts = 0
        self._first_line = (settings.model_dump_json() + "\n").encode()
        self._told = told
        self._process: Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def pid(self) -> int | None:
        """Of the process that is there now, and of its group."""
        return None if self._process is None else self._process.pid

    @property
    def started(self) -> bool:
        """Whether there is one, or will be in a moment."""
        return self._keeper is not None

    def start(self) -> None:
        """Start it, unless it is there; it needs a few seconds."""
        if self._keeper is None and not self._stopping:
            self._keeper = asyncio.create_task(self._keep())

    def look(self) -> None:
        """Let it look for new jobs, and for jobs that shall end."""
        self._say("look")

    async def stop(self, patience: float) -> None:
        """Let it give its claims back; kill it where that takes more than `patience` seconds."""
        self._stopping = True
        if self._keeper is None:
            return
        self._say("drain")
        _, late = await asyncio.wait((self._keeper,), timeout=patience)
        if late:
            self._kill()
            await asyncio.wait((self._keeper,), timeout=patience)
            self._keeper.cancel()

    def _say(self, order: str) -> None:
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(ConnectionError, RuntimeError):
                self._process.stdin.write(f"{order}\n".encode())

    async def _keep(self) -> None:
        quick_deaths = 0
        while not self._stopping:
            started = time.monotonic()
            try:
                status = await self._attend()
            finally:
                self._kill()
                self._process = None
            if self._stopping:
                return
            quick_deaths = 0 if time.monotonic() - started > _WELL_AFTER else quick_deaths + 1
            pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** max(0, quick_deaths - 4))
            _log.error("the runner of jobs ended; it is started again", status=status, pause=pause)
            self.restarts += 1
            await asyncio.sleep(pause)

    async def _attend(self) -> int:
        process = self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "service.jobs.runner"),
            stdin=PIPE,
            stdout=PIPE,
            limit=_LONGEST_REPORT,
            start_new_session=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(ConnectionError):
            process.stdin.write(self._first_line)
            await process.stdin.drain()
        if self._stopping:
            self._say("drain")
        async for line in process.stdout:
            with contextlib.suppress(ValueError):
                self._told(json.loads(line))
        return await process.wait()

    def _kill(self) -> None:
        """End the whole group: a runner that died has left its workers a moment to live."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
