import asyncio
from typing import Any

import numpy as np
import pytest

from api.client import AsyncClient, Client
from api.client.jobs.results import index_text
from tests.api.client.conftest import Script
from tests.api.client.jobs.documents import JOB, answer, listing
from tests.running import npy

VALUES = np.arange(6.0).reshape(2, 3)
BASE = f"/v1/jobs/{JOB}/results"


@pytest.mark.parametrize(
    ("index", "text"),
    [
        (np.s_[0:10, 5], "0:10,5"),
        (np.s_[:, ::2, ...], ":,::2,..."),
        (np.s_[-1], "-1"),
        (np.s_[3:], "3:"),
        (np.s_[...], "..."),
        (np.s_[8:2:-1], "8:2:-1"),
        (np.int32(4), "4"),
        ((), ""),
    ],
)
def test_an_index_is_spelled_as_numpy_does(index: Any, text: str) -> None:
    assert index_text(index) == text


@pytest.mark.parametrize("index", [[1, 2], None, True, 1.5, np.ones(3, bool), np.s_[0:"a"]])
def test_other_indexing_than_basic_is_refused(index: Any) -> None:
    with pytest.raises(TypeError, match="whole numbers, slices"):
        index_text(index)


def test_an_array_is_read_in_slices(script: Script) -> None:
    script.answers = [answer(listing()), (200, {"Content-Type": "application/x-npy"}, npy(VALUES))]
    with Client(script.address + "/") as client:
        array = client.job(JOB).array("fundamental")
        assert (array.name, array.shape, array.dtype) == ("fundamental", (3, 3), np.float64)
        assert array.entry.nbytes == 72
        assert array.zarr_url == f"{script.address}{BASE}/fundamental.zarr"
        assert "fundamental" in repr(array)
        np.testing.assert_array_equal(array[0:2, ...], VALUES)
    assert script.requests[1][1] == f"{BASE}/fundamental?index=0%3A2%2C..."
    assert script.requests[1][2]["accept"] == "application/x-npy"


FILES = [
    {"name": f"{n}.png", "href": f"{BASE}/files/{n}.png", "media_type": "image/png", "bytes": 3, "crc32": "0"}
    for n in range(3)
]
ITEMS = [{"item": n, "state": "done", "files": [FILES[n]["href"]], "detail": {"camera": n}} for n in range(3)]
PAGES = [
    listing(files_total=3, items_total=3, files=FILES[:2], items=ITEMS[:2], next=2),
    listing(files_total=3, items_total=3, files=FILES[2:], items=ITEMS[2:]),
]


def test_files_and_items_come_page_by_page(script: Script) -> None:
    script.answers = [answer(page) for page in (PAGES[0], *PAGES, *PAGES)] + [(200, {}, b"png")]
    with Client(script.address) as client:
        results = client.job(JOB).results()
        assert (results.nbytes, results.files_total, results.items_total, results.items_failed) == (100, 3, 3, 0)
        files = list(results.files())
        assert [file.name for file in files] == ["0.png", "1.png", "2.png"]
        assert [item.detail["camera"] for item in results.items()] == [0, 1, 2]
        assert results.read(files[2]) == b"png"
    assert [path for _, path, _, _ in script.requests] == [
        f"{BASE}?after=0&limit=1",
        *[f"{BASE}?after={after}&limit=5000" for after in (0, 2)] * 2,
        f"{BASE}/files/2.png",
    ]


def test_the_same_without_blocking(script: Script) -> None:
    script.answers = [answer(PAGES[0]), answer(PAGES[0]), (200, {}, npy(VALUES))]
    script.answers += [answer(page) for page in PAGES * 2] + [(200, {}, b"png")]

    async def calls() -> None:
        async with AsyncClient(script.address) as client:
            job = client.job(JOB)
            results = await job.results()
            np.testing.assert_array_equal(await (await job.array("fundamental"))[0:2], VALUES)
            files = [file async for file in results.files()]
            assert len([item async for item in results.items()]) == len(files) == 3
            assert await results.read(files[0]) == b"png"

    asyncio.run(calls())
