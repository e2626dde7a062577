import numpy as np
import pytest

from geometry import InvalidInput, gradient, laplacian
from geometry.filters.border import BORDERS
from geometry.inputs import PIXEL_DTYPES
from tests.naive.smoothing import weighted

IMAGE = np.random.default_rng(1).integers(0, 256, (7, 9, 2))
SMOOTH = {"sobel": [1, 2, 1], "scharr": [3, 10, 3], "prewitt": [1, 1, 1]}


@pytest.mark.parametrize("dtype", PIXEL_DTYPES)
@pytest.mark.parametrize("operator", SMOOTH)
def test_gradients_agree_with_the_definition(operator: str, dtype: str) -> None:
    image = IMAGE.astype(dtype)
    weights = np.outer(SMOOTH[operator], [-1, 0, 1])
    found = gradient(image, operator=operator, border="replicate")
    assert found.x.dtype == (np.float64 if dtype in ("int32", "float64") else np.float32)
    assert np.array_equal(found.x, weighted(image, weights, "replicate"))
    assert np.array_equal(found.y, weighted(image, weights.T, "replicate"))
    assert found.magnitude is None
    assert found.direction is None


def test_magnitude_and_direction_are_told_on_request(bands: int) -> None:
    image = IMAGE[:, :, 0].astype(np.uint8)
    found = gradient(image, magnitude=True, direction=True)
    assert found.magnitude is not None
    assert found.direction is not None
    # one float32 rounding in the functions of numpy, another here
    np.testing.assert_allclose(found.magnitude, np.hypot(found.x.astype(float), found.y), rtol=2**-22)
    np.testing.assert_allclose(found.direction, np.arctan2(found.y.astype(float), found.x), rtol=2**-21, atol=1e-7)


@pytest.mark.parametrize(
    ("operator", "size"), [("sobel", 3), ("sobel", 5), ("sobel", 7), ("scharr", 3), ("prewitt", 3)]
)
def test_a_ramp_has_its_slope(operator: str, size: int) -> None:
    y, x = np.mgrid[:9, :11].astype(float)
    found = gradient(3 * x - 2 * y, operator=operator, size=size, normalization="slope")
    inside = slice(3, -3)
    # at most 98 products of numbers up to 30
    np.testing.assert_allclose(found.x[inside, inside], 3, atol=98 * 30 * 2**-53)
    np.testing.assert_allclose(found.y[inside, inside], -2, atol=98 * 30 * 2**-53)


def test_a_transposed_image_has_transposed_gradients() -> None:
    image = IMAGE[:, :, 0].astype(np.uint8)
    found, turned = gradient(image, size=5), gradient(image.T, size=5)
    assert np.array_equal(found.x, turned.y.T)
    assert (gradient(np.array([[7]], np.uint8)).x == 0).all()


def test_opencv_agrees_on_every_size() -> None:
    cv2 = pytest.importorskip("cv2")
    image = IMAGE.astype(np.uint8)
    for size in (3, 5, 7):
        found = gradient(image, size=size)
        assert np.array_equal(found.x, cv2.Sobel(image, cv2.CV_32F, 1, 0, ksize=size))
        assert np.array_equal(found.y, cv2.Sobel(image, cv2.CV_32F, 0, 1, ksize=size))
    assert np.array_equal(gradient(image, operator="scharr").x, cv2.Scharr(image, cv2.CV_32F, 1, 0))
    assert np.array_equal(laplacian(image), cv2.Laplacian(image, cv2.CV_32F))


@pytest.mark.parametrize("border", BORDERS)
def test_laplacians_agree_with_the_definition(border: str) -> None:
    image = IMAGE.astype(np.uint8)
    four = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])
    assert np.array_equal(laplacian(image, border=border), weighted(image, four, border))
    eight = np.array([[1, 1, 1], [1, -8, 1], [1, 1, 1]]) / 3
    # products with thirds, in float32, of numbers up to 255 · 6
    found = laplacian(image, neighbours=8, border=border)
    np.testing.assert_allclose(found, weighted(image, eight, border), rtol=0, atol=12 * 1530 * 2**-24)
    whole = laplacian(image, border=border, output_dtype="same")
    assert np.array_equal(whole, np.clip(weighted(image, four, border), 0, 255))


def test_the_laplacian_of_a_gaussian_is_exact_on_parabolas_and_constants() -> None:
    y, x = np.mgrid[:31, :33].astype(float)
    found = laplacian(1.5 * x * x - y * y + x * y + 3, sigma=(1.2, 2))
    inside = found[8:-8, 10:-10]
    # 40 products of numbers up to 2000
    np.testing.assert_allclose(inside, 1.0, rtol=0, atol=40 * 2000 * 2**-50)
    np.testing.assert_allclose(laplacian(np.full((9, 9), 7.0), sigma=1.5), 0, atol=40 * 7 * 2**-52)


def test_the_laplacian_of_a_gaussian_is_near_scipys() -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    image = IMAGE[:, :, 0].astype(float)
    found = laplacian(image, sigma=1.5, truncate=6, border="reflect")
    # SciPy's kernel is neither moved to 0 on constants nor scaled; at 6 σ what is missing is below 1e-6 of it
    np.testing.assert_allclose(found, ndimage.gaussian_laplace(image, 1.5, truncate=6, mode="reflect"), atol=2e-4)


@pytest.mark.parametrize(
    ("argument", "options"),
    [
        ("operator", {"operator": "canny"}),
        ("size", {"size": 4}),
        ("size", {"operator": "scharr", "size": 5}),
        ("normalization", {"normalization": "frobenius"}),
        ("border", {"border": "mirror"}),
    ],
)
def test_wrong_arguments_of_a_gradient_are_named(argument: str, options: dict[str, object]) -> None:
    with pytest.raises(InvalidInput) as error:
        gradient(IMAGE.astype(np.uint8), **options)  # type: ignore[arg-type]
    assert error.value.argument == argument


@pytest.mark.parametrize(
    ("argument", "options"),
    [
        ("neighbours", {"neighbours": 6}),
        ("sigma", {"sigma": 0.1}),
        ("sigma", {"sigma": 1000}),
        ("truncate", {"sigma": 1, "truncate": -1}),
        ("output_dtype", {"output_dtype": "int8"}),
    ],
)
def test_wrong_arguments_of_a_laplacian_are_named(argument: str, options: dict[str, object]) -> None:
    with pytest.raises(InvalidInput) as error:
        laplacian(IMAGE.astype(np.uint8), **options)  # type: ignore[arg-type]
    assert error.value.argument == argument
