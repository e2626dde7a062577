import time
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest

from service.keys import new_key
from tests.running import Server, npy, serving

PATIENCE = 120


def ended(client: httpx.Client, href: str) -> dict[str, Any]:
    """How the job stands when it has ended."""
    deadline = time.monotonic() + PATIENCE
    while True:
        status: dict[str, Any] = client.get(href).raise_for_status().json()
        if status["state"] in ("successful", "failed", "dismissed"):
            return status
        assert time.monotonic() < deadline, status
        time.sleep(0.05)


def submitted(client: httpx.Client, document: dict[str, Any], **headers: str) -> dict[str, Any]:
    """The status of a job that was just submitted."""
    answer = client.post("/v1/jobs", json=document, headers=headers)
    assert answer.status_code == 201, answer.text
    status: dict[str, Any] = answer.json()
    return status


def cameras(count: int) -> Any:
    """Projections with distinct centres."""
    projections = np.zeros((count, 3, 4))
    projections[:, :, :3] = np.eye(3)
    projections[:, :, 3] = np.random.default_rng(6).normal(size=(count, 3))
    return projections


@pytest.fixture(scope="session")
def keys() -> dict[str, tuple[str, str]]:
    return {owner: new_key() for owner in ("ada", "bob")}


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory, keys: dict[str, tuple[str, str]]) -> Iterator[Server]:
    """A server that knows two owners and runs jobs."""
    hashes = ",".join(f"{owner}={hashed}" for owner, (_, hashed) in keys.items())
    with serving(tmp_path_factory.mktemp("jobs"), api_keys=hashes, max_job_document_bytes=1 << 20) as server:
        yield server


@pytest.fixture(scope="session")
def ada(service: Server, keys: dict[str, tuple[str, str]]) -> Iterator[httpx.Client]:
    with service.client(timeout=PATIENCE) as client:
        client.headers["Authorization"] = f"Bearer {keys['ada'][0]}"
        yield client


@pytest.fixture(scope="session")
def bob(service: Server, keys: dict[str, tuple[str, str]]) -> Iterator[httpx.Client]:
    with service.client(timeout=PATIENCE) as client:
        client.headers["X-API-Key"] = keys["bob"][0]
        yield client


@pytest.fixture(scope="session")
def rig_job(ada: httpx.Client) -> dict[str, Any]:
    """A job of all pairs of 60 cameras that has succeeded."""
    asset = ada.post("/v1/assets", content=npy(cameras(60))).json()["asset"]
    document = {"operation": "fundamental-all", "params": {"projections": {"asset": asset}}, "tile": 16}
    status = ended(ada, submitted(ada, document)["links"]["self"])
    assert status["state"] == "successful", status
    return status


@pytest.fixture(scope="session")
def items_job(ada: httpx.Client) -> dict[str, Any]:
    """A job of three items, the second of which has no answer."""
    left = cameras(1)[0].tolist()
    document = {
        "operation": "fundamental",
        "params": {"left": left},
        "items": [{"right": cameras(3)[1].tolist()}, {"right": left}, {"right": cameras(3)[2].tolist()}],
    }
    status = ended(ada, submitted(ada, document)["links"]["self"])
    assert status["state"] == "failed", status
    return status
