"""Whatever a file claims, the answer is a refusal in words: never a bug, a hang, or memory beyond the limits."""

import json
import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from fastapi.testclient import TestClient

from tests.api.requests import FUNDAMENTAL, IDENTITY, WARP, warp_form
from tests.hostile.corpus import JSON, NPY, PICTURES, SAFETENSORS

# The largest file here is 200 kB; decoders and their libraries may take some room of their own, bombs would take more.
MEMORY = 48 << 20


@pytest.fixture(autouse=True)
def flat_memory(client: TestClient) -> Iterator[None]:
    """Neither Python's memory nor the process's may grow by more than the limit at any time of a test."""
    process = psutil.Process()
    tracemalloc.start()
    before = process.memory_info().rss
    yield
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MEMORY
    assert process.memory_info().rss - before < MEMORY
    admission = client.app.state.engine.admission
    assert (admission.held, admission.running, admission.waiting) == (0, 0, 0)


def check(problem: Any) -> None:
    assert 400 <= problem.status_code < 500, problem.text
    assert problem.headers["content-type"] == "application/problem+json"
    body = problem.json()
    assert body["status"] == problem.status_code
    assert body["detail"]
    assert len(problem.content) < 20_000


@pytest.mark.parametrize("name", PICTURES)
def test_pictures(client: TestClient, name: str) -> None:
    check(client.post(WARP, **warp_form(PICTURES[name])))
    query = {"params": json.dumps({"homography": IDENTITY})}
    check(client.post(WARP, params=query, content=PICTURES[name], headers={"Content-Type": "image/png"}))


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_as_assets(client: TestClient, name: str) -> None:
    asset = client.post("/v1/assets", content=PICTURES[name]).json()["asset"]
    check(client.post(WARP, json={"image": {"asset": asset}, "homography": IDENTITY}))


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_under_a_root(client: TestClient, files: Path, name: str) -> None:
    (files / "hostile").write_bytes(PICTURES[name])
    check(client.post(WARP, json={"image": {"uri": "files://hostile"}, "homography": IDENTITY}))


@pytest.mark.parametrize("name", NPY)
def test_npy(client: TestClient, name: str) -> None:
    check(client.post(WARP, **warp_form(NPY[name])))
    check(client.post("/v1/matrix-rank", content=NPY[name], headers={"Content-Type": "application/x-npy"}))
    asset = client.post("/v1/assets", content=NPY[name]).json()["asset"]
    check(client.post(WARP, json={"image": {"asset": asset}, "homography": IDENTITY}))


@pytest.mark.parametrize("name", SAFETENSORS)
def test_safetensors(client: TestClient, name: str) -> None:
    headers = {"Content-Type": "application/x-safetensors"}
    check(client.post("/v1/fundamental", content=SAFETENSORS[name], headers=headers))


@pytest.mark.parametrize("name", JSON)
def test_json(client: TestClient, name: str) -> None:
    check(client.post("/v1/fundamental", content=JSON[name], headers={"Content-Type": "application/json"}))
    check(client.post("/v1/fundamental", files={"params": (None, JSON[name])}))
    check(
        client.post(
            WARP,
            params={"params": JSON[name][:2000]},
            content=NPY["dates"],
            headers={"Content-Type": "application/x-npy"},
        )
    )


@pytest.mark.parametrize("name", ["params", "left", "right", "normalization"])
@pytest.mark.parametrize("data", [b"\xff\xfe\0", b"\0" * 1000, b"{" * 5000, b"", b"NaN", b'"\\ud800"'])
def test_parts_of_forms(client: TestClient, name: str, data: bytes) -> None:
    parts = {field: (None, json.dumps(value)) for field, value in FUNDAMENTAL.items()}
    check(client.post("/v1/fundamental", files=parts | {name: (None, data)}))


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "%00",
        "sha256-" + "0" * 63 + "/",
        "sha256-%2e%2e",
        "a" * 5000,
        "\u202e",
        "%ff",
    ],
)
def test_names_of_assets(client: TestClient, name: str) -> None:
    for method in ("GET", "DELETE"):
        check(client.request(method, f"/v1/assets/{name}"))
    check(client.post(WARP, json={"image": {"asset": name}, "homography": IDENTITY}))


def test_links_out_of_a_root(client: TestClient, files: Path) -> None:
    (files / "link").unlink(missing_ok=True)
    (files / "link").symlink_to("/etc/hostname")
    (files / "pipe").unlink(missing_ok=True)
    os.mkfifo(files / "pipe")
    for uri in (
        "files://link",
        "files://pipe",
        "files://../data",
        "files://.",
        "file:///etc/hostname",
        "http://[::1]/",
    ):
        check(client.post(WARP, json={"image": {"uri": uri}, "homography": IDENTITY}))


def test_a_header_of_the_answer_does_not_repeat_what_was_sent(client: TestClient) -> None:
    problem = client.post("/v1/fundamental", json={"x\r\nSet-Cookie: a=b": 1})
    check(problem)
    assert "set-cookie" not in problem.headers
