"""What docs/jobs.md says of HTTP, as it stands there."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from tests.api.jobs.conftest import cameras, ended
from tests.api.requests import picture, pixels
from tests.docs.examples import ROOT, run_example
from tests.running import Server

SECTION = (ROOT / "docs" / "jobs.md").read_text(encoding="utf-8").split("## Over HTTP\n")[1].split("\n## ")[0]


def test_the_shell_examples_work(service: Server, ada: httpx.Client, tmp_path: Path) -> None:
    document = {"operation": "fundamental", "params": dict(zip(("left", "right"), cameras(2).tolist(), strict=True))}
    (tmp_path / "job.json").write_text(json.dumps(document))
    (tmp_path / "photo.jpg").write_bytes(picture(pixels(30, 40, 3), "JPEG"))
    lines = SECTION.split("```sh\n")[1].split("```")[0].splitlines()
    for line in lines:
        command = f"{line} -H 'Authorization: {ada.headers['authorization']}'"
        status = json.loads(run_example(command, service.address, tmp_path))
        assert ended(ada, status["links"]["self"])["state"] == "successful"


def test_the_python_example_works(service: Server, ada: httpx.Client, rig_job: dict[str, Any]) -> None:
    code = SECTION.split("```python\n")[1].split("```")[0]
    option = code.split("storage_options=")[1].splitlines()[0].replace("Bearer …", ada.headers["authorization"])
    code = code.replace("http://127.0.0.1:8000", service.address).replace("/jobs/…/", f"/jobs/{rig_job['id']}/")
    names: dict[str, Any] = {}
    exec(code.replace('mode="r")', f'mode="r", storage_options={option})'), names)
    assert np.asarray(names["block"]).shape == (10, 3, 3)


def test_the_table_names_every_route(service: Server) -> None:
    with service.client() as client:
        paths = client.get("/openapi.json").json()["paths"]
    told = {re.sub(r"\?.*", "", path) for path in re.findall(r"`(?:[A-Z]+ )?(/v1/jobs[^`\s]*)`", SECTION)}
    assert told == {path for path in paths if path.startswith("/v1/jobs")}


@pytest.mark.slow
def test_results_that_have_expired_are_gone(tmp_path: Path) -> None:
    from tests.api.jobs.test_submission import PAIR
    from tests.running import serving

    with serving(tmp_path, job_retention=0.001) as server, server.client(120) as client:
        job = client.post("/v1/jobs", json=PAIR).json()["links"]
        assert ended(client, job["self"])["state"] == "successful"
        for below in ("results", "results.zip", "results/fundamental", "results/fundamental.zarr/zarr.json"):
            problem = client.get(f"{job['self']}/{below}")
            assert (problem.status_code, problem.json()["type"]) == (410, "/problems/gone")
