import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import InvalidParams, StorageFailed, TooLarge
from service.jobs.results.arrays import ArrayLayout, create_array, write_block
from service.jobs.results.local import LocalObjects
from service.jobs.results.objects import ObjectStore
from service.jobs.results.slices import parse_index, read_slice

LAYOUT = ArrayLayout("a", (11, 7, 3), "float64", (2, 3, 3), (4, 6, 3))
VALUES = np.arange(11 * 7 * 3, dtype=np.float64).reshape(LAYOUT.shape)
MOST = 10**6


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> LocalObjects:
    objects = LocalObjects(tmp_path_factory.mktemp("results"))
    create_array(objects, "job", LAYOUT)
    write_block(objects, "job", LAYOUT, (0, 0, 0), VALUES)
    return objects


def part(size: int) -> st.SearchStrategy[str]:
    near = st.integers(-size - 3, size + 3)
    end = st.one_of(st.just(""), near.map(str))
    step = st.one_of(st.just(""), st.just(":"), st.integers(-size, size).filter(bool).map(":{}".format))
    return st.one_of(
        st.integers(-size, size - 1).map(str),
        st.builds("{}:{}{}".format, end, end, step),
    )


@st.composite
def indices(draw: st.DrawFn) -> str:
    parts = [draw(part(size)) for size in LAYOUT.shape]
    at = draw(st.integers(0, 3))
    kind = draw(st.sampled_from(["all", "fewer", "ellipsis"]))
    if kind == "fewer":
        parts = parts[:at]
    elif kind == "ellipsis":
        parts = [*parts[:at], "...", *parts[draw(st.integers(at, 3)) :]]
    return draw(st.sampled_from([",", ", "])).join(parts)


@settings(max_examples=100, deadline=None)
@given(index=indices())
def test_slices_are_what_numpy_says(stored: LocalObjects, index: str) -> None:
    expected = eval(f"VALUES[{index or '...'}]")
    taken = read_slice(stored, "job", LAYOUT, index, most=MOST)
    assert taken.shape == expected.shape
    assert taken.dtype == expected.dtype
    np.testing.assert_array_equal(taken, expected)


@settings(deadline=None)
@given(index=st.text(alphabet="0123456789:.,-+ []eN\n٣", max_size=12))
def test_any_text_is_refused_or_means_what_numpy_says(stored: LocalObjects, index: str) -> None:
    try:
        taken = read_slice(stored, "job", LAYOUT, index, most=MOST)
    except InvalidParams:
        return
    text = re.sub(r"(?<![0-9])0+(?=[0-9])", "", index.strip().removeprefix("[").removesuffix("]"))
    np.testing.assert_array_equal(taken, eval(f"VALUES[{text.strip() or '...'}]"))


@pytest.mark.parametrize(
    ("index", "reason"),
    [
        ("11", "11 is outside of dimension 0, which has 11 entries"),
        ("0,-8", "-8 is outside of dimension 1"),
        ("0,0,0,0", "has 4 parts, but the array has 3 dimensions"),
        ("0,...,0,...", "one ..."),
        ("::0", "a step cannot be 0"),
        ("1.5", "part 0 must be an integer"),
        ("a", "part 0 must be an integer"),
        ("0,,1", "part 1 must be an integer"),
        ("None", "part 0 must be an integer"),
        ("9" * 19, "part 0 must be an integer"),
        ("1:2:3:4", "part 0 must be an integer"),
        (" " * 2000, "must be integers and slices"),
    ],
)
def test_what_is_no_index_is_refused_with_the_reason(index: str, reason: str, stored: LocalObjects) -> None:
    with pytest.raises(InvalidParams) as caught:
        read_slice(stored, "job", LAYOUT, index, most=MOST)
    assert reason in caught.value.faults[0].detail
    assert caught.value.faults[0].pointer == "/index"


