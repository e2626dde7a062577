import math

import numpy as np
import pytest

from geometry.robust import lo_ransac
from geometry.robust.ransac import distinct_samples, samples_needed


class Line:
    """y = a + b x from points, of which some are wrong; the mechanism's smallest problem."""

    sample_size = 2

    def __init__(self, points):
        self.points, self.count = points, len(points)

    def residuals(self, model):
        return np.abs(self.points[:, 1] - model[0] - model[1] * self.points[:, 0])

    def solve(self, samples):
        (x0, y0), (x1, y1) = self.points[samples[:, 0]].T, self.points[samples[:, 1]].T
        slope = (y1 - y0) / (x1 - x0)
        return np.column_stack([y0 - slope * x0, slope])

    def cheapest(self, models, bound):
        costs = [float(np.minimum(self.residuals(model) / 0.1, 1).mean()) for model in models]
        index = int(np.argmin(costs)) if costs else -1
        return (index, costs[index]) if index >= 0 and costs[index] < bound else (-1, bound)

    def improve(self, model):
        near = self.residuals(model) < 0.1
        return np.polynomial.polynomial.polyfit(*self.points[near].T, 1)

    def agreeing(self, model):
        return int((self.residuals(model) < 0.1).sum())


def points(wrong, count=200):
    rng = np.random.default_rng(5)
    x = rng.uniform(0, 10, count)
    y = 2 + 3 * x + rng.normal(0, 0.02, count)
    y[:wrong] = rng.uniform(0, 40, wrong)
    return np.column_stack([x, y])


OPTIONS = {"confidence": 0.999, "iterations": 5000, "seed": 1}


@pytest.mark.parametrize("wrong", [0, 60, 120])
def test_the_model_of_most_data_is_found(wrong):
    found = lo_ransac(Line(points(wrong)), **OPTIONS)
    # The fit of some eighty points at noise 0.02: three standard deviations.
    np.testing.assert_allclose(found.model, [2, 3], atol=0.02)


def test_fewer_wrong_data_need_fewer_samples():
    few, many = (lo_ransac(Line(points(wrong)), **OPTIONS).iterations for wrong in (20, 150))
    assert few < many <= 5000


def test_the_same_seed_gives_the_same_model():
    first, again = (lo_ransac(Line(points(100)), **OPTIONS) for _ in range(2))
    np.testing.assert_array_equal(first.model, again.model)
    assert first.iterations == again.iterations


def test_samples_without_a_model_give_none():
    class Empty(Line):
        def solve(self, samples):
            return np.empty((0, 2))

    found = lo_ransac(Empty(points(0)), **(OPTIONS | {"iterations": 100}))
    assert found.model is None
    assert found.iterations == 100


def test_samples_are_distinct_and_evenly_drawn():
    drawn = distinct_samples(np.random.default_rng(0), 20_000, 3, 5)
    assert ((drawn >= 0) & (drawn < 5)).all()
    assert all(len(set(row)) == 3 for row in drawn.tolist())
    counts = np.bincount((drawn * [25, 5, 1]).sum(axis=1), minlength=125)
    # 60 ordered triples, 333 draws each on average: five standard deviations are 91.
    assert (np.abs(counts[counts > 0] - 20_000 / 60) < 91).all()
    assert np.count_nonzero(counts) == 60


def test_the_number_of_samples_is_the_published_one():
    # Fischler and Bolles; the usual table: half of the data wrong, samples of four, 99 %: 72.
    assert math.ceil(samples_needed(0.5, 4, 0.99)) == 72
    assert samples_needed(1.0, 4, 0.99) == 1
    assert samples_needed(0.0, 4, 0.99) == math.inf
