"""Anything that may be asked of the job database, in any order: it and the plain model agree."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, multiple, rule, run_state_machine_as_test

from service.errors import Conflict, Gone, InvalidParams, NotFound, RateLimited
from service.jobs.database.lease import LeaseLost
from service.jobs.database.store import JobDatabase
from service.jobs.records import JobState, Submission, TileOutcome
from tests.naive.job_model import JobModel, ModelJob, Refused
from tests.service.jobs.database.conftest import Clock, empty

REASONS = {
    InvalidParams: "invalid",
    RateLimited: "limit",
    NotFound: "absent",
    Conflict: "conflict",
    Gone: "gone",
    LeaseLost: "lost",
}
MOST = 4
OWNERS = st.sampled_from(["ada", "bob", "cyd"])
SECONDS = st.sampled_from([0.0, 0.3, 2.0, 15.0])


def machine(database: JobDatabase, clock: Clock) -> type[RuleBasedStateMachine]:
    class Machine(RuleBasedStateMachine):
        jobs = Bundle("jobs")
        claims = Bundle("claims")

        def __init__(self) -> None:
            super().__init__()
            empty(database)
            self.model = JobModel()

        def both(self, real: Callable[[], Any], model: Callable[[], Any]) -> tuple[Any, Any] | None:
            """What both return; None where both refuse, for the same reason."""
            refused, reason = "", ""
            try:
                expected = model()
            except Refused as error:
                refused = str(error)
            try:
                value = real()
            except tuple(REASONS) as error:
                reason = REASONS[type(error)]
            assert reason == refused
            return None if refused else (value, expected)

        @rule(
            target=jobs,
            owner=OWNERS,
            document=st.sampled_from(["{}", "[1]"]),
            key=st.sampled_from([None, None, "a", "b"]),
            priority=st.integers(-1, 1),
        )
        def submit(self, owner: str, document: str, key: str | None, priority: int) -> Any:
            submission = Submission(owner, "gaussian", "items", document, priority, key)
            answers = self.both(
                lambda: database.submit(submission, most=MOST), lambda: self.model.earlier(owner, key, document, MOST)
            )
            if answers is None:
                return multiple()
            (job, created), earlier = answers
            assert created == (earlier is None)
            if earlier is not None:
                assert job.id == earlier.id
            else:
                self.model.add(ModelJob(job.id, owner, document, priority, key))
            self.agrees(job.id)
            return job.id

        @rule(target=claims, lease=SECONDS)
        def claim(self, lease: float) -> Any:
            job, expected = database.claim("runner", lease=lease), self.model.claim(clock.now, lease)
            assert (job and job.id) == (expected and expected.id)
            if job is None:
                return multiple()
            self.agrees(job.id)
            return job.id, job.fence

        @rule(held=claims, lease=SECONDS)
        def renew(self, held: tuple[str, int], lease: float) -> None:
            self.both(lambda: database.renew(*held, lease=lease), lambda: self.model.renew(*held, clock.now, lease))
            self.agrees(held[0])

        @rule(held=claims)
        def release(self, held: tuple[str, int]) -> None:
            self.both(lambda: database.release(*held), lambda: self.model.release(*held, clock.now))
            self.agrees(held[0])

        @rule(held=claims, total=st.integers(5, 9))
        def set_plan(self, held: tuple[str, int], total: int) -> None:
            self.both(
                lambda: database.set_plan(*held, plan="{}", tiles=total), lambda: self.model.set_plan(*held, total)
            )
            self.agrees(held[0])

        @rule(held=claims, tiles=st.dictionaries(st.integers(0, 4), st.sampled_from(["done", "failed"]), max_size=3))
        def record(self, held: tuple[str, int], tiles: dict[int, Any]) -> None:
            outcomes = [TileOutcome(tile, state) for tile, state in tiles.items()]
            self.both(lambda: database.record(*held, outcomes), lambda: self.model.record(*held, tiles))
            self.agrees(held[0])

        @rule(held=claims, state=st.sampled_from(["successful", "failed", "failed", "dismissed"]), keep=SECONDS)
        def finish(self, held: tuple[str, int], state: JobState, keep: float) -> None:
            self.both(
                lambda: database.finish(*held, state, keep=keep),
                lambda: self.model.finish(*held, state, clock.now, keep),
            )
            self.agrees(held[0])

        @rule(job=jobs, owner=OWNERS)
        def dismiss(self, job: str, owner: str) -> None:
            self.both(lambda: database.dismiss(job, owner), lambda: self.model.dismiss(job, owner, clock.now))
            self.agrees(job)

        @rule(job=jobs, owner=OWNERS)
        def retry(self, job: str, owner: str) -> None:
            self.both(lambda: database.retry(job, owner), lambda: self.model.retry(job, owner, clock.now))
            self.agrees(job)

        @rule(seconds=SECONDS)
        def wait(self, seconds: float) -> None:
            clock.now += seconds

        @rule()
        def delete_expired_results(self) -> None:
            due = {job.id for job in database.expired(clock.now)}
            assert due == self.model.expired(clock.now)
            for job in due:
                database.forget(job)
                self.model.forget(job, clock.now)

        @rule(job=jobs)
        def forget(self, job: str) -> None:
            database.forget(job)
            self.model.forget(job, clock.now)
            self.agrees(job)

        @rule(age=SECONDS)
        def purge(self, age: float) -> None:
            assert database.purge(clock.now - age) == self.model.purge(clock.now - age)

        @rule(owner=OWNERS, limit=st.integers(1, 3), state=st.sampled_from([None, "accepted", "failed"]))
        def pages(self, owner: str, limit: int, state: JobState | None) -> None:
            names: list[str] = []
            page, after = database.list(owner, limit=limit, state=state)
            names += [job.id for job in page]
            while after is not None:
                page, after = database.list(owner, limit=limit, state=state, after=after)
                names += [job.id for job in page]
            expected = [j.id for j in self.model.jobs.values() if j.owner == owner and state in (None, j.state)]
            assert names == sorted(expected, reverse=True)

        def agrees(self, name: str) -> None:
            expected = self.model.jobs.get(name)
            if expected is None:
                with pytest.raises(NotFound):
                    database.get(name)
                assert database.recorded(name) == set()
                assert database.events(name) == []
                return
            job = database.get(name, expected.owner)
            assert (job.state, job.fence, job.cancelling) == (expected.state, expected.fence, expected.cancelling)
            assert (job.document, job.priority, job.tiles_total) == (
                expected.document,
                expected.priority,
                expected.total,
            )
            assert (job.finished, job.results_expire) == (expected.finished, expected.expire)
            assert {outcome.tile: outcome.state for outcome in database.outcomes(name)} == expected.tiles
            assert job.tiles_done == list(expected.tiles.values()).count("done")
            assert job.tiles_failed == list(expected.tiles.values()).count("failed")
            events = database.events(name)
            assert [event.seq for event in events] == sorted({event.seq for event in events})
            assert (events[-1].data["state"], events[-1].data["cancelling"]) == (job.state, job.cancelling)

        def teardown(self) -> None:
            for job in self.model.jobs:
                self.agrees(job)
            counted = {state: number for state, number in database.counts().items() if number}
            states = [job.state for job in self.model.jobs.values()]
            assert counted == {state: states.count(state) for state in set(states)}

    return Machine


def agree(database: JobDatabase, clock: Clock, examples: int, steps: int) -> None:
    checked = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(lambda: machine(database, clock)(), settings=checked)


def test_store_and_model_agree(database: JobDatabase, clock: Clock) -> None:
    agree(database, clock, examples=15, steps=30)


@pytest.mark.slow
def test_store_and_model_agree_for_long(database: JobDatabase, clock: Clock) -> None:
    agree(database, clock, examples=100, steps=50)