class Counting:
    """A store that remembers which bytes were asked for."""

    def __init__(self, inner: ObjectStore) -> None:
        self.inner = inner
        self.asked: list[tuple[str, int]] = []

    def get(self, key: str, start: int = 0, stop: int | None = None) -> bytes:
        data = self.inner.get(key, start, stop)
        self.asked.append((key, len(data)))
        return data

    def put(self, key: str, data: bytes | bytearray | memoryview) -> None:
        raise AssertionError

    def size(self, key: str) -> int | None:
        raise AssertionError

    def keys(self, prefix: str) -> Iterator[str]:
        raise AssertionError

    def delete(self, prefix: str) -> None:
        raise AssertionError


CHUNK = 2 * 3 * 3 * 8 + 4


@pytest.mark.parametrize(
    ("index", "asked"),
    [
        ("0,0", [("0/0/0", CHUNK)]),
        ("0:4,0:6", [("0/0/0", 4 * CHUNK)]),
        ("0:4,0", [("0/0/0", CHUNK), ("0/0/0", CHUNK)]),
        ("::-4,0,0", [("0/0/0", CHUNK), ("1/0/0", CHUNK), ("2/0/0", CHUNK)]),
        ("10,5:7", [("2/0/0", CHUNK), ("2/1/0", CHUNK)]),
        ("2,::-1", [("0/0/0", 2 * CHUNK), ("0/1/0", CHUNK)]),
        ("5:5", []),
        ("-1,...,-1", [("2/0/0", 2 * CHUNK), ("2/1/0", CHUNK)]),
    ],
)
def test_only_chunks_that_are_touched_are_read(index: str, asked: list[tuple[str, int]], stored: LocalObjects) -> None:
    counting = Counting(stored)
    read_slice(counting, "job", LAYOUT, index, most=MOST)
    assert sorted(counting.asked) == sorted((f"job/a.zarr/c/{key}", count) for key, count in asked)


def test_an_answer_above_the_limit_is_refused_before_anything_is_read(stored: LocalObjects) -> None:
    counting = Counting(stored)
    assert read_slice(counting, "job", LAYOUT, "0:2", most=2 * 7 * 3 * 8).nbytes == 2 * 7 * 3 * 8
    counting.asked.clear()
    with pytest.raises(TooLarge, match="more than the 335"):
        read_slice(counting, "job", LAYOUT, "0:2", most=335)
    assert counting.asked == []


def test_a_scattered_part_that_takes_reading_everything_is_refused(stored: LocalObjects) -> None:
    layout = ArrayLayout("a", (20_000, 20_000, 3, 3), "float64", (64, 64, 3, 3), (640, 640, 3, 3))
    counting = Counting(stored)
    with pytest.raises(TooLarge, match="97969 chunks"):
        read_slice(counting, "job", layout, "::64,::64,0,0", most=MOST)
    assert counting.asked == []
    huge = ArrayLayout("a", (10**15,), "uint8", (1,), (1,))
    with pytest.raises(TooLarge):
        read_slice(counting, "job", huge, "::1000000", most=10**10)


def test_a_column_of_a_large_array_can_be_read(stored: LocalObjects) -> None:
    layout = ArrayLayout("absent", (20_000, 20_000, 3, 3), "float64", (64, 64, 3, 3), (640, 640, 3, 3))
    assert np.isnan(read_slice(stored, "job", layout, ":,7", most=20_000 * 72)).all()


@pytest.mark.parametrize("spoil", [lambda data: data[:-200] + b"!" + data[-199:], lambda data: data[:100]])
def test_damage_is_a_failure_of_the_store(spoil: Any, stored: LocalObjects) -> None:
    data = stored.get("job/a.zarr/c/0/0/0")
    stored.put("spoilt/a.zarr/c/0/0/0", spoil(data))
    with pytest.raises(StorageFailed, match="damaged"):
        read_slice(stored, "spoilt", LAYOUT, "0:4,0:6", most=MOST)


def test_an_index_says_which_dimensions_it_takes_away() -> None:
    assert parse_index("1,...,::2", (4, 5, 6)) == ([range(1, 2), range(5), range(0, 6, 2)], [True, False, False])
