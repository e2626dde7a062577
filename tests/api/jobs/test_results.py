import io
import zipfile
from typing import Any

import httpx
import numpy as np
import pytest

from geometry import fundamental_all
from tests.api.jobs.conftest import cameras, submitted


@pytest.fixture(scope="module")
def expected() -> Any:
    return fundamental_all(cameras(60)).fundamental


def test_a_listing_says_what_there_is(ada: httpx.Client, rig_job: dict[str, Any]) -> None:
    listing = ada.get(rig_job["links"]["results"]).json()
    array = next(array for array in listing["arrays"] if array["name"] == "fundamental")
    assert (array["shape"], array["dtype"]) == ([60, 60, 3, 3], "float64")
    assert array["href"] == rig_job["links"]["results"] + "/fundamental"
    assert array["zarr"] == array["href"] + ".zarr"
    assert (listing["items_total"], listing["items_failed"]) == (rig_job["tiles_total"], 0)
    assert {item["state"] for item in listing["items"]} == {"done"}


def test_a_listing_comes_in_pages(ada: httpx.Client, items_job: dict[str, Any]) -> None:
    href: str | None = items_job["links"]["results"] + "?limit=1"
    states = []
    while href is not None:
        page = ada.get(href)
        states += [item["state"] for item in page.json()["items"]]
        href = page.links["next"]["url"] if "next" in page.links else None
    assert states == ["done", "failed", "done"]


def test_a_failed_item_says_why(ada: httpx.Client, items_job: dict[str, Any]) -> None:
    listing = ada.get(items_job["links"]["results"]).json()
    assert listing["items_failed"] == 1
    assert listing["items"][1]["detail"]["reason"] == "same_centre"


@pytest.mark.parametrize(
    ("index", "part"),
    [
        ("0:10,5", np.s_[0:10, 5]),
        ("...,0,0", np.s_[..., 0, 0]),
        ("-1", np.s_[-1]),
        ("::7, 3:1:-1", np.s_[::7, 3:1:-1]),
        ("5:5", np.s_[5:5]),
    ],
)
def test_a_slice_is_what_numpy_would_take(
    ada: httpx.Client, rig_job: dict[str, Any], expected: Any, index: str, part: Any
) -> None:
    href = rig_job["links"]["results"] + "/fundamental"
    answer = ada.get(href, params={"index": index}, headers={"Accept": "application/x-npy"})
    assert answer.status_code == 200, answer.text
    found = np.load(io.BytesIO(answer.content))
    np.testing.assert_array_equal(found, expected[part])
    assert int(answer.headers["content-length"]) == len(answer.content)
    listed = ada.get(href, params={"index": index}, headers={"Accept": "application/json"}).json()
    np.testing.assert_array_equal(
        np.array(listed, dtype=float).reshape(expected[part].shape), np.nan_to_num(expected[part], nan=np.nan)
    )


def test_small_slices_are_json_and_large_ones_npy(ada: httpx.Client, rig_job: dict[str, Any]) -> None:
    href = rig_job["links"]["results"] + "/fundamental"
    assert ada.get(href, params={"index": "0,1"}).headers["content-type"] == "application/json"
    whole = ada.get(href, params={"index": "..."}, headers={"Accept": "*/*, application/json;q=0"})
    assert whole.headers["content-type"] == "application/x-npy"
    assert ada.get(href, params={"index": "0"}, headers={"Accept": "image/png"}).status_code == 406


@pytest.mark.parametrize("index", ["60", "a", "0:1:0", "0,0,0,0,0", "...,...", "9" * 1001])
def test_another_index_is_refused(ada: httpx.Client, rig_job: dict[str, Any], index: str) -> None:
    problem = ada.get(rig_job["links"]["results"] + "/fundamental", params={"index": index})
    assert problem.status_code == 422
    assert problem.json()["errors"][0]["pointer"] == "/index"


def test_an_array_that_is_not_there_is_404(ada: httpx.Client, rig_job: dict[str, Any]) -> None:
    for name in ("nope", "files", "fundamental.zarr", "manifest.json", "..%2f..", "%00"):
        assert ada.get(f"{rig_job['links']['results']}/{name}").status_code == 404, name


def test_the_archive_holds_every_object(ada: httpx.Client, rig_job: dict[str, Any]) -> None:
    answer = ada.get(rig_job["links"]["self"] + "/results.zip")
    assert answer.headers["content-type"] == "application/zip"
    assert f'filename="fundamental-all-{rig_job["id"]}.zip"' in answer.headers["content-disposition"]
    assert int(answer.headers["content-length"]) == len(answer.content)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert {"fundamental.zarr/zarr.json", "manifest.json"} <= set(archive.namelist())


def test_an_unfinished_job_has_no_results_yet(ada: httpx.Client) -> None:
    items = [{"right": cameras(2)[1].tolist()}] * 2000
    document = {"operation": "fundamental", "params": {"left": cameras(1)[0].tolist()}, "items": items}
    job = submitted(ada, document)["links"]
    for below in (
        "results",
        "results.zip",
        "results/fundamental",
        "results/fundamental.zarr/zarr.json",
        "results/files/a",
    ):
        problem = ada.get(f"{job['self']}/{below}")
        assert (problem.status_code, problem.json()["type"]) == (409, "/problems/conflict")
    assert ada.delete(job["self"]).status_code in (200, 202)
