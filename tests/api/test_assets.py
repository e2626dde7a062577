import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from service.keys import new_key
from service.settings import Settings
from tests.api.requests import IDENTITY, WARP, picture, pixels
from tests.running import application, npy

ABSENT = "sha256-" + 64 * "0"


def test_an_upload_is_named_by_its_bytes_and_comes_back(client: TestClient) -> None:
    data = npy(pixels(3, 4))
    stored = client.post("/v1/assets", content=data, headers={"Content-Type": "application/x-npy"})
    asset = "sha256-" + hashlib.sha256(data).hexdigest()
    assert stored.status_code == 201
    assert stored.json() == {"asset": asset, "bytes": len(data), "href": f"/v1/assets/{asset}"}
    assert stored.headers["location"] == f"/v1/assets/{asset}"
    fetched = client.get(stored.headers["location"])
    assert fetched.content == data
    assert fetched.headers["content-type"] == "application/x-npy"
    assert fetched.headers["etag"] == stored.headers["etag"] == f'"{asset}"'
    assert client.post("/v1/assets", content=data).json() == stored.json()


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (picture(pixels(3, 4)), "image/png"),
        (picture(pixels(3, 4), "JPEG"), "image/jpeg"),
        (b"\x02\0\0\0\0\0\0\0{}", "application/x-safetensors"),
        (b"anything", "application/octet-stream"),
    ],
)
def test_the_media_type_is_judged_by_the_bytes(client: TestClient, data: bytes, media_type: str) -> None:
    href = client.post("/v1/assets", content=data).json()["href"]
    assert client.get(href).headers["content-type"] == media_type


def test_conditional_head_and_range_requests(client: TestClient) -> None:
    data = npy(np.arange(100.0))
    stored = client.post("/v1/assets", content=data)
    href, etag = stored.json()["href"], stored.headers["etag"]
    for value in (etag, f'W/{etag}, "x"', "*"):
        unchanged = client.get(href, headers={"If-None-Match": value})
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        assert unchanged.headers["etag"] == etag
    assert client.get(href, headers={"If-None-Match": '"other"'}).content == data
    head = client.head(href)
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) == len(data)
    part = client.get(href, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, data[10:20])


def test_a_deleted_asset_is_gone(client: TestClient) -> None:
    href = client.post("/v1/assets", content=npy(np.arange(7))).json()["href"]
    assert client.delete(href).status_code == 204
    for request in (client.get, client.head, client.delete):
        assert request(href).status_code == 404
    assert client.delete(f"/v1/assets/{ABSENT}").status_code == 404


@pytest.mark.parametrize("kind", ["image/png", "application/x-npy"])
def test_an_asset_can_be_warped(client: TestClient, kind: str) -> None:
    data = picture(pixels(5, 6)) if kind == "image/png" else npy(pixels(5, 6))
    asset = client.post("/v1/assets", content=data).json()["asset"]
    answer = client.post(
        WARP, json={"image": {"asset": asset}, "homography": IDENTITY}, headers={"Accept": "application/x-npy"}
    )
    assert answer.content == npy(pixels(5, 6))


def test_an_absent_asset_is_named_in_the_parameters(client: TestClient) -> None:
    problem = client.post(WARP, json={"image": {"asset": ABSENT}, "homography": IDENTITY})
    assert problem.status_code == 422
    assert problem.json()["errors"][0]["pointer"] == "/image/asset"


def test_empty_bodies_and_forms_are_refused(client: TestClient) -> None:
    assert client.post("/v1/assets", content=b"").status_code == 400
    problem = client.post("/v1/assets", files={"file": b"data"})
    assert problem.status_code == 415
    assert "body itself" in problem.json()["detail"]


def test_a_refused_upload_leaves_nothing_behind(tmp_path: Any) -> None:
    with application(data_dir=tmp_path, max_body_bytes=1000) as client:
        for content in (bytes(1001), iter([bytes(900), bytes(900)]), b""):
            assert client.post("/v1/assets", content=content).status_code in (400, 413)
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
        assert client.app.state.engine.admission.held == 0


def test_assets_belong_to_their_owner(tmp_path: Any) -> None:
    (ada, ada_hash), (bob, bob_hash) = new_key(), new_key()
    with application(data_dir=tmp_path, api_keys={"ada": ada_hash, "bob": bob_hash}) as client:
        as_ada, as_bob = {"Authorization": f"Bearer {ada}"}, {"X-API-Key": bob}
        stored = client.post("/v1/assets", content=npy(np.eye(3)), headers=as_ada).json()
        assert client.get(stored["href"], headers=as_ada).status_code == 200
        for request in (client.get, client.head, client.delete):
            assert request(stored["href"], headers=as_bob).status_code == 404
        body = {"image": [[1, 2], [3, 4]], "homography": {"asset": stored["asset"]}}
        assert client.post(WARP, json=body, headers=as_ada).status_code == 200
        problem = client.post(WARP, json=body, headers=as_bob)
        assert problem.status_code == 422
        assert problem.json()["errors"][0]["pointer"] == "/homography/asset"
        assert client.get(stored["href"]).status_code == 401


def test_an_upload_holds_no_more_memory_than_a_piece_of_it(tmp_path: Any) -> None:
    app = create_app(Settings(data_dir=tmp_path, memory_budget=3 << 20))
    pieces = [bytes([n]) * (1 << 20) for n in range(8)]
    held = []

    async def body() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece
            held.append(app.state.engine.admission.held)

    async def upload() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://a") as client:
            return await client.post("/v1/assets", content=body())

    stored = asyncio.run(upload())
    assert stored.json()["bytes"] == 8 << 20
    assert app.state.engine.assets.path(stored.json()["asset"], "local").read_bytes() == b"".join(pieces)
    assert max(held) == 1 << 20
    assert app.state.engine.admission.held == 0
