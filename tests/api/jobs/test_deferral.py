import json
from typing import Any
from uuid import uuid4

import httpx
import numpy as np
import pytest
import safetensors.numpy

from tests.api.jobs.conftest import cameras, ended
from tests.api.requests import FUNDAMENTAL, WARP, picture, pixels, warp_form
from tests.running import npy

DEFER = {"Prefer": "respond-async"}
PATH = "/v1/fundamental"


def deferred(answer: httpx.Response) -> dict[str, Any]:
    """The status of the job that a call became."""
    assert answer.status_code == 202, answer.text
    assert answer.headers["preference-applied"] == "respond-async"
    status: dict[str, Any] = answer.json()
    assert answer.headers["location"] == status["links"]["self"]
    return status


def test_a_call_becomes_a_job(ada: httpx.Client) -> None:
    status = deferred(ada.post(PATH, json=FUNDAMENTAL, headers=DEFER))
    assert (status["operation"], status["kind"]) == ("fundamental", "call")
    assert ended(ada, status["links"]["self"])["state"] == "successful"
    found = ada.get(status["links"]["results"] + "/fundamental", headers={"Accept": "application/json"}).json()
    assert found == ada.post(PATH, json=FUNDAMENTAL).json()["fundamental"]


def test_attachments_become_assets(ada: httpx.Client) -> None:
    form = warp_form(picture(pixels(5, 6)), "image/png")
    status = deferred(ada.post(WARP, headers=DEFER, **form))
    assert ended(ada, status["links"]["self"])["state"] == "successful"
    found = ada.get(status["links"]["results"] + "/image", headers={"Accept": "application/json"}).json()
    assert found == pixels(5, 6).tolist()


def test_tensors_become_assets(ada: httpx.Client) -> None:
    tensors = {name: np.array(value, float) for name, value in FUNDAMENTAL.items()}
    body = safetensors.numpy.save(tensors)
    headers = {**DEFER, "Content-Type": "application/x-safetensors"}
    status = deferred(ada.post(PATH, content=body, headers=headers))
    assert ended(ada, status["links"]["self"])["state"] == "successful"


def test_a_tiled_operation_becomes_tiles(ada: httpx.Client) -> None:
    headers = {**DEFER, "Content-Type": "application/x-npy"}
    status = deferred(ada.post("/v1/fundamental-all", content=npy(cameras(10)), headers=headers))
    assert status["kind"] == "tiled"
    assert ended(ada, status["links"]["self"])["state"] == "successful"


def test_a_call_that_is_done_in_time_is_answered_as_ever(ada: httpx.Client) -> None:
    for accept in ("application/json", "application/x-npy", "application/x-safetensors"):
        headers = {"Prefer": "respond-async, wait=30", "Accept": accept}
        answer = ada.post(PATH, json=FUNDAMENTAL, headers=headers)
        at_once = ada.post(PATH, json=FUNDAMENTAL, headers={"Accept": accept})
        assert (answer.status_code, answer.content) == (200, at_once.content)
        assert answer.headers["content-type"] == at_once.headers["content-type"]
        assert answer.headers["preference-applied"] == "respond-async, wait=30"
        assert ada.get(answer.links["monitor"]["url"]).json()["state"] == "successful"


def test_a_call_that_is_not_done_in_time_is_a_job(ada: httpx.Client) -> None:
    deferred(ada.post(PATH, json=FUNDAMENTAL, headers={"Prefer": "respond-async, wait=0"}))


def test_a_call_that_has_no_answer_fails_as_ever(ada: httpx.Client) -> None:
    same = {"left": FUNDAMENTAL["left"], "right": FUNDAMENTAL["left"]}
    problem = ada.post(PATH, json=same, headers={"Prefer": "respond-async, wait=30"})
    assert problem.status_code == 422
    assert (problem.json()["type"], problem.json()["reason"]) == ("/problems/degenerate", "same_centre")


def test_a_form_that_the_answer_cannot_have_is_refused_before_there_is_a_job(bob: httpx.Client) -> None:
    before = bob.get("/v1/jobs").json()
    headers = {"Prefer": "respond-async, wait=30", "Accept": "image/gif"}
    assert bob.post(PATH, json=FUNDAMENTAL, headers=headers).status_code == 406
    assert bob.get("/v1/jobs").json() == before


def test_other_preferences_change_nothing(ada: httpx.Client) -> None:
    headers = {"Prefer": "wait=5, return=minimal, handling=strict"}
    answer = ada.post(PATH, json=FUNDAMENTAL, headers=headers)
    assert answer.status_code == 200
    assert "preference-applied" not in answer.headers


@pytest.mark.parametrize(("params", "pointer"), [({"left": [[1]]}, "/left"), (FUNDAMENTAL | {"colour": 1}, "/colour")])
def test_what_is_wrong_with_a_call_is_named_as_ever(ada: httpx.Client, params: dict[str, Any], pointer: str) -> None:
    problem = ada.post(PATH, json=params, headers=DEFER)
    assert problem.status_code == 422
    assert pointer in [fault["pointer"] for fault in problem.json()["errors"]]


def test_an_array_that_is_given_twice_is_refused(ada: httpx.Client) -> None:
    form = warp_form(picture(pixels(5, 6)), "image/png", image=[[1]])
    problem = ada.post(WARP, headers=DEFER, **form)
    assert problem.status_code == 422
    assert problem.json()["errors"][0]["pointer"] == "/image"


def test_parameters_above_the_limit_of_a_document_are_refused(ada: httpx.Client) -> None:
    form = {"params": (None, json.dumps({**FUNDAMENTAL, "padding": "x" * (1 << 20)}))}
    problem = ada.post(PATH, files=form, headers=DEFER)
    assert problem.status_code == 413
    assert "EPIPOLE_MAX_JOB_DOCUMENT_BYTES" in problem.json()["detail"]


def test_a_key_makes_one_job_of_two_calls(ada: httpx.Client) -> None:
    headers = {**DEFER, "Idempotency-Key": str(uuid4())}
    forms = [warp_form(picture(pixels(5, 6)), "image/png") for _ in range(2)]
    first, second = (deferred(ada.post(WARP, headers=headers, **form)) for form in forms)
    assert first["id"] == second["id"]
