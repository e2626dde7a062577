from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.api.jobs.conftest import ended, submitted
from tests.api.jobs.test_submission import PAIR


def test_pages_of_a_list_follow_each_other_newest_first(bob: httpx.Client) -> None:
    made = [submitted(bob, PAIR)["id"] for _ in range(5)]
    found: list[str] = []
    href: str | None = "/v1/jobs?limit=2"
    while href is not None and len(found) < 5:
        page = bob.get(href)
        found += [job["id"] for job in page.json()["jobs"]]
        href = page.links["next"]["url"] if "next" in page.links else None
        assert (href is None) == (page.json()["next"] is None)
    assert found[:5] == made[::-1]


def test_a_list_is_filtered(ada: httpx.Client, rig_job: dict[str, Any], items_job: dict[str, Any]) -> None:
    query = {"operation": "fundamental-all", "state": "successful"}
    jobs = ada.get("/v1/jobs", params=query).json()["jobs"]
    assert rig_job["id"] in [job["id"] for job in jobs]
    assert {(job["operation"], job["state"]) for job in jobs} == {("fundamental-all", "successful")}
    assert items_job["id"] in [job["id"] for job in ada.get("/v1/jobs", params={"state": "failed"}).json()["jobs"]]


@pytest.mark.parametrize(
    ("name", "value"),
    [("state", "asleep"), ("operation", "nope"), ("limit", "0"), ("limit", "501"), ("limit", "x"), ("after", "a b"),
     ("after", "nope"), ("colour", "red")],
)  # fmt: skip
def test_another_filter_is_refused(ada: httpx.Client, name: str, value: str) -> None:
    problem = ada.get("/v1/jobs", params={name: value})
    assert problem.status_code == 422
    assert [fault["pointer"] for fault in problem.json()["errors"]] == [f"/{name}"]


def test_a_dismissed_job_has_no_results(ada: httpx.Client) -> None:
    job = submitted(ada, PAIR)["links"]
    ended(ada, job["self"])
    dismissed = ada.delete(job["self"])
    assert (dismissed.status_code, dismissed.json()["state"]) == (200, "dismissed")
    assert ada.get(job["self"]).json()["state"] == "dismissed"
    assert ada.get(job["results"]).status_code == 410


def test_only_a_failed_job_is_run_again(ada: httpx.Client, rig_job: dict[str, Any], items_job: dict[str, Any]) -> None:
    assert ada.post(rig_job["links"]["self"] + "/retry").status_code == 409
    answer = ada.post(items_job["links"]["self"] + "/retry")
    assert (answer.status_code, answer.json()["id"]) == (202, items_job["id"])
    again = ended(ada, items_job["links"]["self"])
    assert (again["state"], again["tiles_done"], again["tiles_failed"]) == ("failed", 2, 1)


def test_the_jobs_of_others_are_not_there(bob: httpx.Client, rig_job: dict[str, Any]) -> None:
    base = rig_job["links"]["self"]
    results = ("", ".zip", "/fundamental", "/fundamental.zarr/zarr.json", "/files/x")
    for below in ("", "/events", *(f"/results{name}" for name in results)):
        assert bob.get(base + below).status_code == 404, below
    assert bob.delete(base).status_code == 404
    assert bob.post(base + "/retry").status_code == 404
    assert rig_job["id"] not in [job["id"] for job in bob.get("/v1/jobs", params={"limit": 500}).json()["jobs"]]


@pytest.mark.parametrize("name", ["nope", "..", "%2e%2e", "a\0b", "ä", "A" * 26, "0" * 26, "0" * 5000, "'; --", "%25"])
def test_what_no_job_is_called_is_404(ada: httpx.Client, name: str) -> None:
    href = "/v1/jobs/" + (quote(name, safe="") if "%" not in name else name)
    for below in ("", "/events", "/results", "/results.zip", "/results/a", "/results/a.zarr/zarr.json"):
        assert ada.get(href + below).status_code == 404, below
    assert ada.delete(href).status_code in (404, 405)
    assert ada.post(href + "/retry").status_code == 404
