import asyncio
from collections.abc import Sequence

import pytest

from service.jobs.database.lease import LeaseLost
from service.jobs.records import TileOutcome
from service.jobs.runner.journal import Journal


def test_outcomes_are_written_in_order_and_together() -> None:
    written: list[list[int]] = []

    async def write(outcomes: Sequence[TileOutcome]) -> None:
        written.append([outcome.tile for outcome in outcomes])

    async def run() -> None:
        journal = Journal(write)
        for tile in range(50):
            await journal.put([TileOutcome(tile, "done")])
        await journal.close()

    asyncio.run(run())
    assert [tile for tiles in written for tile in tiles] == list(range(50))
    assert len(written) < 50


def test_what_comes_while_something_is_written_is_written_next() -> None:
    written: list[list[int]] = []

    async def run() -> None:
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def write(outcomes: Sequence[TileOutcome]) -> None:
            begun.set()
            await go_on.wait()
            written.append([outcome.tile for outcome in outcomes])

        journal = Journal(write)
        await journal.put([TileOutcome(0, "done")])
        await begun.wait()
        await journal.put([TileOutcome(1, "done")])
        go_on.set()
        await journal.close()

    asyncio.run(run())
    assert written == [[0], [1]]


def test_a_lost_claim_is_told_to_whoever_hands_outcomes_over() -> None:
    async def write(_: Sequence[TileOutcome]) -> None:
        raise LeaseLost("taken")

    async def run() -> None:
        journal = Journal(write)
        while True:
            await journal.put([TileOutcome(0, "done")])
            await asyncio.sleep(0.01)

    with pytest.raises(LeaseLost):
        asyncio.run(run())
