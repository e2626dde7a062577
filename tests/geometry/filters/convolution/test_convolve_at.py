import numpy as np
import pytest

from geometry.errors import InvalidInput
from geometry.filters import convolve, convolve_at
from geometry.filters.border import BORDERS
from geometry.inputs import PIXEL_DTYPES
from tests.naive import filters as naive


def grid(height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    return np.stack([x.ravel(), y.ravel()], axis=1)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("size", [(1, 1), (3, 3), (2, 5), (9, 4)])
def test_at_every_pixel_it_is_the_convolution(border: str, size) -> None:
    rng = np.random.default_rng(1)
    for dtype in PIXEL_DTYPES:
        for shape in ((5, 6), (4, 7, 3)):
            image, kernel = rng.integers(0, 99, shape).astype(dtype), rng.integers(-9, 9, size)
            for mode in ("convolution", "correlation"):
                options = {"mode": mode, "border": border, "fill": 3, "dilation": (2, 1)}
                expected = convolve(image, kernel, output_dtype="float64", **options)
                values = convolve_at(image, kernel, grid(*shape[:2]), **options)
                assert values.dtype == np.float64
                # whole numbers: exact in both
                assert np.array_equal(values.reshape(expected.shape), expected)


def test_published_value_with_the_corner_anchor() -> None:
    random = np.random.RandomState(777)
    data, kernel = random.rand(1000, 1000), random.rand(3, 3)
    # eight decimals were published
    assert convolve_at(data, kernel, [[37, 10]], anchor="corner")[0] == pytest.approx(2.45430578, abs=5e-9)


def test_the_corner_anchor_puts_the_first_pixel_of_the_window_at_the_point() -> None:
    image = np.arange(20.0).reshape(4, 5)
    kernel = np.array([[1.0, 10.0], [100.0, 1000.0]])
    assert convolve_at(image, kernel, [[2, 1]], anchor="corner", mode="correlation")[0] == 7 + 80 + 1200 + 13000


@pytest.mark.parametrize("border", BORDERS)
def test_points_may_lie_anywhere(border: str) -> None:
    rng = np.random.default_rng(2)
    image, kernel = rng.integers(0, 9, (3, 4), dtype=np.uint8), rng.integers(-3, 4, (3, 2))
    points = rng.integers(-30, 30, (40, 2))
    values = convolve_at(image, kernel, points, mode="correlation", border=border, fill=5)
    expected = [
        naive.window_sum(image[:, :, np.newaxis], kernel, y - 1, x, (1, 1), border, [5], 0) for x, y in points.tolist()
    ]
    assert values.tolist() == expected
    far = convolve_at(image, kernel, [[2.0**53, -(2.0**53)]], border=border)
    assert np.isfinite(far).all()


def test_no_points_give_no_values() -> None:
    assert convolve_at(np.zeros((4, 4)), [[1.0]], np.empty((0, 2))).shape == (0,)
    assert convolve_at(np.zeros((4, 4, 3)), [[1.0]], np.empty((0, 2))).shape == (0, 3)


def test_bands_do_not_change_a_byte(bands: int) -> None:
    rng = np.random.default_rng(3)
    image, kernel, points = rng.normal(size=(30, 20, 2)), rng.normal(size=(5, 3)), rng.integers(-5, 25, (50, 2))
    together = convolve_at(image, kernel, points)
    apart = np.concatenate([convolve_at(image, kernel, point[np.newaxis]) for point in points])
    assert together.tobytes() == apart.tobytes()


def test_a_bad_pixel_is_seen_by_its_windows_only() -> None:
    image = np.zeros((9, 9), np.float32)
    image[4, 4] = np.nan
    values = convolve_at(image, np.ones((3, 3)), grid(9, 9)).reshape(9, 9)
    touched = np.zeros((9, 9), bool)
    touched[3:6, 3:6] = True
    assert np.array_equal(np.isnan(values), touched)


def test_inputs_of_any_layout_give_the_same() -> None:
    rng = np.random.default_rng(4)
    image, kernel, points = rng.integers(0, 999, (9, 8), dtype=np.int32), rng.normal(size=(3, 3)), grid(9, 8)
    expected = convolve_at(image, kernel, points)
    frozen = image.copy()
    frozen.flags.writeable = False
    for variant in (frozen, np.asfortranarray(image), image.astype(">i4")):
        assert np.array_equal(convolve_at(variant, kernel, points.astype(float)), expected)


@pytest.mark.parametrize(
    ("argument", "changed"),
    [
        ("points/1/0", {"points": [[1, 2], [0.5, 3]]}),
        ("points/0/1", {"points": [[1, 1e300]]}),
        ("points/0/1", {"points": [[1, np.nan]]}),
        ("points", {"points": [[1, 2, 3]]}),
        ("points", {"points": [1, 2]}),
        ("kernel", {"kernel": np.ones((3, 3, 1, 1))}),
        ("kernel", {"kernel": np.ones((0, 3))}),
        ("image", {"image": np.ones((2, 3), np.int64)}),
        ("anchor", {"anchor": "middle"}),
        ("mode", {"mode": "cross"}),
        ("border", {"border": "mirror"}),
        ("dilation", {"dilation": 0}),
        ("fill", {"fill": [1, 2]}),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(argument: str, changed) -> None:
    arguments = {"image": np.zeros((5, 5)), "kernel": np.ones((3, 3)), "points": [[1, 1]], **changed}
    data = [arguments.pop(name) for name in ("image", "kernel", "points")]
    with pytest.raises(InvalidInput) as refused:
        convolve_at(*data, **arguments)
    assert refused.value.argument == argument
