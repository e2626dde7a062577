import asyncio

from service.jobs.runner.gate import Gate


def test_one_that_is_alone_meets_nobody() -> None:
    async def run() -> list[str]:
        gate, log, inside = Gate(), [], 0

        async def together(name: str) -> None:
            nonlocal inside
            async with gate.together():
                inside += 1
                log.append(name)
                await asyncio.sleep(0.001)
                inside -= 1

        async def alone(name: str) -> None:
            async with gate.alone():
                assert inside == 0
                log.append(name)
                await asyncio.sleep(0.001)
                assert inside == 0

        await asyncio.gather(together("a"), together("b"), alone("X"), alone("Y"), together("c"))
        return log

    log = asyncio.run(run())
    assert log[:2] == ["a", "b"]
    assert sorted(log[2:4]) == ["X", "Y"]
    assert log[4:] == ["c"]


def test_who_gives_up_waiting_to_be_alone_keeps_nobody_out() -> None:
    async def run() -> None:
        gate = Gate()

        async def alone() -> None:
            async with gate.alone():
                raise AssertionError

        async with gate.together():
            waiting = asyncio.create_task(alone())
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        async with asyncio.timeout(30), gate.together():
            pass

    asyncio.run(run())
