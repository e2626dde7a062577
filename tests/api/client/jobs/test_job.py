import asyncio

import pytest

from api.client import AsyncClient, Client, JobStatus, Problem
from tests.api.client.conftest import Script
from tests.api.client.jobs.documents import DONE, JOB, STATUS, answer

DISMISSED = STATUS | {"state": "dismissed"}


def test_a_job_is_asked_cancelled_and_run_again(script: Script) -> None:
    script.answers = [answer(STATUS), answer(DISMISSED), answer(STATUS, 202), answer({"title": "No"}, 409)]
    with Client(script.address) as client:
        job = client.job(JOB)
        assert job.status().rate == 2.0
        assert job.cancel().state == "dismissed"
        assert job.retry().state == "running"
        with pytest.raises(Problem, match="409"):
            job.retry()
    assert [(method, path) for method, path, _, _ in script.requests[:3]] == [
        ("GET", f"/v1/jobs/{JOB}"),
        ("DELETE", f"/v1/jobs/{JOB}"),
        ("POST", f"/v1/jobs/{JOB}/retry"),
    ]


def test_waiting_ends_with_the_job_or_with_patience(script: Script) -> None:
    script.answers = [answer(STATUS | {"state": "accepted"}), answer(STATUS), answer(DONE), answer(STATUS)]
    seen = []
    with Client(script.address, progress=seen.append) as client:
        assert client.job(JOB).wait(30).state == "successful"
        with pytest.raises(TimeoutError, match=r"was running after 0 s, at 40 %"):
            client.job(JOB).wait(0)
    assert not [step for step in seen if step.stage == "waiting"]


def test_the_same_without_blocking(script: Script) -> None:
    script.answers = [answer(STATUS), answer(DONE), answer(DONE), answer(DISMISSED), answer(STATUS, 202)]

    async def calls() -> list[JobStatus]:
        async with AsyncClient(script.address) as client:
            job = client.job(JOB)
            return [await job.wait(), await job.status(), await job.cancel(), await job.retry()]

    assert [status.state for status in asyncio.run(calls())] == ["successful", "successful", "dismissed", "running"]


def test_jobs_are_listed_page_by_page(script: Script) -> None:
    pages = [{"jobs": [STATUS, DONE], "next": "c2"}, {"jobs": [STATUS], "next": None}]
    script.answers = [answer(page) for page in pages * 2]
    with Client(script.address) as client:
        found = client.jobs(state="running", operation="pool")
        assert not script.requests
        assert [status.state for status in found] == ["running", "successful", "running"]

    async def calls() -> int:
        async with AsyncClient(script.address) as client:
            return len([status async for status in client.jobs()])

    assert asyncio.run(calls()) == 3
    assert [path for _, path, _, _ in script.requests] == [
        "/v1/jobs?state=running&operation=pool",
        "/v1/jobs?state=running&operation=pool&after=c2",
        "/v1/jobs",
        "/v1/jobs?after=c2",
    ]


def test_a_name_is_one_part_of_a_path(script: Script) -> None:
    script.answers = [answer({"title": "None"}, 404)]
    with Client(script.address) as client, pytest.raises(Problem):
        client.job("../assets?x").status()
    assert script.requests[0][1] == "/v1/jobs/..%2Fassets%3Fx"
