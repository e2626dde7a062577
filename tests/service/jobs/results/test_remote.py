import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from service.errors import StorageFailed
from service.jobs.results.arrays import ArrayLayout, create_array, write_block
from service.jobs.results.objects import open_objects
from service.jobs.results.remote import RemoteObjects
from service.settings import Settings
from tests.s3 import s3_server


class Refusing(BaseHTTPRequestHandler):
    """Answers every request with a status, and counts them."""

    status = 500
    asked = 0

    def answer(self) -> None:
        type(self).asked += 1
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = answer  # noqa: N815

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def refusing() -> Iterator[type[Refusing]]:
    class Handler(Refusing):
        endpoint = ""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    Handler.endpoint = f"http://127.0.0.1:{server.server_port}"
    yield Handler
    server.shutdown()
    thread.join()
    server.server_close()


def store(endpoint: str, bucket: str = "bucket") -> RemoteObjects:
    settings = Settings(s3_endpoint=endpoint, s3_access_key="access", s3_secret_key="secret")
    return RemoteObjects(bucket, "results", settings, retries=2)


def refusals(objects: RemoteObjects) -> list[str]:
    """What every call of the store is refused with."""
    details = []
    for call in (
        lambda: objects.put("job/a", b"x"),
        lambda: objects.get("job/a"),
        lambda: objects.get("job/a", 1, 2),
        lambda: objects.size("job/a"),
        lambda: list(objects.keys("job")),
        lambda: objects.delete("job"),
    ):
        with pytest.raises(StorageFailed) as caught:
            call()
        details.append(caught.value.detail)
    return details


def test_a_server_that_fails_is_asked_a_few_times(refusing: Any) -> None:
    with pytest.raises(StorageFailed, match="the S3 server answered 500 Internal Server Error"):
        store(refusing.endpoint).put("job/a", b"x")
    assert refusing.asked == 3
    assert all("500" in detail and "127.0.0.1" not in detail for detail in refusals(store(refusing.endpoint)))


def test_keys_that_the_server_does_not_take_are_named_as_the_reason(refusing: Any) -> None:
    refusing.status = 403
    assert all("refused the access key" in detail for detail in refusals(store(refusing.endpoint)))


def test_a_server_that_is_gone_is_a_failure_not_an_absence() -> None:
    with s3_server() as server:
        endpoint = server.endpoint
    details = refusals(store(endpoint))
    assert all("could not be reached" in detail for detail in details)
    assert not any("127.0.0.1" in detail for detail in details)


def test_a_bucket_that_is_missing_is_a_failure_not_an_absence(s3_settings: dict[str, Any]) -> None:
    objects = store(s3_settings["s3_endpoint"], "no-such-bucket")
    with pytest.raises(StorageFailed, match="404"):
        objects.put("job/a", b"x")
    with pytest.raises(StorageFailed, match="no such bucket"):
        objects.get("job/a")
    with pytest.raises(StorageFailed):
        list(objects.keys("job"))


def test_jobs_share_a_bucket_with_what_else_is_in_it(s3_settings: dict[str, Any]) -> None:
    here = open_objects(Settings(**s3_settings))
    beside = open_objects(Settings(**s3_settings | {"job_store": s3_settings["job_store"].replace("results", "other")}))
    here.put("job/a", b"x")
    assert beside.size("job/a") is None
    beside.put("job/a", b"y")
    here.delete("job")
    assert beside.get("job/a") == b"y"


@pytest.mark.slow
def test_more_objects_than_a_page_lists_are_deleted(s3_settings: dict[str, Any]) -> None:
    objects = open_objects(Settings(**s3_settings))
    for number in range(1005):
        objects.put(f"job/{number:04d}", b"")
    assert sum(1 for _ in objects.keys("job")) == 1005
    objects.delete("job")
    assert list(objects.keys("job")) == []


def test_any_zarr_client_reads_arrays_from_the_bucket(s3_settings: dict[str, Any]) -> None:
    import numpy as np
    import zarr
    from obstore.store import S3Store
    from zarr.storage import ObjectStore

    objects = open_objects(Settings(**s3_settings))
    layout = ArrayLayout("depth", (10, 6), "float32", (2, 3), (4, 6))
    values = np.random.default_rng(0).normal(size=layout.shape).astype(np.float32)
    create_array(objects, "job", layout)
    write_block(objects, "job", layout, (0, 0), values)
    bucket = s3_settings["job_store"].split("/")[2]
    there = S3Store(
        bucket,
        prefix="results/job/depth.zarr",
        config={
            "endpoint": s3_settings["s3_endpoint"],
            "region": "us-east-1",
            "access_key_id": "any",
            "secret_access_key": "any",
            "virtual_hosted_style_request": False,
        },
        client_options={"allow_http": True},
    )
    array = zarr.open_array(ObjectStore(there, read_only=True), mode="r")
    np.testing.assert_array_equal(array[:], values)
