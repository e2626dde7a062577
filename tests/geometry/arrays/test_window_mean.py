import numpy as np
import pytest

from geometry.arrays import window_mean
from geometry.errors import InvalidInput
from tests.naive import arrays as naive


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int16, np.uint8])
@pytest.mark.parametrize(("shape", "axes"), [((10, 6, 4), 1), ((7, 3, 5), 2), ((5,), 0), ((4, 3), 1)])
def test_agrees_with_a_loop_over_elements(shape, axes: int, dtype) -> None:
    rng = np.random.default_rng(0)
    values = (rng.normal(size=shape) * 50).astype(dtype)
    centers = rng.integers(0, shape[0], shape[1 : 1 + axes])
    for radius in (0, 1, 3, 20):
        found = window_mean(values, centers, radius=radius)
        for place in np.ndindex(centers.shape):
            mean, count = naive.window_mean(values[(slice(None), *place)], int(centers[place]), radius)
            assert found.counts[place] == count
            # at most 10 roundings of sums below 10 · 255
            np.testing.assert_allclose(found.mean[place], mean, rtol=0, atol=10 * 2550 * 2**-52)


def test_slices_are_clipped_and_may_be_empty() -> None:
    values = np.arange(10.0)
    for center, mean, count in ((-1, 0.5, 2), (-2, 0.0, 1), (-3, np.nan, 0), (11, 9.0, 1), (2**63 - 1, np.nan, 0)):
        found = window_mean(values, center, radius=2)
        np.testing.assert_array_equal(found.mean, mean)
        assert found.counts == count
    assert window_mean(values, 5, radius=2**70).mean == 4.5


def test_the_slices_of_the_question() -> None:
    a = np.random.default_rng(1).random((100, 80, 4)).astype(np.float32)
    b = np.random.default_rng(2).integers(0, 100, 80)
    found = window_mean(a, b, radius=3)
    for i in (0, 17, 79):
        rows = a[max(0, b[i] - 3) : min(100, b[i] + 4), i].astype(np.float64)
        np.testing.assert_allclose(found.mean[i], rows.mean(0), rtol=8 * 2**-52)  # seven terms and a division


def test_nothing_to_average() -> None:
    assert np.isnan(window_mean(np.zeros((0, 3)), [0, 1, 2], radius=1).mean).all()
    assert window_mean(np.zeros((4, 0)), np.zeros(0, int), radius=1).mean.shape == (0,)
    assert window_mean(np.zeros((4, 2, 0)), [1, 2], radius=1).mean.shape == (2, 0)


def test_bands_do_not_change_a_byte(bands: int) -> None:
    rng = np.random.default_rng(3)
    values, centers = rng.normal(size=(9, 40, 3)), rng.integers(0, 9, 40)
    apart = [window_mean(values[:, i], centers[i], radius=2).mean for i in range(40)]
    assert window_mean(values, centers, radius=2).mean.tobytes() == np.stack(apart).tobytes()


@pytest.mark.parametrize(
    ("argument", "values", "centers", "radius"),
    [
        ("radius", [1.0, 2.0], 0, -1),
        ("values", 1.0, 0, 1),
        ("values", [1j], 0, 1),
        ("centers", [1.0, 2.0], 0.5, 1),
        ("centers", np.zeros((3, 2)), [0, 1, 2], 1),
        ("centers", [1.0], [[1], [1, 2]], 1),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(argument: str, values, centers, radius: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        window_mean(values, centers, radius=radius)
    assert refused.value.argument == argument
