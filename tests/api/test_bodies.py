import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from tests.api.requests import FUNDAMENTAL, IDENTITY, WARP, picture, pixels, warp_form
from tests.running import application, npy

BOUNDARY = "frontier"


def part(name: str, content: bytes, *headers: str, filename: str | None = None) -> bytes:
    disposition = f'Content-Disposition: form-data; name="{name}"' + (f'; filename="{filename}"' if filename else "")
    return "\r\n".join([f"--{BOUNDARY}", disposition, *headers, "", ""]).encode() + content + b"\r\n"


def post_form(client: TestClient, *parts: bytes, end: bytes = f"--{BOUNDARY}--\r\n".encode(), path: str = WARP) -> Any:
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Accept": "application/x-npy"}
    return client.post(path, content=b"".join(parts) + end, headers=headers)


IMAGE = pixels(4, 5)
IMAGE_PART = part("image", npy(IMAGE), "Content-Type: application/octet-stream", filename="a.npy")
PARAMS_PART = part("params", json.dumps({"homography": IDENTITY}).encode())
WARPED = npy(IMAGE)


def test_a_file_and_a_json_text_are_what_curl_sends(client: TestClient) -> None:
    assert post_form(client, IMAGE_PART, PARAMS_PART).content == WARPED
    assert post_form(client, PARAMS_PART, IMAGE_PART).content == WARPED


@pytest.mark.parametrize(
    "headers", [[], ["Content-Type: application/json"], ["Content-Type: text/plain; charset=utf-8"]]
)
def test_parameters_may_be_parts_of_their_own(client: TestClient, headers: list[str]) -> None:
    homography = part("homography", json.dumps(IDENTITY).encode(), *headers)
    size = part("size", b'{"width": 5, "height": 4}', *headers)
    assert post_form(client, IMAGE_PART, homography, size).content == WARPED


def test_words_may_be_plain_text_and_json_files_are_parameters(client: TestClient) -> None:
    homography = part("homography", json.dumps(IDENTITY).encode(), "Content-Type: application/json", filename="h.json")
    for word in (b"nearest", b'"nearest"'):
        assert post_form(client, IMAGE_PART, homography, part("interpolation", word)).content == WARPED


def test_arrays_may_be_text_where_they_are_lists(client: TestClient) -> None:
    image = part("image", json.dumps({"data": IMAGE.tolist(), "dtype": "uint8"}).encode())
    assert post_form(client, image, PARAMS_PART).content == WARPED


@pytest.mark.parametrize(
    ("parts", "end", "status", "words"),
    [
        ([IMAGE_PART, IMAGE_PART, PARAMS_PART], None, 400, "two parts named 'image'"),
        ([PARAMS_PART, PARAMS_PART, IMAGE_PART], None, 400, "two parts named 'params'"),
        ([IMAGE_PART, PARAMS_PART], b"", 400, "cut off"),
        ([IMAGE_PART, PARAMS_PART[:-20]], b"", 400, "cut off"),
        ([b"no boundary at all"], b"", 400, "malformed"),
        ([], b"", 400, "cut off"),
        ([IMAGE_PART.replace(b'name="image"; ', b"")], None, 400, "no name"),
        ([part(f"x{n}", b"1") for n in range(65)], None, 400, "more than 64 parts"),
        ([IMAGE_PART, part("params", b"[1]")], None, 400, "must be a JSON object"),
        ([IMAGE_PART, part("params", b"{")], None, 400, "params is not JSON"),
        ([IMAGE_PART, part("params", b"\xff\xfe")], None, 400, "params is not JSON"),
        ([IMAGE_PART, part("homography", b"[[1", "Content-Type: application/json")], None, 400, "is not JSON"),
        ([IMAGE_PART, PARAMS_PART, part("homography", b"[[1]]")], None, 422, "both in params and as a part"),
        ([PARAMS_PART], None, 422, "is required"),
        ([PARAMS_PART, part("image", b"", filename="a.png")], None, 400, "image: is empty"),
        ([PARAMS_PART, part("image", b"text", filename="a.txt")], None, 415, "image: is neither npy nor"),
        (
            [PARAMS_PART, part("image", WARPED, "Content-Type: image/png", filename="a")],
            None,
            415,
            "declared as image/png",
        ),
    ],
)
def test_forms_that_are_wrong_are_refused_in_words(
    client: TestClient, parts: list[bytes], end: bytes | None, status: int, words: str
) -> None:
    problem = post_form(client, *parts, **({} if end is None else {"end": end}))
    assert problem.status_code == status, problem.text
    assert problem.headers["content-type"] == "application/problem+json"
    assert words in problem.json()["detail"]


