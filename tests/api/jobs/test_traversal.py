"""No path, however it is spelled, leads to anything but what a job lists, nor to the jobs of others."""

import os
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.running import Server

PIECES = [
    "..", ".", "", "%2e%2e", "%252e%252e", "%2f", "%5c", "\\", "%00", "~", "c", "0", "zarr.json", "fundamental.zarr",
    "fundamental", "status.zarr", "files", "manifest.json", "manifest", "tiles", "plan", "results", "%c0%ae", "%ff",
    "etc", "passwd", "events", "retry", ";", "*", "$", "%0d%0a", "\u00e9", "jobs.sqlite", "result.json",
]  # fmt: skip
SEPARATORS = ["/", "//", "%2f", "/./", "/../", "\\"]


# 100,000 in the nightly run.
EXAMPLES = int(os.environ.get("EPIPOLE_TRAVERSAL_EXAMPLES", "300"))
generated = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


def paths() -> st.SearchStrategy[str]:
    """Paths of a few pieces, most of them of ill intent."""
    noise = st.text(max_size=8).map(lambda text: quote(text, safe=""))
    piece = st.one_of(st.sampled_from(PIECES), noise)
    return st.lists(st.tuples(piece, st.sampled_from(SEPARATORS)), min_size=1, max_size=6).map(
        lambda steps: "".join(piece + separator for piece, separator in steps)[:1000]
    )


class Raw:
    """Sends paths as they are; an HTTP library would tidy them up."""

    def __init__(self, service: Server, key: str) -> None:
        address = urlsplit(service.address)
        self._connection = HTTPConnection(address.hostname or "", address.port)
        self._headers = {"Authorization": key}
        self.close = self._connection.close

    def get(self, path: str) -> tuple[int, bytes]:
        safe = path.encode("ascii", "ignore").decode().replace(" ", "")
        self._connection.putrequest("GET", "".join(c for c in safe if c.isprintable()), skip_accept_encoding=True)
        for name, value in self._headers.items():
            self._connection.putheader(name, value)
        self._connection.endheaders()
        answer = self._connection.getresponse()
        return answer.status, answer.read()


@pytest.fixture(scope="module")
def as_ada(service: Server, ada: httpx.Client) -> Iterator[Raw]:
    with closing(Raw(service, ada.headers["authorization"])) as raw:
        yield raw


@pytest.fixture(scope="module")
def as_bob(service: Server, bob: httpx.Client) -> Iterator[Raw]:
    with closing(Raw(service, f"Bearer {bob.headers['x-api-key']}")) as raw:
        yield raw


@pytest.fixture(scope="module")
def listed(ada: httpx.Client, rig_job: dict[str, Any]) -> frozenset[bytes]:
    """What the objects and slices of the job are, and how its pages begin."""
    base = rig_job["links"]["results"]
    hrefs = [f"{base}/{name}" for name in ("files/result.json", "fundamental.zarr/zarr.json", "status.zarr/zarr.json")]
    return frozenset(ada.get(href).raise_for_status().content for href in hrefs)


@generated
@given(path=paths(), below=st.sampled_from(["", "/results/", "/results/fundamental.zarr/", "/results/files/"]))
def test_no_path_below_a_job_leads_out_of_it(
    as_ada: Raw, rig_job: dict[str, Any], listed: frozenset[bytes], path: str, below: str
) -> None:
    status, body = as_ada.get(f"{rig_job['links']['self']}{below}{path}")
    assert status in (200, 204, 307, 400, 404, 405, 422), (status, path)
    if status == 200 and (".zarr" in path or below.endswith((".zarr/", "files/"))):
        assert body in listed or b"zarr_format" in body, path


@generated
@given(path=paths())
def test_no_path_leads_to_the_job_of_another_owner(as_bob: Raw, rig_job: dict[str, Any], path: str) -> None:
    for base in (rig_job["links"]["self"], rig_job["links"]["results"], "/v1/jobs"):
        status, body = as_bob.get(f"{base}/{path}{rig_job['id'] if base == '/v1/jobs' else ''}")
        assert status in (307, 400, 404, 405), (status, path)
        assert b"fundamental-all" not in body
