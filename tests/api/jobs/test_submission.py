import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.api.jobs.conftest import cameras, ended, submitted

LEFT, RIGHT = cameras(2).tolist()
PAIR = {"operation": "fundamental", "params": {"left": LEFT, "right": RIGHT}}


def refused(answer: httpx.Response, status: int, *pointers: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert [fault["pointer"] for fault in answer.json().get("errors", [])] == list(pointers)


def test_a_document_becomes_a_job_that_can_be_asked_for(ada: httpx.Client) -> None:
    answer = ada.post("/v1/jobs", json=PAIR)
    assert answer.status_code == 201
    status = answer.json()
    assert answer.headers["location"] == status["links"]["self"] == f"/v1/jobs/{status['id']}"
    assert (status["operation"], status["kind"]) == ("fundamental", "call")
    status = ended(ada, answer.headers["location"])
    assert (status["state"], status["progress"]) == ("successful", 100.0)


def test_a_key_makes_one_job_of_a_hundred_submissions(ada: httpx.Client) -> None:
    key = str(uuid4())
    with ThreadPoolExecutor(20) as threads:
        answers = list(
            threads.map(lambda _: ada.post("/v1/jobs", json=PAIR, headers={"Idempotency-Key": key}), range(100))
        )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert [answer.headers.get("idempotency-replayed") for answer in answers].count(None) == 1


def test_another_document_under_the_same_key_is_refused(ada: httpx.Client, bob: httpx.Client) -> None:
    headers = {"Idempotency-Key": f'"{uuid4()}"'}
    first = submitted(ada, PAIR, **headers)
    refused(ada.post("/v1/jobs", json=PAIR | {"priority": 1}, headers=headers), 422, "/Idempotency-Key")
    assert submitted(bob, PAIR, **headers)["id"] != first["id"]


@pytest.mark.parametrize("key", ["", "two words", "x" * 256])
def test_a_key_that_is_none_is_refused(ada: httpx.Client, key: str) -> None:
    refused(ada.post("/v1/jobs", json=PAIR, headers={"Idempotency-Key": key}), 422, "/Idempotency-Key")


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({}, "/operation"),
        (PAIR | {"colour": 1}, "/colour"),
        ({"operation": "nope"}, "/operation"),
        ({"operation": "fundamental", "params": {"left": LEFT}}, "/params/right"),
        (PAIR | {"priority": 11}, "/priority"),
        (PAIR | {"items": []}, "/items"),
    ],
)
def test_what_is_wrong_with_a_document_is_named_at_once(
    ada: httpx.Client, document: dict[str, Any], pointer: str
) -> None:
    refused(ada.post("/v1/jobs", json=document), 422, pointer)


@pytest.mark.parametrize("body", ["", "nope", "[1]", '"text"', '{"operation": "a", "operation": "b"}', '{"a": ' * 500])
def test_a_body_that_is_no_object_is_unreadable(ada: httpx.Client, body: str) -> None:
    refused(ada.post("/v1/jobs", content=body, headers={"Content-Type": "application/json"}), 400)


def test_an_object_may_have_a_thousand_keys(ada: httpx.Client) -> None:
    refused(ada.post("/v1/jobs", json={f"k{n}": n for n in range(1001)}), 400)


def test_other_media_types_are_refused(ada: httpx.Client) -> None:
    for media_type in ("text/plain", "multipart/form-data; boundary=x", "application/x-npy", ""):
        refused(ada.post("/v1/jobs", content=json.dumps(PAIR), headers={"Content-Type": media_type}), 415)


@pytest.mark.parametrize("promised", [True, False])
def test_a_document_above_the_limit_is_refused(ada: httpx.Client, promised: bool) -> None:
    body = json.dumps(PAIR).encode() + bytes(1 << 20)
    answer = ada.post(
        "/v1/jobs",
        content=body if promised else iter([body[:1000], body[1000:]]),
        headers={"Content-Type": "application/json"},
    )
    refused(answer, 413)
    assert "EPIPOLE_MAX_JOB_DOCUMENT_BYTES" in answer.json()["detail"]


def test_nobody_submits_without_a_key(service: Any) -> None:
    with service.client() as client:
        assert client.post("/v1/jobs", json=PAIR).status_code == 401
