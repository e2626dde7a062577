"""A tile that ends its process every time: given up after three attempts, and the others go on."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.machine import Machine, rig_document

pytestmark = pytest.mark.slow

DOCUMENT = rig_document(cameras=60)  # 15 tiles
POISONED = 5


@pytest.fixture
def poisoned(tmp_path: Path) -> Iterator[Machine]:
    path = os.pathsep.join([str(Path(__file__).parent / "poison"), os.environ.get("PYTHONPATH", "")])
    environment = {
        "PYTHONPATH": path.rstrip(os.pathsep),
        "POISONED_TILES": str(POISONED),
        "POISON_LOG": str(tmp_path / "poison.log"),
    }
    machine = Machine(tmp_path / "data", environment)
    try:
        yield machine
    finally:
        machine.stop()


def test_poison_is_tried_three_times_hurts_nobody_else_and_is_all_that_a_retry_computes(
    poisoned: Machine, machine: Machine, tmp_path: Path
) -> None:
    job = poisoned.submit(DOCUMENT)
    status = poisoned.wait(job, within=240)
    assert status["state"] == "failed"
    assert status["reason"]["title"]
    assert status["reason"]["detail"]
    assert status["tiles_failed"] == 1
    outcomes = {outcome.tile: outcome for outcome in poisoned.outcomes(job)}
    assert sorted(outcomes) == list(range(status["tiles_total"]))
    assert [tile for tile, outcome in outcomes.items() if outcome.state == "failed"] == [POISONED]
    assert outcomes[POISONED].attempts == 3
    assert outcomes[POISONED].detail["title"]
    tiles_with_it = [int(line.split()[1]) for line in (tmp_path / "poison.log").read_text().splitlines()]
    assert len(tiles_with_it) == 3
    assert tiles_with_it[1:] == [1, 1]  # alone from the second attempt on, so that nobody else is blamed
    assert poisoned.ask("GET", "/readyz").status_code == 200
    poisoned.stop()

    healthy = Machine(tmp_path / "data")
    try:
        assert healthy.ask("POST", f"/v1/jobs/{job}/retry").status_code in (200, 202)
        assert healthy.wait(job)["state"] == "successful"
        after = {outcome.tile: outcome for outcome in healthy.outcomes(job)}
        assert {tile for tile in after if after[tile] != outcomes[tile]} == {POISONED}
        same = machine.submit(DOCUMENT)
        assert machine.wait(same)["state"] == "successful"
        assert healthy.digests(job) == machine.digests(same)
    finally:
        healthy.stop()
