"""The runner's process, started by the service: orders come in by standard input, reports go out by standard output."""

import asyncio
import json
import signal
import sys
from typing import Any, TextIO

import structlog

from service.jobs.lifeline import follow, next_line, reporting_stream
from service.jobs.runner.runner import Runner
from service.logs import configure_logs
from service.settings import Settings

_REPORT = 0.5
_log = structlog.get_logger()


class _Reports:
    """What happened since the last report, for the metrics of the service."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._done = self._failed = 0
        self._seconds: list[float] = []

    def note(self, done: int, failed: int, seconds: float) -> None:
        self._done += done
        self._failed += failed
        self._seconds.append(seconds)

    async def send(self, runner: Runner) -> None:
        while True:
            await asyncio.sleep(_REPORT)
            processes = None if runner.cluster is None else runner.cluster.processes
            self._write(
                done=self._done,
                failed=self._failed,
                seconds=self._seconds,
                running=runner.running,
                restarts=0 if processes is None else processes.restarts,
                workers=[] if processes is None else processes.pids,
            )
            self._done = self._failed = 0
            self._seconds = []

    def _write(self, **report: Any) -> None:
        self._stream.write(json.dumps(report) + "\n")


async def run(settings: Settings, stream: TextIO) -> None:
    """Run jobs until the order to drain comes."""
    loop = asyncio.get_running_loop()
    reports = _Reports(stream)
    runner = Runner(settings, reports.note)
    orders = {"look": runner.look, "drain": runner.drain}

    def told(line: str) -> None:
        loop.call_soon_threadsafe(orders[line])

    follow(told)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, runner.drain)
    sending = asyncio.create_task(reports.send(runner))
    try:
        await runner.run()
    finally:
        sending.cancel()


def main() -> None:
    """Read the settings, then run."""
    stream = reporting_stream()
    settings = Settings(**json.loads(next_line()))
    configure_logs(settings)
    try:
        asyncio.run(run(settings, stream))
    except Exception as error:  # noqa: BLE001 -- told in the log's own form; the service starts another
        _log.error("the runner cannot go on", exc_info=error)
        sys.exit(1)


if __name__ == "__main__":
    main()
