"""Waiting for a database that does not answer: what was to be written is written later."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

from service.errors import DatabaseUnavailable

T = TypeVar("T")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0


async def persist(executor: Executor, call: Callable[[], T]) -> T:
    """Run a blocking call in a thread, again and again while the database is not available."""
    pause = _FIRST_PAUSE
    while True:
        try:
            return await in_thread(executor, call)
        except DatabaseUnavailable:
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, 2 * pause)


async def in_thread(executor: Executor, call: Callable[[], T]) -> T:
    """Run a blocking call in a thread; a caller that is cancelled goes on only when the call has ended."""
    future = asyncio.get_running_loop().run_in_executor(executor, call)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait([future])
        raise
