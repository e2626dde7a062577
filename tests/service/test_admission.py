import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from service.admission import Admission, Hold, Lease
from service.errors import Overloaded, TooLarge

BUDGET, SLOTS, QUEUE = 100, 2, 3


def run(scenario: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(scenario, 10))


async def settle() -> None:
    """Let every task that can go on do so."""
    for _ in range(5):
        await asyncio.sleep(0)


def test_a_lease_takes_bytes_and_a_slot_and_gives_them_back_once() -> None:
    async def scenario() -> None:
        gate = Admission(BUDGET, SLOTS, QUEUE)
        lease = await gate.enter(60)
        assert (gate.held, gate.running) == (60, 1)
        lease.finish_computing(10)
        assert (gate.held, gate.running) == (10, 0)
        lease.release()
        lease.release()
        assert (gate.held, gate.running) == (0, 0)

    run(scenario())


def test_what_can_never_fit_is_too_large() -> None:
    async def scenario() -> None:
        gate = Admission(BUDGET, SLOTS, QUEUE)
        with pytest.raises(TooLarge, match="EPIPOLE_MEMORY_BUDGET"):
            await gate.enter(BUDGET + 1)
        with pytest.raises(TooLarge):
            await gate.enter(60, brought=60)
        with gate.hold() as hold:
            hold.grow(60)
            with pytest.raises(TooLarge):
                hold.grow(60)
        assert gate.held == 0

    run(scenario())


def test_a_hold_does_not_wait() -> None:
    gate = Admission(BUDGET, SLOTS, QUEUE)
    with gate.hold() as first, gate.hold() as second:
        first.grow(70)
        with pytest.raises(Overloaded) as refused:
            second.grow(40)
        assert refused.value.retry_after >= 1
        second.grow(30)
        assert gate.held == 100
    assert gate.held == 0


def test_beyond_the_queue_callers_are_refused_at_once() -> None:
    async def scenario() -> None:
        gate = Admission(BUDGET, 1, 1)
        lease = await gate.enter(1)
        waiting = asyncio.create_task(gate.enter(1))
        await settle()
        with pytest.raises(Overloaded, match="EPIPOLE_QUEUE_SIZE"):
            await gate.enter(1)
        lease.release()
        (await waiting).release()

    run(scenario())


def test_small_requests_do_not_lengthen_a_full_queue_behind_a_large_one() -> None:
    async def scenario() -> None:
        gate = Admission(BUDGET, SLOTS, 1)
        lease = await gate.enter(60)
        large = asyncio.create_task(gate.enter(60))
        await settle()
        with pytest.raises(Overloaded):
            await gate.enter(1)
        lease.release()
        (await large).release()

    run(scenario())


def test_a_queue_of_length_zero_serves_who_fits() -> None:
    async def scenario() -> None:
        gate = Admission(BUDGET, 1, 0)
        lease = await gate.enter(1)
        with pytest.raises(Overloaded):
            await gate.enter(1)
        lease.release()
        (await gate.enter(1)).release()

    run(scenario())


def test_a_cancelled_caller_that_did_not_wake_yet_is_passed_over() -> None:
    async def scenario() -> None:
        gate = Admission(BUDGET, 1, QUEUE)
        lease = await gate.enter(1)
        cancelled, next_one = asyncio.create_task(gate.enter(50)), asyncio.create_task(gate.enter(60))
        await settle()
        cancelled.cancel()
        lease.release()  # before the cancelled task runs again
        assert (await next_one).nbytes == 60
        assert cancelled.cancelled()
        assert (gate.held, gate.running, gate.waiting) == (60, 1, 0)

    run(scenario())


def test_a_caller_cancelled_after_its_grant_gives_it_back() -> None:
    async def scenario() -> None:
        gate = Admission(BUDGET, 1, QUEUE)
        lease = await gate.enter(1)
        task = asyncio.create_task(gate.enter(50))
        await settle()
        lease.release()
        assert gate.running == 1
        task.cancel()
        await settle()
        assert (gate.held, gate.running) == (0, 0)

    run(scenario())


def test_a_stream_goes_on_although_the_first_in_line_waits_for_its_bytes() -> None:
    async def scenario() -> None:
        gate = Admission(BUDGET, 1, QUEUE)
        stream = await gate.enter(30)
        stream.finish_computing(30)
        large = asyncio.create_task(gate.enter(80))
        await settle()
        await stream.resume_computing()
        stream.finish_computing(30)
        assert not large.done()
        stream.release()
        (await large).release()

    run(scenario())


