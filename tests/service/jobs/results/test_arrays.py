import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from service.errors import StorageFailed
from service.jobs.results.arrays import DTYPES, ArrayLayout, create_array, write_block
from service.jobs.results.local import LocalObjects
from service.jobs.results.objects import ObjectStore, checksum
from service.jobs.results.slices import read_slice
from tests.service.jobs.results.served import served

LAYOUT = ArrayLayout("depth", (11, 7, 3), "float64", (2, 3, 3), (4, 6, 3), ("row", "column", ""), "metre", "depth, z")


def values(layout: ArrayLayout, seed: int = 0) -> NDArray[Any]:
    rng = np.random.default_rng(seed)
    if layout.dtype.startswith("complex"):
        return (rng.normal(size=layout.shape) + 1j * rng.normal(size=layout.shape)).astype(layout.dtype)
    if layout.dtype.startswith("float"):
        return rng.normal(size=layout.shape).astype(layout.dtype)
    return rng.integers(0, 2 if layout.dtype == "bool" else 100, layout.shape).astype(layout.dtype)


def write(objects: ObjectStore, layout: ArrayLayout, array: NDArray[Any], job: str = "job") -> None:
    create_array(objects, job, layout)
    write_block(objects, job, layout, (0,) * array.ndim, array)


@pytest.mark.parametrize("dtype", DTYPES)
def test_zarr_reads_every_value_of_every_type(dtype: str, local: ObjectStore, folder: Path) -> None:
    layout = ArrayLayout("a", (11, 7, 3), dtype, (2, 3, 3), (4, 6, 3))
    array = values(layout)
    write(local, layout, array)
    opened = zarr.open(folder / "job" / "a.zarr", mode="r")
    assert isinstance(opened, zarr.Array)
    assert (opened.shape, opened.chunks, opened.shards) == (layout.shape, layout.chunks, layout.shards)
    assert opened.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(opened[...], array)
    np.testing.assert_array_equal(opened.fill_value, layout.fill)


def test_zarr_reads_every_value_over_http(local: ObjectStore, folder: Path) -> None:
    from obstore.store import HTTPStore
    from zarr.storage import ObjectStore as Served

    array = values(LAYOUT)
    write(local, LAYOUT, array)
    with served(folder) as address:
        store = HTTPStore.from_url(f"{address}/job/depth.zarr", client_options={"allow_http": True})
        opened = zarr.open_array(Served(store, read_only=True), mode="r")
        np.testing.assert_array_equal(opened[...], array)
        np.testing.assert_array_equal(opened[3:9:2, 5], array[3:9:2, 5])


def test_zarr_opens_the_address_itself(local: ObjectStore, folder: Path) -> None:
    pytest.importorskip("aiohttp", reason="zarr takes addresses with fsspec's help, which takes aiohttp's")
    array = values(LAYOUT)
    write(local, LAYOUT, array)
    with served(folder) as address:
        opened = zarr.open(f"{address}/job/depth.zarr", mode="r")
        assert isinstance(opened, zarr.Array)
        np.testing.assert_array_equal(opened[...], array)


def test_what_the_array_means_is_in_it(local: ObjectStore, folder: Path) -> None:
    create_array(local, "job", LAYOUT)
    opened = zarr.open_array(folder / "job" / "depth.zarr", mode="r")
    assert opened.metadata.dimension_names == ("row", "column", None)  # type: ignore[union-attr]
    assert dict(opened.attrs) == {"unit": "metre", "meaning": "depth, z"}


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_shard_that_is_missing_shows(dtype: str, local: ObjectStore, folder: Path) -> None:
    layout = ArrayLayout("a", (8, 2), dtype, (2, 2), (4, 2))
    array = values(layout)
    create_array(local, "job", layout)
    write_block(local, "job", layout, (4, 0), array[4:])
    opened = zarr.open_array(folder / "job" / "a.zarr", mode="r")[...]
    assert isinstance(opened, np.ndarray)
    np.testing.assert_array_equal(opened[4:], array[4:])
    if opened.dtype.kind in "fc":
        assert np.isnan(opened[:4]).all()
    elif dtype != "bool":
        assert not np.isin(opened[:4], array).any()
    np.testing.assert_array_equal(opened, read_slice(local, "job", layout, "", most=10**6))


