from pathlib import Path
from typing import Any

import pytest

from service.errors import InvalidParams, TooLarge
from service.jobs.document import JobDocument
from service.jobs.plan import submission_of
from tests.service.jobs.plan.footage import SHIFT, frames, with_footage
from tests.service.jobs.plan.jobs import OWNER


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"operation": "no-such"}, "/operation"),
        ({"items": []}, "/items"),
        ({"items": {"pattern": {"image": "footage://cam{camera:02d}/none_{frame:06d}.png"}}}, "/items/pattern/image"),
        ({"items": {"pattern": {"image": "other://{frame:d}.png"}}}, "/items/pattern/image"),
        ({"items": {"pattern": {"image": "footage://{frame:6d}.png"}}}, "/items/pattern/image"),
        ({"items": {"pattern": {"image": "footage://{a:d}/{a}.png"}}}, "/items/pattern/image"),
        ({"items": {"pattern": {"image": "cam.png"}}}, "/items/pattern/image"),
        ({"items": {"assets": {"image": ["x"], "map": []}}}, "/items/assets"),
        ({"items": "all"}, "/items"),
        ({"items": [{"image": 3}]}, "/items/0/image"),
        ({"params": {"homography": [[1]]}}, "/params/homography"),
        ({"params": {"homography": SHIFT, "zoom": 2}}, "/params/zoom"),
        ({"arrays": ["picture"]}, "/arrays/0"),
        ({"tile": 3}, "/tile"),
        ({"items": None, "files": "png"}, "/files"),
        ({"priority": 11}, "/priority"),
        ({"colour": 1}, "/colour"),
        ({"params": {"homography": {"stack": 3}}}, "/params/homography/stack"),
    ],
)
def test_what_can_be_refused_at_once_is(footage: Path, change: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidParams) as refused:
        submission_of(JobDocument.read({**frames(), **change}), OWNER, with_footage(footage))
    assert refused.value.faults[0].pointer == pointer


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"where": {"lens": [1]}}, "/items/where/lens"),
        ({"where": {"frame": "from 3"}}, "/items/where/frame"),
        ({"where": {"frame": "99:"}}, "/items/pattern/image"),
        ({"params": {"fill": {"by": "lens", "values": []}}}, "/items/params/fill/by"),
        ({"params": {"fill": {"by": 3, "values": []}}}, "/items/params/fill/by"),
        ({"params": {"fill": {"by": "camera", "values": []}}}, "/items/params/fill/values/1"),
        ({"params": {"homography": {"uri": "footage://{lens:d}.npy"}}}, "/items/params/homography/uri"),
        ({"params": {"image": [[1]]}}, "/items/params/image"),
        ({"glob": "*"}, "/items/glob"),
    ],
)
def test_wrong_patterns_are_refused_at_once(footage: Path, more: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidParams) as refused:
        submission_of(JobDocument.read(frames(**more)), OWNER, with_footage(footage))
    assert refused.value.faults[0].pointer == pointer


@pytest.mark.parametrize(
    ("limit", "word"),
    [
        ({"max_job_items": 4}, "EPIPOLE_MAX_JOB_ITEMS"),
        ({"max_job_bytes": 100}, "EPIPOLE_MAX_JOB_BYTES"),
        ({"max_job_document_bytes": 100}, "EPIPOLE_MAX_JOB_DOCUMENT_BYTES"),
        ({"max_output_bytes": 100}, "EPIPOLE_MAX_OUTPUT_BYTES"),
    ],
)
def test_jobs_above_the_limits_are_refused_at_once(footage: Path, limit: dict[str, int], word: str) -> None:
    with pytest.raises(TooLarge, match=word):
        submission_of(JobDocument.read(frames()), OWNER, with_footage(footage, **limit))


def test_documents_that_say_the_same_are_the_same(footage: Path) -> None:
    access = with_footage(footage)
    one = submission_of(JobDocument.read(frames()), OWNER, access)
    other = submission_of(JobDocument.read(dict(reversed(frames().items())) | {"priority": 0}), OWNER, access)
    assert one == other
