import sys
from collections import Counter

import numpy as np
import pytest

from geometry import InvalidInput, sample_pairs
from geometry.graph.arrivals import Arrivals
from tests.naive.view_graph import chances

DRAWS = 500
# The frequency of an outcome of probability p has a deviation of √(p (1 − p) / DRAWS). With up to 100 outcomes a case,
# 5 deviations are passed by chance in less than one of 10,000 seeds; the seeds here are fixed. A fifth of an outcome is
# added for those that are so rare that their frequency is not nearly normal.
DEVIATIONS = 5.0


@pytest.fixture(params=["table", "steps"])
def way(request, monkeypatch):
    """Small cases go through a table of all pairs, unless told otherwise."""
    if request.param == "steps":
        monkeypatch.setattr(sys.modules[sample_pairs.__module__], "_TABLE", 0)


@pytest.mark.parametrize(
    ("a", "b", "count", "ordered", "self_pairs"),
    [
        ([3, 1, 0.2], [1, 5], 2, True, True),
        ([1, 2], [1, 0, 0.1], 4, True, True),
        ([3, 1, 0.5], [1, 2, 8], 2, True, False),
        ([3, 1, 0.5], [1, 2, 8], 2, False, True),
        ([3, 1, 0.5], [1, 2, 0], 3, False, False),
        ([1, 1, 1, 1e-3], [1, 4, 2, 1], 1, True, True),
    ],
)
def test_sequences_of_draws_have_the_law_that_is_stated(way, a, b, count, ordered, self_pairs):
    drawn = Counter(
        tuple(map(tuple, sample_pairs(a, b, count, ordered=ordered, self_pairs=self_pairs, seed=seed).tolist()))
        for seed in range(DRAWS)
    )
    expected = chances(a, b, count, ordered, self_pairs)
    assert set(drawn) <= set(expected)
    for outcome, chance in expected.items():
        allowed = DEVIATIONS * np.sqrt(chance * (1 - chance) / DRAWS) + 0.2 / DRAWS * DEVIATIONS
        assert abs(drawn[outcome] / DRAWS - chance) <= allowed, outcome


def test_few_of_many_pairs_have_the_law_of_independent_draws():
    # 2,000 of 1,000,000: of each row, about as many as its weight says; the least likely coincidence is left out
    rng = np.random.default_rng(1)
    a, b = rng.random(1000) ** 4, rng.random(1000)
    rows = np.zeros(10)
    for seed in range(20):
        pairs = sample_pairs(a, b, 2000, seed=seed)
        rows += np.histogram(pairs[:, 0], np.arange(0, 1001, 100))[0]
    expected = np.add.reduceat(a, np.arange(0, 1000, 100)) / a.sum()
    # without replacement heavy rows are drawn less often, by less than the share of their cells that are drawn:
    # 2,000 · max(a) max(b) / (Σa Σb)
    bias = 2000 * a.max() * b.max() / (a.sum() * b.sum())
    allowed = DEVIATIONS * np.sqrt(expected / 40_000) + bias * expected
    assert (abs(rows / 40_000 - expected) <= allowed).all()


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("self_pairs", [True, False])
@pytest.mark.parametrize("missing", [0, 1, 7, 150, 190])
def test_counts_are_exact_and_pairs_distinct_up_to_all_there_are(way, ordered, self_pairs, missing):
    rng = np.random.default_rng(2)
    a, b = rng.random(20) ** 3, np.exp(rng.normal(size=20) * 3)
    possible = {(True, True): 400, (True, False): 380, (False, True): 210, (False, False): 190}[ordered, self_pairs]
    pairs = sample_pairs(a, b, possible - missing, ordered=ordered, self_pairs=self_pairs, seed=3)
    assert pairs.shape == (possible - missing, 2)
    assert pairs.dtype == np.int64
    assert len({tuple(pair) for pair in pairs.tolist()}) == len(pairs)
    assert self_pairs or (pairs[:, 0] != pairs[:, 1]).all()
    assert ordered or (pairs[:, 0] <= pairs[:, 1]).all()
    assert pairs.size == 0 or (pairs.min() >= 0 and pairs.max() < 20)


