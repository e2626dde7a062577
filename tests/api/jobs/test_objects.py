from typing import Any

import httpx
import numpy as np
import pytest

from geometry import fundamental_all
from tests.api.jobs.conftest import cameras
from tests.running import Server


@pytest.fixture(scope="module")
def shard(ada: httpx.Client, rig_job: dict[str, Any]) -> tuple[str, bytes]:
    href = rig_job["links"]["results"] + "/fundamental.zarr/c/0/0/0/0"
    return href, ada.get(href).raise_for_status().content


@pytest.mark.parametrize(
    ("span", "part"),
    [("bytes=0-9", slice(0, 10)), ("bytes=100-", slice(100, None)), ("bytes=-4", slice(-4, None))],
)
def test_a_range_of_a_shard_comes_alone(ada: httpx.Client, shard: tuple[str, bytes], span: str, part: slice) -> None:
    href, whole = shard
    answer = ada.get(href, headers={"Range": span})
    assert (answer.status_code, answer.content) == (206, whole[part])
    first, last, _ = part.indices(len(whole))
    assert answer.headers["content-range"] == f"bytes {first}-{last - 1}/{len(whole)}"
    assert int(answer.headers["content-length"]) == last - first


def test_a_range_without_a_byte_is_416(ada: httpx.Client, shard: tuple[str, bytes]) -> None:
    href, whole = shard
    problem = ada.get(href, headers={"Range": f"bytes={len(whole)}-"})
    assert (problem.status_code, problem.json()["type"]) == (416, "/problems/outside-range")
    assert problem.headers["content-range"] == f"bytes */{len(whole)}"


def test_a_range_counts_only_for_the_bytes_that_it_was_meant_for(ada: httpx.Client, shard: tuple[str, bytes]) -> None:
    href, whole = shard
    etag = ada.head(href).headers["etag"]
    assert ada.get(href, headers={"Range": "bytes=0-0", "If-Range": etag}).status_code == 206
    answer = ada.get(href, headers={"Range": "bytes=0-0", "If-Range": '"other"'})
    assert (answer.status_code, answer.content) == (200, whole)


def test_head_tells_the_size_and_the_tag_of_what_get_sends(ada: httpx.Client, shard: tuple[str, bytes]) -> None:
    href, whole = shard
    head = ada.head(href)
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) == len(whole)
    assert head.headers["accept-ranges"] == "bytes"
    got = ada.get(href)
    assert got.headers["etag"] == head.headers["etag"]
    unchanged = ada.get(href, headers={"If-None-Match": got.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert ada.get(href, headers={"If-None-Match": '"other"'}).content == whole


@pytest.mark.parametrize(
    "key",
    ["", "c", "c/0", "c/99/0/0/0", ".zarray", ".zattrs", "zarr.json/", "%2e%2e/manifest.json",
     "..%2fmanifest.json", "%2e%2e%2fmanifest.json", "%00", "zarr.json%00", "c/0/0/0/0/..", "/etc/passwd",
     "%2fetc%2fpasswd", "..%5c..%5cx", "%ff"],
)  # fmt: skip
def test_nothing_but_the_objects_of_the_array_is_served(ada: httpx.Client, rig_job: dict[str, Any], key: str) -> None:
    for base in ("fundamental.zarr", "files"):
        for method in ("GET", "HEAD"):
            assert ada.request(method, f"{rig_job['links']['results']}/{base}/{key}").status_code == 404


def test_any_zarr_client_opens_the_array_by_its_address(
    service: Server, ada: httpx.Client, rig_job: dict[str, Any]
) -> None:
    import zarr

    key = ada.headers["authorization"]
    address = f"{service.address}{rig_job['links']['results']}/fundamental.zarr"
    options = {"client_kwargs": {"headers": {"Authorization": key}}}
    array = zarr.open(address, mode="r", storage_options=options)
    assert isinstance(array, zarr.Array)
    np.testing.assert_array_equal(array[:], fundamental_all(cameras(60)).fundamental)
    np.testing.assert_array_equal(array[3, 50:], fundamental_all(cameras(60)).fundamental[3, 50:])


def test_an_object_store_client_opens_the_array_by_its_address(
    service: Server, ada: httpx.Client, rig_job: dict[str, Any]
) -> None:
    import zarr
    from obstore.store import HTTPStore
    from zarr.storage import ObjectStore

    store = HTTPStore.from_url(
        f"{service.address}{rig_job['links']['results']}/fundamental.zarr",
        client_options={"default_headers": {"Authorization": ada.headers["authorization"]}, "allow_http": True},
    )
    array = zarr.open_array(ObjectStore(store, read_only=True), mode="r")
    np.testing.assert_array_equal(array[7:9, 5], fundamental_all(cameras(60)).fundamental[7:9, 5])


def test_a_file_of_an_item_is_served_as_what_it_is(ada: httpx.Client) -> None:
    from tests.api.jobs.conftest import ended, submitted

    image = [[0, 50], [100, 255]]
    document = {
        "operation": "warp-perspective",
        "params": {"homography": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]},
        "items": [{"image": image}, {"image": image}],
        "arrays": ["image"],
        "files": "npy",
    }
    job = ended(ada, submitted(ada, document)["links"]["self"])
    listing = ada.get(job["links"]["results"]).json()
    assert len(listing["files"]) == listing["files_total"] == 2
    for file in listing["files"]:
        answer = ada.get(file["href"])
        assert answer.headers["content-type"] == file["media_type"] == "application/x-npy"
        assert len(answer.content) == file["bytes"]
        assert answer.headers["etag"].startswith(f'"{file["crc32"]}')
        assert ada.head(file["href"]).headers["content-length"] == str(file["bytes"])
    assert [len(item["files"]) for item in listing["items"]] == [1, 1]
