import numpy as np
import pytest

from geometry.homographies.transfer import cheapest, squared_errors
from tests.geometry.homographies.scenes import PERSPECTIVE, correspondences, unit
from tests.naive import homographies as naive


def rows(source, target):
    return np.ascontiguousarray(np.concatenate([source.T, target.T]))


def nearby(count, seed=0):
    """Homographies close to the true one, more or less."""
    rng = np.random.default_rng(seed)
    change = 10.0 ** rng.uniform(-6, -1, (count, 1, 1)) * rng.normal(size=(count, 3, 3))
    return np.array([unit(h).reshape(9) for h in PERSPECTIVE * (1 + change)])


def test_squared_errors_are_those_of_the_definition():
    source, target = correspondences(50, wrong=10)
    h = unit(PERSPECTIVE)
    expected = np.square(naive.transfer_errors(h.tolist(), source, target))
    # Differences of numbers of 1000 px, squared.
    np.testing.assert_allclose(
        squared_errors(rows(source, target), h.reshape(9), 1.0, 1.0), expected, rtol=1e-8, atol=1e-18
    )
    one_way = [np.hypot(*np.subtract(naive.image_of(h, s), t)) ** 2 for s, t in zip(source, target, strict=True)]
    np.testing.assert_allclose(
        squared_errors(rows(source, target), h.reshape(9), 3.0, 0.0), np.multiply(3, one_way), rtol=1e-8
    )


def test_points_behind_the_horizon_have_infinite_errors():
    source, target = correspondences(5)
    errors = squared_errors(rows(source, target), -unit(PERSPECTIVE).reshape(9), 1.0, 1.0)
    assert np.isinf(errors).all()


@pytest.mark.parametrize("count", [5, 100, 1000])
def test_the_cheapest_model_is_found_whatever_is_dropped_early(count):
    source, target = correspondences(count, wrong=count // 3)
    order = np.random.default_rng(1).permutation(count)
    data, models = rows(source[order], target[order]), nearby(40)
    costs = [np.minimum(squared_errors(data, model, 0.1, 0.1), 1).mean() for model in models]
    index, cost = cheapest(data, models, 0.1, 0.1, np.inf)
    assert index == np.argmin(costs)
    assert cost == pytest.approx(min(costs), rel=1e-12)
    assert cheapest(data, models, 0.1, 0.1, min(costs) * 0.99)[0] == -1


def test_no_models_have_no_cheapest():
    source, target = correspondences(5)
    assert cheapest(rows(source, target), np.empty((0, 9)), 1.0, 1.0, np.inf)[0] == -1