def test_the_question_of_two_distributions_of_one_length():
    # as many distinct pairs as there are indices
    rng = np.random.default_rng(4)
    p, q = rng.dirichlet(np.ones(50)), rng.dirichlet(np.ones(50))
    assert len(np.unique(sample_pairs(p, q, 50, seed=5), axis=0)) == 50


def test_a_seed_gives_the_same_pairs_on_every_machine():
    pairs = sample_pairs([3, 2, 1], [1, 1, 4, 2], 6, seed=7)
    assert pairs.tolist() == sample_pairs([3, 2, 1], [1, 1, 4, 2], 6, seed=7).tolist()
    # what numpy's Philox gives for this seed; its stream is fixed
    assert pairs.tolist() == [[0, 0], [1, 0], [0, 3], [2, 2], [1, 2], [2, 3]]
    assert pairs.tolist() != sample_pairs([3, 2, 1], [1, 1, 4, 2], 6, seed=8).tolist()


def test_weights_that_differ_by_hundreds_of_digits_still_give_every_pair(way):
    a = 2.0 ** np.arange(0, -500, -50)
    pairs = sample_pairs(a, a[::-1], 100, seed=6)
    assert len(np.unique(pairs, axis=0)) == 100
    few = sample_pairs(a, a, 30, seed=6)
    # pair (i, j) has the weight 2^(−50 (i + j)): sums come in order but for chances of 2^-50
    assert (np.diff(few.sum(axis=1)) >= 0).all()


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_the_size_of_all_weights_does_not_matter(way, scale):
    a, b = np.array([0.3, 0.2, 0.1]), np.array([1.0, 2.0])
    exact = 2.0 ** np.round(np.log2(scale))
    assert sample_pairs(a * exact, b, 4, seed=2).tolist() == sample_pairs(a, b, 4, seed=2).tolist()


def test_a_hundred_thousand_indices_need_no_table():
    rng = np.random.default_rng(7)
    pairs = sample_pairs(rng.random(100_000), rng.random(100_000), 20_000, seed=1)
    assert len(np.unique(pairs @ [100_000, 1])) == 20_000


def test_events_of_equal_cells_arrive_in_uniform_order():
    arrivals = Arrivals(np.ones(2) / 2, np.ones(2) / 2, np.random.Generator(np.random.Philox(1)))
    i, j, times = arrivals.between(0.0, np.inf)
    assert sorted(zip(i.tolist(), j.tolist(), strict=True)) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert (times > 0).all()


def test_nothing_is_drawn_from_nothing():
    assert sample_pairs([], [], 0).shape == (0, 2)
    assert sample_pairs([1], [1], 0).shape == (0, 2)


def test_more_cells_than_floats_count_are_refused(monkeypatch):
    monkeypatch.setattr(sys.modules[sample_pairs.__module__], "_MOST_CELLS", 3)
    with pytest.raises(InvalidInput, match="2 × 2 pairs are more than"):
        sample_pairs([1, 1], [1, 1], 1)


@pytest.mark.parametrize(
    ("a", "b", "count", "options", "argument", "words"),
    [
        ([1, 1], [1, 0], 3, {}, "count", "only 2 have"),
        ([1, 1], [1, 1], 3, {"ordered": False, "self_pairs": False}, "count", "only 1 have"),
        ([1, 1], [1, 1], 3, {"self_pairs": False}, "count", "only 2 have"),
        ([0, 0], [1, 1], 1, {}, "count", "only 0 have"),
        ([1], [1], -1, {}, "count", "≥ 0"),
        ([1], [1], 0.5, {}, "count", "whole"),
        ([1], [1], 1, {"seed": -1}, "seed", "whole"),
        ([1, -1], [1], 1, {}, "left_weights/1", "negative"),
        ([1], [[1]], 1, {}, "right_weights", "shape"),
        ([1], [np.inf], 1, {}, "right_weights/0", "finite"),
        ([1, 1e-200], [1], 1, {}, "left_weights", "2^500"),
        ([1, 1], [1], 1, {"ordered": False}, "ordered", "one length"),
        ([1, 1], [1], 1, {"self_pairs": False}, "self_pairs", "one length"),
    ],
)
def test_wrong_arguments_are_named(a, b, count, options, argument, words):
    with pytest.raises(InvalidInput, match=words.replace("^", r"\^")) as caught:
        sample_pairs(a, b, count, **options)
    assert caught.value.argument == argument
