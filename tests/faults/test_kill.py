"""kill -9 at random moments: nothing is lost, nothing is done twice in the record, the bytes are the same."""

import os
import random
import time

import pytest

from tests.faults.machine import Machine, rig_document

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("EPIPOLE_TEST_KILLS", "16"))
"""How many moments; the nightly run asks for a hundred and more."""

_LONGEST = 1.5


def test_whatever_is_killed_and_whenever_the_results_are_those_of_an_undisturbed_run(
    machine: Machine, undisturbed: dict[str, str]
) -> None:
    rng = random.Random(int(os.environ.get("EPIPOLE_TEST_SEED", "1")))
    kills = 0
    while kills < KILLS:
        job = machine.submit(rig_document())
        while kills < KILLS and machine.status(job)["state"] != "successful":
            time.sleep(rng.uniform(0.0, _LONGEST))
            victim = rng.choice(["server", "worker", "runner", "all"])
            if victim == "worker":
                kills += machine.kill_worker()
            elif victim == "runner":
                kills += machine.kill_runner()
            else:
                machine.kill() if victim == "server" else machine.kill_all()
                kills += 1
                machine.start()
        status = machine.wait(job)
        assert status["state"] == "successful", status
        assert status["tiles_failed"] == 0
        tiles = [outcome.tile for outcome in machine.outcomes(job)]
        assert tiles == list(range(status["tiles_total"]))
        assert {outcome.state for outcome in machine.outcomes(job)} == {"done"}
        assert status["tiles_done"] == status["tiles_total"]
        assert machine.digests(job) == undisturbed
