from pathlib import Path

from service.jobs.results.local import LocalObjects
from service.jobs.runner.attempts import Attempts

JOB = "j" * 26


def test_attempts_outlive_the_claim_and_end_with_the_job(tmp_path: Path) -> None:
    objects = LocalObjects(tmp_path)
    first = Attempts(objects, JOB, resumed=False)
    assert not first
    first.count((3, 4))
    first.count((4,))

    second = Attempts(objects, JOB, resumed=True)
    assert second.suspects() == [3, 4]
    assert (second.of(3), second.of(4), second.of(5)) == (1, 2, 0)
    second.acquit(4)
    assert second.suspects() == [3]
    second.clear()

    assert not Attempts(objects, JOB, resumed=True)
    assert list(objects.keys(JOB)) == []