def test_streams_wait_for_slots_in_turn() -> None:
    async def scenario() -> None:
        gate = Admission(BUDGET, 1, QUEUE)
        stream = await gate.enter(10)
        newcomer = asyncio.create_task(gate.enter(10))
        await settle()
        stream.finish_computing(10)
        again = asyncio.create_task(stream.resume_computing())
        await settle()
        assert newcomer.done()
        assert not again.done()
        newcomer.result().release()
        await again
        stream.release()

    run(scenario())


def test_bodies_that_block_each_other_lose_the_last_one() -> None:
    async def scenario() -> None:
        gate = Admission(BUDGET, SLOTS, QUEUE)
        bodies = [gate.hold() for _ in range(2)]
        for body in bodies:
            body.grow(45)
        first = asyncio.create_task(gate.enter(50, brought=45))
        last = asyncio.create_task(gate.enter(50, brought=45))
        await settle()
        with pytest.raises(Overloaded):
            await last
        bodies[1].release()
        (await first).release()

    run(scenario())


def test_retry_after_grows_with_the_queue_and_the_work() -> None:
    gate = Admission(BUDGET, 1, QUEUE)
    assert gate.retry_after() == 1
    for _ in range(100):
        gate.note_seconds(7.0)
    gate.running = 3
    assert gate.retry_after() == pytest.approx(21, abs=1)  # rounded to whole seconds


@dataclass(eq=False)
class Caller:
    number: int
    nbytes: int
    hold: Hold
    task: asyncio.Task[Lease]
    lease: Lease | None = None
    seen: bool = field(default=False)


class AdmissionMachine(RuleBasedStateMachine):
    """Callers come, are cancelled, compute, stream and leave in any order; tasks run only when `settle` says so."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.gate = Admission(BUDGET, SLOTS, QUEUE)
        self.callers: list[Caller] = []
        self.number = 0

    def leases(self) -> list[Caller]:
        return [caller for caller in self.callers if caller.lease is not None]

    @rule(nbytes=st.integers(1, BUDGET), body=st.integers(0, 60))
    def enter(self, nbytes: int, body: int) -> None:
        hold = self.gate.hold()
        try:
            hold.grow(body)
        except Overloaded:
            return

        async def begin() -> Lease:
            return await self.gate.enter(nbytes, brought=body)

        self.number += 1
        self.callers.append(Caller(self.number, nbytes, hold, self.loop.create_task(begin())))

    @rule()
    def settle(self) -> None:
        while self.look():
            pass

    def look(self) -> bool:
        """Let tasks run and see what became of them; whether anything changed."""
        self.loop.run_until_complete(settle())
        news = [caller for caller in self.callers if caller.task.done() and not caller.seen]
        refused = [c for c in news if c.task.cancelled() or c.task.exception() is not None]
        waiting = [caller.number for caller in self.callers if not caller.task.done()]
        for caller in news:
            caller.seen = True
            if caller not in refused:
                caller.lease = caller.task.result()
                assert all(caller.number < number for number in waiting), "somebody was overtaken"
        for caller in refused:
            caller.hold.release()
            self.callers.remove(caller)
        return bool(news)

    @precondition(lambda self: self.callers)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.callers)).task.cancel()

    @precondition(lambda self: self.leases())
    @rule(data=st.data())
    def finish_computing(self, data: st.DataObject) -> None:
        lease = data.draw(st.sampled_from(self.leases())).lease
        assert lease is not None
        lease.finish_computing(data.draw(st.integers(0, lease.nbytes)))

    @precondition(lambda self: self.leases())
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        caller = data.draw(st.sampled_from(self.leases()))
        assert caller.lease is not None
        caller.lease.release()
        caller.hold.release()
        self.callers.remove(caller)

    @invariant()
    def limits_hold(self) -> None:
        assert 0 <= self.gate.running <= SLOTS
        assert 0 <= self.gate.held <= BUDGET
        assert self.gate.waiting <= QUEUE

    def teardown(self) -> None:
        try:
            self.settle()
            while self.callers:
                assert self.leases(), "nobody computes and nobody is let in"
                for caller in self.leases():
                    assert caller.lease is not None
                    caller.lease.release()
                    caller.hold.release()
                    self.callers.remove(caller)
                self.settle()
            assert (self.gate.held, self.gate.running, self.gate.waiting) == (0, 0, 0)
        finally:
            for caller in self.callers:
                caller.task.cancel()
            self.loop.run_until_complete(settle())
            self.loop.close()


TestAdmissionMachine = AdmissionMachine.TestCase
TestAdmissionMachine.settings = settings(derandomize=True, max_examples=40, stateful_step_count=25, deadline=None)
