"""What is kept of compiled expressions."""

import numpy as np

from geometry import neighbourhood
from geometry.filters.neighbourhood.cache import KeptPrograms
from tests.naive import neighbourhood as naive


def test_what_was_used_longest_ago_goes_first() -> None:
    kept = KeptPrograms[np.ndarray](2, 10**6)
    one, two, three = (np.zeros(1) for _ in range(3))
    kept.keep(("one",), one)
    kept.keep(("two",), two)
    assert kept.find(("one",)) is one
    kept.keep(("three",), three)
    assert kept.find(("two",)) is None
    assert kept.find(("one",)) is one
    assert kept.count() == (2, 1, 2, 16 + len("onethree"))


def test_large_ones_push_out_others_by_their_size() -> None:
    kept = KeptPrograms[np.ndarray](100, 1000)
    for number in range(10):
        kept.keep((number,), np.zeros(50))
    assert kept.count() == (0, 0, 2, 800)
    kept.keep(("huge",), np.zeros(500))
    assert kept.count() == (0, 0, 0, 0)


def test_keeping_twice_counts_once() -> None:
    kept = KeptPrograms[np.ndarray](100, 1000)
    kept.keep(("a", b"bc"), np.zeros(1))
    kept.keep(("a", b"bc"), np.zeros(1))
    assert kept.count() == (0, 0, 1, 11)


def test_what_is_kept_serves_the_same_request_only() -> None:
    image = np.random.default_rng(0).integers(0, 200, (9, 40, 1)).astype(np.uint8)
    found = {}
    for _ in range(2):
        for border in ("constant", "replicate", "reflect", "wrap"):
            for element in (np.eye(3), np.eye(3, dtype=np.uint8), np.array([0, 1, 0], np.uint8).reshape(3, 1)):
                request = border, element.dtype, element.shape
                out = neighbourhood(image, "sum(w * element)", element=element, border=border, output_dtype="float64")
                assert np.array_equal(found.setdefault(request, out), out)
                whole = naive.neighbourhood(image, "sum(w * element)", element.shape, element=element, border=border)
                assert np.array_equal(out, whole)
