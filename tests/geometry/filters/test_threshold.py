import numpy as np
import pytest

from geometry import InvalidInput, threshold
from geometry.inputs import PIXEL_DTYPES
from tests.naive.smoothing import bell, otsu, weighted

IMAGE = np.random.default_rng(1).integers(0, 100, (7, 9, 2))


@pytest.mark.parametrize("dtype", PIXEL_DTYPES)
def test_every_kind_is_what_its_name_says(dtype: str, bands: int) -> None:
    image = IMAGE.astype(dtype)
    whole = image.dtype.kind in "iu"
    top = np.iinfo(image.dtype).max if whole else 1
    expected = {
        "binary": lambda p, t: top if p > t else 0,
        "binary_inverse": lambda p, t: 0 if p > t else top,
        "truncate": lambda p, t: (np.floor(t) if whole else t) if p > t else p,
        "to_zero": lambda p, t: p if p > t else 0,
        "to_zero_inverse": lambda p, t: 0 if p > t else p,
    }
    for kind, rule in expected.items():
        found = threshold(image, value=[40.5, 60], kind=kind)
        assert found.image.dtype == image.dtype
        assert found.threshold is not None
        assert found.threshold.tolist() == [40.5, 60]
        for y, x, c in np.ndindex(image.shape):
            assert found.image[y, x, c] == rule(image[y, x, c].item(), (40.5, 60)[c])


def test_values_beyond_the_dtype_work() -> None:
    image = np.array([[0, 255]], np.uint8)
    assert threshold(image, value=-1e300).image.tolist() == [[255, 255]]
    assert threshold(image, value=np.inf).image.tolist() == [[0, 0]]
    assert threshold(image, value=254.999, maximum=7).image.tolist() == [[0, 7]]
    assert threshold(np.array([[np.nan, 2]]), value=1).image.tolist() == [[0, 1]]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16"])
def test_otsu_tries_every_level_of_integers(dtype: str) -> None:
    rng = np.random.default_rng(2)
    shift = -30 if dtype == "int16" else 3
    image = (np.concatenate([rng.normal(20, 6, 60), rng.normal(60, 9, 50)]).reshape(10, 11) + shift).astype(dtype)
    found = threshold(image, method="otsu").threshold
    assert found is not None
    assert found.tolist() == [otsu(image.ravel().tolist())]


def test_otsu_of_two_values_parts_them() -> None:
    for dtype in PIXEL_DTYPES:
        image = np.array([[3, 3, 90], [3, 90, 90]], dtype)
        found = threshold(image, method="otsu")
        assert np.array_equal(found.image > 0, image > 50)
    flat = threshold(np.full((3, 3), 7, np.uint8), method="otsu")
    assert flat.threshold is not None
    assert flat.threshold.tolist() == [7]
    assert (flat.image == 0).all()


def test_otsu_agrees_with_opencv_and_scikit_image() -> None:
    cv2 = pytest.importorskip("cv2")
    filters = pytest.importorskip("skimage.filters")
    noise = np.random.default_rng(3).integers(0, 256, (60, 70), dtype=np.uint8)
    image = cv2.GaussianBlur(noise, (0, 0), 2)
    level, expected = cv2.threshold(image, 0, 255, cv2.THRESH_OTSU)
    found = threshold(image, method="otsu")
    assert found.threshold is not None
    assert found.threshold[0] == level == filters.threshold_otsu(image)
    assert np.array_equal(found.image, expected)
    real = threshold(image.astype(float), method="otsu").threshold
    assert real is not None
    # centres of bins, one addition apart
    np.testing.assert_allclose(real[0], filters.threshold_otsu(image.astype(float)), rtol=2**-50)


@pytest.mark.parametrize("dtype", ["uint8", "float64"])
def test_local_means_are_not_rounded(dtype: str) -> None:
    image = IMAGE.astype(dtype)
    means = weighted(image, np.ones((3, 5)) / 15, "replicate") - 2.25
    found = threshold(image, method="mean", window=(3, 5), offset=2.25, maximum=9)
    clear = np.abs(image - means) > 1e-4  # both sides of a tie are right
    assert np.array_equal(found.image[clear], np.where(image > means, 9, 0)[clear])
    assert found.threshold is None
    bells = [bell(0.3 * ((side - 1) * 0.5 - 1) + 0.8, side // 2) for side in (5, 3)]
    means = weighted(image, np.outer(*bells), "replicate")
    found = threshold(image, method="gaussian", window=(5, 3), kind="binary_inverse", maximum=1)
    clear = np.abs(image - means) > 1e-4
    assert np.array_equal(found.image[clear], (image <= means)[clear])


def test_opencv_agrees_but_for_its_rounding() -> None:
    cv2 = pytest.importorskip("cv2")
    image = np.random.default_rng(5).integers(0, 256, (40, 50), dtype=np.uint8)
    found = threshold(image, method="mean", window=11, offset=2).image
    expected = cv2.adaptiveThreshold(image, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 11, 2)
    means = cv2.blur(image.astype(np.float64), (11, 11), borderType=cv2.BORDER_REPLICATE)
    # rounding moves the mean by half a level
    assert (np.abs(image - means + 2)[found != expected] <= 0.5).all()


@pytest.mark.parametrize(
    ("argument", "options"),
    [
        ("method", {"method": "triangle"}),
        ("value", {}),
        ("value", {"value": 3, "method": "otsu"}),
        ("value", {"value": [1, 2, 3]}),
        ("value", {"value": np.nan}),
        ("value", {"value": "half"}),
        ("kind", {"value": 1, "kind": "mask"}),
        ("kind", {"method": "mean", "kind": "truncate"}),
        ("maximum", {"value": 1, "maximum": 256}),
        ("maximum", {"value": 1, "maximum": 0.5}),
        ("window", {"method": "mean", "window": 4}),
        ("window", {"method": "gaussian", "window": 0}),
        ("offset", {"method": "mean", "offset": np.inf}),
    ],
)
def test_wrong_arguments_are_named(argument: str, options: dict[str, object]) -> None:
    with pytest.raises(InvalidInput) as error:
        threshold(IMAGE.astype(np.uint8), **options)  # type: ignore[arg-type]
    assert error.value.argument == argument


def test_otsu_refuses_what_is_not_finite() -> None:
    with pytest.raises(InvalidInput, match="finite"):
        threshold(np.array([[1.0, np.nan]]), method="otsu")
