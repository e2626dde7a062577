import numpy as np
import pytest

from geometry import InvalidInput, rank_filter
from geometry.filters.border import BORDERS
from geometry.inputs import PIXEL_DTYPES
from tests.naive.ranks import rank_filter as naive

IMAGE = np.random.default_rng(1).integers(0, 256, (7, 9, 2))


def pixels(dtype: str) -> np.ndarray:
    """Numbers over much of the range of the dtype."""
    scale = {"uint8": 1, "uint16": 257, "int16": 120, "int32": 8_000_000}.get(dtype, 1e3)
    return ((IMAGE - (0 if dtype.startswith("u") else 128)) * scale).astype(dtype)


@pytest.mark.parametrize("dtype", PIXEL_DTYPES)
@pytest.mark.parametrize("border", BORDERS)
def test_it_agrees_with_the_definition(dtype: str, border: str, bands: int) -> None:
    image, rng = pixels(dtype), np.random.default_rng(2)
    for shape, number in (((3, 3), 4), ((5, 5), 12), ((2, 4), 1), ((1, 3), 0), ((3, 2), 5), ((1, 1), 0)):
        expected = naive(image, np.ones(shape, bool), number, border, [3, 5])
        found = rank_filter(image, shape, rank=number, border=border, fill=[3, 5])
        assert found.dtype == image.dtype
        assert np.array_equal(found, expected)
    mask = rng.random((4, 3)) < 0.6
    assert np.array_equal(rank_filter(image, mask=mask, rank=3, border=border), naive(image, mask, 3, border))


@pytest.mark.parametrize("border", BORDERS)
def test_histograms_agree_with_sorting(border: str, bands: int) -> None:
    image = IMAGE.astype(np.uint8)
    for shape, number in (((16, 17), 136), ((17, 16), 3), ((19, 19), 350)):
        expected = naive(image, np.ones(shape, bool), number, border, [3, 5])
        assert np.array_equal(rank_filter(image, shape, rank=number, border=border, fill=[3, 5]), expected)


def test_more_taps_than_a_byte_counts() -> None:
    mask = np.ones((17, 16), bool)
    mask[3, 4] = False
    image = IMAGE[:4, :5].astype(np.uint8)
    assert np.array_equal(rank_filter(image, mask=mask), naive(image, mask, 135))


@pytest.mark.jit
def test_more_taps_than_two_bytes_count() -> None:
    image = np.random.default_rng(4).integers(0, 65_536, (2, 3), dtype=np.uint16)
    tiled = np.sort(np.tile(image, (130, 90)).ravel())
    # 260 × 270 taps over a repeated image hold every pixel as often
    found = rank_filter(image, (260, 270), rank=40_000, border="wrap")
    assert (found == tiled[40_000]).all()


@pytest.mark.jit
def test_a_large_image_agrees_with_scipy() -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    image = np.random.default_rng(3).integers(0, 256, (150, 700, 3), dtype=np.uint8)
    for window in (3, 5, 7, 17):
        expected = ndimage.median_filter(image, (window, window, 1), mode="mirror")
        assert np.array_equal(rank_filter(image, window), expected)
    real = image[:, :, 0].astype(np.float32)
    expected = ndimage.percentile_filter(real, 30, (4, 6), mode="reflect", origin=(-1, -1))
    assert np.array_equal(rank_filter(real, (4, 6), percentile=30, border="reflect"), expected)


def test_opencv_agrees() -> None:
    cv2 = pytest.importorskip("cv2")
    image = np.random.default_rng(5).integers(0, 256, (20, 21, 3), dtype=np.uint8)
    for window in (3, 5):
        assert np.array_equal(rank_filter(image, window, border="replicate"), cv2.medianBlur(image, window))


def test_names_numbers_and_percentiles_mean_the_same() -> None:
    image = IMAGE.astype(np.uint8)
    for name, number, percentile in (("median", 7, 47), ("min", 0, 0), ("max", 14, 100), ("max", -1, 99)):
        found = rank_filter(image, (3, 5), rank=name)
        assert np.array_equal(found, rank_filter(image, (3, 5), rank=number))
        assert np.array_equal(found, rank_filter(image, (3, 5), percentile=percentile))
    assert np.array_equal(rank_filter(image, (1, 2)), rank_filter(image, (1, 2), rank=1))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_nan_spreads_and_infinity_is_a_number(dtype: str) -> None:
    image = IMAGE[:, :, :1].astype(dtype)
    image[2, 3], image[5, 6], image[0, 0] = np.nan, np.inf, -np.inf
    for rank in ("median", "min", "max", 2):
        number = {"median": 4, "min": 0, "max": 8}.get(rank, 2)
        assert np.array_equal(
            rank_filter(image, rank=rank), naive(image, np.ones((3, 3), bool), number), equal_nan=True
        )
    outside = rank_filter(image[:2, :2], border="constant", fill=np.nan)
    assert np.isnan(outside).all()


def test_sixteen_channels_and_one_pixel() -> None:
    image = np.random.default_rng(6).integers(0, 256, (4, 5, 16), dtype=np.uint8)
    apart = np.stack([rank_filter(image[:, :, c], 5) for c in range(16)], axis=2)
    assert np.array_equal(rank_filter(image, 5), apart)
    assert rank_filter(np.array([[7]], np.uint8), 19).tolist() == [[7]]


@pytest.mark.parametrize(
    ("argument", "options"),
    [
        ("window", {"window": 0}),
        ("window", {"window": 4097}),
        ("rank", {"rank": 9}),
        ("rank", {"rank": -10}),
        ("rank", {"rank": 1.5}),
        ("rank", {"rank": "mode"}),
        ("percentile", {"percentile": 101}),
        ("percentile", {"percentile": 50, "rank": "max"}),
        ("mask", {"mask": [[0, 0]]}),
        ("mask", {"mask": [1, 1]}),
        ("mask", {"mask": [[np.nan, 1]]}),
        ("mask", {"mask": np.ones((1, 4097), bool)}),
        ("border", {"border": "mirror"}),
        ("fill", {"fill": -1}),
    ],
)
def test_wrong_arguments_are_named(argument: str, options: dict[str, object]) -> None:
    with pytest.raises(InvalidInput) as error:
        rank_filter(IMAGE.astype(np.uint8), **options)  # type: ignore[arg-type]
    assert error.value.argument == argument
