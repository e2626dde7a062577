import asyncio
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from api.client import AsyncClient, Client, Problem, Retries
from tests.api.client.conftest import Script
from tests.api.client.jobs.documents import JOB, STATUS, answer

BUSY = (503, {"Retry-After": "0"}, b'{"title": "Busy"}')


def sent(script: Script) -> Any:
    """The document of the last request."""
    return json.loads(script.requests[-1][3])


def test_a_submission_that_is_repeated_is_the_same_submission(script: Script) -> None:
    script.answers = [None, BUSY, answer(STATUS, 201), answer(STATUS, 201)]
    with Client(script.address, retries=Retries(first=0.01)) as client:
        job = client.submit("fundamental", {"left": [[1, 0]], "right": None}, priority=3)
        assert (job.id, repr(job)) == (JOB, f"<Job {JOB}>")
        client.submit("fundamental", idempotency_key="mine")
    keys = [headers["idempotency-key"] for _, _, headers, _ in script.requests]
    assert len(set(keys[:3])) == 1
    assert len(keys[0]) > 20
    assert keys[3] == "mine"
    assert {path for _, path, _, _ in script.requests} == {"/v1/jobs"}
    assert json.loads(script.requests[0][3]) == {
        "operation": "fundamental",
        "params": {"left": [[1, 0]]},
        "priority": 3,
    }
    assert sent(script) == {"operation": "fundamental", "params": {}}


def test_arrays_and_files_are_stored_once_and_named(script: Script, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"\x89PNG")
    large = np.zeros((40, 40))
    stored = [answer({"asset": f"sha256-{n}"}, 201) for n in range(3)]
    script.answers = [*stored, answer(STATUS, 201)]
    items = [{"image": large}, {"image": photo}, {"image": photo, "fill": np.float32(2)}, {"image": large}]
    with Client(script.address) as client:
        client.submit("warp-perspective", {"homography": np.eye(3), "mask": np.ones(3, np.uint8)}, items=items)
    assert [path for _, path, _, _ in script.requests] == ["/v1/assets"] * 3 + ["/v1/jobs"]
    assert script.requests[2][3] == b"\x89PNG"
    assert sent(script) == {
        "operation": "warp-perspective",
        "params": {"homography": np.eye(3).tolist(), "mask": {"asset": "sha256-0"}},
        "items": [
            {"image": {"asset": "sha256-1"}},
            {"image": {"asset": "sha256-2"}},
            {"image": {"asset": "sha256-2"}, "fill": 2.0},
            {"image": {"asset": "sha256-1"}},
        ],
    }


def test_a_pattern_and_the_other_fields_of_a_document_are_passed_on(script: Script) -> None:
    script.answers = [answer(STATUS, 201)] * 2

    async def submit() -> None:
        async with AsyncClient(script.address) as client:
            job = await client.submit("pool", pattern={"image": "in://{n:d}.png"}, files="png", arrays=["image"])
            assert repr(job) == f"<AsyncJob {JOB}>"
            await client.submit_document({"operation": "pool", "items": {"pattern": {}}, "new": 1}, "mine")

    asyncio.run(submit())
    assert json.loads(script.requests[0][3]) == {
        "operation": "pool",
        "params": {},
        "items": {"pattern": {"image": "in://{n:d}.png"}},
        "files": "png",
        "arrays": ["image"],
    }
    assert sent(script) == {"operation": "pool", "items": {"pattern": {}}, "new": 1}


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (object(), TypeError),
        (float("nan"), ValueError),
        (Path("absent.png"), OSError),
        (np.zeros(3, complex), TypeError),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_is(script: Script, value: Any, error: type[Exception]) -> None:
    with Client(script.address) as client, pytest.raises(error):
        client.submit("pool", {"image": value})
    assert not script.requests


def test_items_and_a_pattern_exclude_each_other(script: Script) -> None:
    with Client(script.address) as client, pytest.raises(TypeError, match="not both"):
        client.submit("pool", items=[], pattern={"image": "in://{n}"})


def test_a_refused_submission_is_a_problem(script: Script) -> None:
    fault = {"pointer": "/items/0/image", "detail": "is required"}
    script.answers = [answer({"type": "/problems/invalid-params", "errors": [fault]}, 422)]
    with Client(script.address) as client, pytest.raises(Problem) as caught:
        client.submit("pool")
    assert caught.value.errors == [fault]
