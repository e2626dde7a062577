import numpy as np
import pytest

from geometry import InvalidInput, box
from geometry.filters.border import BORDERS
from geometry.inputs import PIXEL_DTYPES
from tests.naive.smoothing import weighted

IMAGE = np.random.default_rng(1).integers(0, 256, (7, 9, 2))


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("dtype", PIXEL_DTYPES)
def test_means_agree_with_the_definition(dtype: str, border: str) -> None:
    image = IMAGE.astype(dtype)
    for window in ((3, 3), (2, 5), (6, 1)):
        sums = weighted(image, np.ones(window), border, [3, 5])
        means = sums / (window[0] * window[1])
        if image.dtype.kind in "iu":
            assert np.array_equal(box(image, window, border=border, fill=[3, 5]), np.rint(means))
        else:
            # sums of whole numbers are exact, the quotient is rounded once or twice
            np.testing.assert_allclose(box(image, window, border=border, fill=[3, 5]), means, rtol=2**-23)
        found = box(image, window, border=border, fill=[3, 5], normalized=False, output_dtype="float64")
        assert np.array_equal(found, sums)


def test_a_window_larger_than_the_image(bands: int) -> None:
    image = IMAGE[:3, :4].astype(np.uint8)
    for border in BORDERS:
        sums = weighted(image, np.ones((9, 14)), border)
        assert np.array_equal(box(image, (9, 14), border=border), np.rint(sums / 126))
    assert box(np.array([[9]], np.uint8), (200, 300)).tolist() == [[9]]
    assert box(np.ones((2, 2)), 65_536, border="replicate").tolist() == [[1, 1], [1, 1]]


def test_a_band_count_changes_no_bit(bands: int) -> None:
    image = np.random.default_rng(3).normal(size=(300, 3, 1))
    from geometry.bands import band_count

    with band_count(1):
        expected = box(image, (5, 2))
    assert np.array_equal(box(image, (5, 2)), expected)


def test_large_sums_are_exact_and_saturate() -> None:
    image = np.full((5, 5), 2**31 - 1, np.int32)
    assert (box(image, 3) == 2**31 - 1).all()
    assert (box(image, 3, normalized=False) == 2**31 - 1).all()
    assert (box(image, 3, normalized=False, output_dtype="float64") == 9.0 * (2**31 - 1)).all()
    assert (box(-image, 3, normalized=False) == -(2**31)).all()


def test_ties_go_to_the_even_number() -> None:
    image = np.array([[0, 1, 2, 3, 4]], np.uint8)
    assert box(image, (1, 2), border="replicate").tolist() == [[0, 2, 2, 4, 4]]


def test_nan_and_infinity_stay_within_their_windows() -> None:
    image = np.arange(42.0, dtype=np.float32).reshape(6, 7)
    image[1, 2], image[4, 5] = np.nan, np.inf
    found = box(image, 3, border="replicate")
    known = np.isfinite(found)
    assert np.isnan(found[:3, 1:4]).all()
    assert np.isposinf(found[3:6, 4:7]).all()
    assert (~known).sum() == 18
    with np.errstate(invalid="ignore"):
        expected = weighted(image[:, :, np.newaxis], np.ones((3, 3)) / 9, "replicate")[:, :, 0]
    # nine products and sums in float64, rounded to float32
    np.testing.assert_allclose(found[known], expected[known], rtol=2**-23)


def test_opencv_agrees() -> None:
    cv2 = pytest.importorskip("cv2")
    image = np.random.default_rng(4).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    assert np.array_equal(box(image, (7, 5)), cv2.blur(image, (5, 7)))
    expected = cv2.boxFilter(image, cv2.CV_32F, (5, 7), normalize=False)
    assert np.array_equal(box(image, (7, 5), normalized=False, output_dtype="float32"), expected)


@pytest.mark.parametrize(
    ("argument", "options"),
    [
        ("window", {"window": 0}),
        ("window", {"window": 65_537}),
        ("window", {"window": (1, 2, 3)}),
        ("border", {"border": "mirror"}),
        ("fill", {"fill": 0.5}),
        ("output_dtype", {"output_dtype": "int8"}),
    ],
)
def test_wrong_arguments_are_named(argument: str, options: dict[str, object]) -> None:
    with pytest.raises(InvalidInput) as error:
        box(IMAGE.astype(np.uint8), **{"window": 3, **options})  # type: ignore[arg-type]
    assert error.value.argument == argument


def test_a_vast_window_over_nan_is_refused() -> None:
    with pytest.raises(InvalidInput, match="more than 4097"):
        box(np.full((2, 2), np.nan), 5000)