def test_a_form_without_a_boundary_is_unreadable(client: TestClient) -> None:
    problem = client.post(WARP, content=b"x", headers={"Content-Type": "multipart/form-data"})
    assert problem.status_code == 400
    assert "boundary" in problem.json()["detail"]


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/JSON; charset=utf-8", 200),
    ],
)
def test_the_content_type_decides(client: TestClient, content_type: str, status: int) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    answer = client.post("/v1/fundamental", content=json.dumps(FUNDAMENTAL), headers=headers)
    assert answer.status_code == status
    if status == 415:
        assert "application/json" in answer.json()["detail"]


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate, gzip"])
def test_compressed_bodies_are_unsupported(client: TestClient, encoding: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    problem = client.post("/v1/fundamental", content=json.dumps(FUNDAMENTAL), headers=headers)
    assert problem.status_code == 415
    assert encoding in problem.json()["detail"]


def test_the_query_is_not_ignored_in_silence(client: TestClient) -> None:
    problem = client.post("/v1/fundamental", params={"normalization": "none"}, json=FUNDAMENTAL)
    assert problem.status_code == 422
    assert problem.json()["errors"][0]["pointer"] == "/normalization"
    problem = client.post("/v1/fundamental", params={"params": "{}"}, json=FUNDAMENTAL)
    assert problem.status_code == 422
    assert problem.json()["errors"][0]["pointer"] == "/params"


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b'"x"', b"{", b'{"left": 1, "left": 2}', b"\xff", b"[" * 100_000]
)
def test_json_that_is_no_object_is_unreadable(client: TestClient, body: bytes) -> None:
    problem = client.post("/v1/fundamental", content=body, headers={"Content-Type": "application/json"})
    assert problem.status_code == 400
    assert problem.json()["type"].endswith("/unreadable-body")


def test_a_picture_may_be_the_body(client: TestClient) -> None:
    data = picture(pixels(6, 7, 3))
    query = {"params": json.dumps({"homography": IDENTITY})}
    answer = client.post(WARP, params=query, content=data, headers={"Content-Type": "image/png"})
    assert answer.headers["content-type"] == "image/png"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    limits = {"max_body_bytes": 5000, "max_pixels": 100, "max_output_bytes": 4000, "max_json_bytes": 900}
    with application(data_dir=tmp_path_factory.mktemp("small"), **limits) as client:
        yield client


def test_a_body_is_limited_by_its_promise_and_by_its_bytes(small: TestClient) -> None:
    body = b" " * 5001
    for content in (body, iter([body[:3000], body[3000:]])):
        problem = small.post("/v1/fundamental", content=content, headers={"Content-Type": "application/json"})
        assert problem.status_code == 413
        assert "EPIPOLE_MAX_BODY_BYTES" in problem.json()["detail"]


def test_a_chunked_body_is_read_like_any_other(client: TestClient) -> None:
    text = json.dumps(FUNDAMENTAL).encode()
    chunks = iter([text[:10], b"", text[10:]])
    answer = client.post("/v1/fundamental", content=chunks, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200


def test_pixels_results_and_json_answers_are_limited(small: TestClient) -> None:
    problem = small.post(WARP, **warp_form(picture(pixels(11, 10))))
    assert problem.status_code == 413
    assert "EPIPOLE_MAX_PIXELS" in problem.json()["detail"]
    problem = small.post(WARP, **warp_form(picture(pixels(10, 10)), size={"width": 70, "height": 60}))
    assert problem.status_code == 413
    assert "EPIPOLE_MAX_OUTPUT_BYTES" in problem.json()["detail"]
    body = warp_form(npy(pixels(10, 10)))
    problem = small.post(WARP, **body, headers={"Accept": "application/json"})
    assert problem.status_code == 406
    for kind in ("application/x-npy", "application/x-safetensors"):
        assert kind in problem.json()["detail"]
        assert small.post(WARP, **body, headers={"Accept": kind}).status_code == 200
    assert small.post(WARP, **body).headers["content-type"] == "application/x-safetensors"


def test_work_beyond_the_flops_limit_is_refused(tmp_path: Any) -> None:
    with application(data_dir=tmp_path, max_flops=1e4) as client:
        problem = client.post(WARP, **warp_form(npy(np.zeros((100, 100), np.uint8))))
        assert problem.status_code == 413
        assert "EPIPOLE_MAX_FLOPS" in problem.json()["detail"]


def test_memory_that_is_spoken_for_is_503_and_more_than_there_is_413(tmp_path: Any) -> None:
    with application(data_dir=tmp_path, memory_budget=3 << 20) as client:
        problem = client.post(WARP, **warp_form(npy(np.zeros((2000, 2000), np.uint8))))
        assert problem.status_code == 413
        assert "EPIPOLE_MEMORY_BUDGET" in problem.json()["detail"]
        with client.app.state.engine.admission.hold() as hold:
            hold.grow((3 << 20) - 1)
            problem = client.post("/v1/fundamental", json=FUNDAMENTAL)
            assert problem.status_code == 503
            assert int(problem.headers["retry-after"]) >= 1
        assert client.post("/v1/fundamental", json=FUNDAMENTAL).status_code == 200
        assert client.app.state.engine.admission.held == 0
