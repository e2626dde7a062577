"""What is kept of compiled expressions."""

import numpy as np

from geometry.filters.neighbourhood.cache import KeptPrograms


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
