import numpy as np
import pytest

from geometry.errors import InvalidInput
from geometry.filters import pool, pool_switches

QUESTION = np.array([[1, 2, 3], [13, 3, 1], [4, 2, 9]], np.int32)


def test_switches_of_the_question_count_overlapping_windows() -> None:
    assert pool(QUESTION, 2, stride=1).image.tolist() == [[13, 3], [13, 9]]
    assert pool_switches(QUESTION, 2, stride=1).tolist() == [[0, 0, 1], [2, 0, 0], [0, 0, 1]]
    assert pool_switches(QUESTION, 2, stride=1, binary=True).tolist() == [[0, 0, 1], [1, 0, 0], [0, 0, 1]]


def test_the_vector_of_the_question_has_one_switch() -> None:
    assert pool_switches(np.array([[1.0, 4.0, 2.0]]), (1, 3)).tolist() == [[0, 1, 0]]


@pytest.mark.parametrize("method", ["max", "min"])
@pytest.mark.parametrize("shape", [(6, 9), (6, 9, 2), (3, 6, 9, 2)])
def test_switches_are_the_derivative_of_the_sum_of_the_pool(method: str, shape) -> None:
    image = np.random.default_rng(1).permutation(np.prod(shape)).reshape(shape).astype(float)
    options = {"method": method, "stride": (1, 2), "padding": "same"}
    switches = pool_switches(image, (3, 2), **options)
    assert switches.dtype == np.int32
    total = pool(image, (3, 2), **options).image.sum()
    for place in np.argwhere(np.ones(shape))[::5]:
        nudged = image.copy()
        # pixels are whole numbers apart, so that a quarter changes no winner
        nudged[tuple(place)] += 0.25
        assert pool(nudged, (3, 2), **options).image.sum() - total == 0.25 * switches[tuple(place)]


def test_a_what_where_autoencoder_unpools_by_the_mask() -> None:
    image = np.random.default_rng(2).permutation(24).reshape(4, 6).astype(float) + 1
    unpooled = np.kron(pool(image, 2).image, np.ones((2, 2))) * pool_switches(image, 2)
    chosen = unpooled > 0
    assert chosen.sum() == 6
    assert np.array_equal(unpooled[chosen], image[chosen])


def test_windows_without_pixels_choose_none() -> None:
    assert pool_switches(np.ones((1, 2)), (1, 2), stride=1, padding=[[0, 0], [4, 4]]).tolist() == [[2, 1]]


@pytest.mark.parametrize(
    ("argument", "options"), [("method", {"method": "mean"}), ("window", {"window": 0}), ("stride", {"stride": -1})]
)
def test_errors_name_the_argument(argument: str, options) -> None:
    with pytest.raises(InvalidInput) as caught:
        pool_switches(QUESTION, **{"window": 2, **options})
    assert caught.value.argument == argument