def test_the_same_values_are_the_same_bytes_whoever_writes_them(local: ObjectStore) -> None:
    array = values(LAYOUT)
    write(local, LAYOUT, array, "one")
    create_array(local, "two", LAYOUT)
    for i, j in itertools.product(range(0, 11, 4), range(0, 7, 6)):
        block = np.asfortranarray(array[i : i + 4, j : j + 6]).astype(">f8")
        write_block(local, "two", LAYOUT, (i, j, 0), block)
    keys = [key.removeprefix("one/") for key in local.keys("one")]
    assert keys == [key.removeprefix("two/") for key in local.keys("two")]
    assert len(keys) == 7
    for key in keys:
        assert local.get(f"one/{key}") == local.get(f"two/{key}")


def test_no_two_different_shards_have_the_same_checksum(local: ObjectStore) -> None:
    written = [write_block(local, "job", LAYOUT, (0, 0, 0), values(LAYOUT, seed)[:4, :6])[0] for seed in range(20)]
    assert len({crc for _, crc, _ in written}) == 20


def test_what_was_written_is_described(objects: ObjectStore) -> None:
    described = write_block(objects, "job", LAYOUT, (4, 0, 0), values(LAYOUT)[4:8])
    assert [key for key, _, _ in described] == ["depth.zarr/c/1/0/0", "depth.zarr/c/1/1/0"]
    for key, crc, size in described:
        data = objects.get(f"job/{key}")
        assert (f"{checksum(data):08x}", len(data)) == (crc, size)


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_any_layout_is_read_as_it_was_written(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    rank = data.draw(st.integers(1, 3))
    shape = tuple(data.draw(st.integers(0, 7)) for _ in range(rank))
    chunks = tuple(data.draw(st.integers(2, 4)) for _ in range(rank))
    shards = tuple(chunk * data.draw(st.integers(1, 3)) for chunk in chunks)
    layout = ArrayLayout("a", shape, data.draw(st.sampled_from(["float64", "uint8", "complex64"])), chunks, shards)
    folder = tmp_path_factory.mktemp("results")
    objects = LocalObjects(folder)
    array = values(layout)
    write(objects, layout, array)
    np.testing.assert_array_equal(zarr.open_array(folder / "job" / "a.zarr", mode="r")[...], array)
    np.testing.assert_array_equal(read_slice(objects, "job", layout, "...", most=10**6), array)


@pytest.mark.parametrize(
    ("start", "shape"),
    [((1, 0, 0), (4, 7, 3)), ((0, 0, 0), (3, 7, 3)), ((8, 0, 0), (4, 7, 3)), ((0, 0, 0), (4, 7, 2)),
     ((12, 0, 0), (0, 7, 3)), ((-4, 0, 0), (4, 7, 3))],
)  # fmt: skip
def test_a_block_that_cuts_shards_is_refused(
    start: tuple[int, ...], shape: tuple[int, ...], local: ObjectStore
) -> None:
    with pytest.raises(ValueError, match="whole shards"):
        write_block(local, "job", LAYOUT, start, np.zeros(shape))
    assert list(local.keys("job")) == []


def test_layouts_travel_as_json() -> None:
    assert ArrayLayout.from_json(json.loads(json.dumps(LAYOUT.to_json()))) == LAYOUT


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": "../a"}, "name of an array"),
        ({"name": "a/b"}, "name of an array"),
        ({"name": ""}, "name of an array"),
        ({"dtype": "object"}, "not stored"),
        ({"dtype": "float128"}, "not stored"),
        ({"shape": (11, 7)}, "must agree"),
        ({"shape": (), "chunks": (), "shards": (), "dimensions": ()}, "at least one"),
        ({"dimensions": ("row",)}, "must agree"),
        ({"shape": (-1, 7, 3)}, "positive"),
        ({"chunks": (0, 3, 3)}, "positive"),
        ({"shards": (3, 6, 3)}, "whole numbers of chunks"),
    ],
)
def test_a_layout_that_cannot_be_is_refused(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        replace(LAYOUT, **change)


def test_a_store_that_fails_ends_the_block(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageFailed):
        write_block(LocalObjects(tmp_path / "file"), "job", LAYOUT, (0, 0, 0), values(LAYOUT))
