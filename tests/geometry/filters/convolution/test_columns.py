import numpy as np
import pytest

from geometry.errors import InvalidInput
from geometry.filters import col2im, columns_shape, convolve, im2col
from geometry.filters.border import BORDERS
from geometry.inputs import PIXEL_DTYPES
from tests.naive import convolution_operators as naive


def published(images, height, width, stride=1, pad=0):
    """The question's function in one gather: (N, C, H, W) to (N·h·w, C·kh·kw), zeros outside."""
    padded = np.pad(images, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    views = np.lib.stride_tricks.sliding_window_view(padded, (height, width), (2, 3))[:, :, ::stride, ::stride]
    return views.transpose(0, 2, 3, 1, 4, 5).reshape(-1, images.shape[1] * height * width)


def test_the_published_function() -> None:
    images = np.random.default_rng(1).normal(size=(2, 3, 7, 8))
    for height, width, stride, pad in ((3, 3, 1, 0), (2, 4, 2, 1), (5, 1, 3, 2)):
        out = im2col(images, (height, width), stride=stride, padding=[[pad] * 2] * 2, layout="nchw")
        assert np.array_equal(out, published(images, height, width, stride, pad))


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("dtype", PIXEL_DTYPES)
def test_agrees_with_the_definition(border: str, dtype: str) -> None:
    rng = np.random.default_rng(2)
    image = rng.integers(0, 100, (4, 5, 2)).astype(dtype)
    options = {"stride": (2, 1), "dilation": (1, 2), "padding": [[1, 2], [4, 0]], "border": border, "fill": 7}
    expected = naive.im2col(image, (3, 2), **options)
    out = im2col(image, (3, 2), **options)
    assert out.dtype == dtype
    assert np.array_equal(out, expected)
    shapes = {key: options[key] for key in ("stride", "dilation", "padding")}
    assert out.shape == columns_shape(image.shape, (3, 2), **shapes)
    planes = im2col(np.moveaxis(image, 2, 0), (3, 2), layout="nchw", **options)
    assert np.array_equal(planes.reshape(-1, 2, 6), out.reshape(-1, 6, 2).transpose(0, 2, 1))


def test_turns_a_convolution_into_a_product() -> None:
    rng = np.random.default_rng(3)
    images, kernel = rng.integers(-9, 9, (2, 6, 5, 3)).astype(float), rng.integers(-9, 9, (3, 2, 3, 4))
    product = im2col(images, (3, 2), padding="same") @ kernel.reshape(-1, 4)
    assert np.array_equal(product.reshape(2, 6, 5, 4), convolve(images, kernel, mode="correlation"))


@pytest.mark.parametrize("layout", ["nhwc", "nchw"])
@pytest.mark.parametrize("border", BORDERS)
def test_col2im_is_the_adjoint(border: str, layout: str) -> None:
    rng = np.random.default_rng(4)
    for shape in ((5, 4), (5, 4, 3), (2, 5, 4, 3)):
        image = rng.integers(-9, 10, shape).astype(float)
        options = {"stride": (2, 1), "dilation": (1, 2), "padding": [[7, 2], [4, 5]], "border": border}
        there = im2col(image, 2, layout=layout, **options)
        columns = rng.integers(-9, 10, there.shape).astype(float)
        back = col2im(columns, 2, shape, layout=layout, **options)
        assert back.shape == shape
        assert (there * columns).sum() == (image * back).sum()


def test_col2im_counts_how_many_windows_read_a_pixel() -> None:
    ones = im2col(np.ones((3, 4), np.float32), 2)
    back = col2im(ones, 2, (3, 4))
    assert back.dtype == np.float32
    assert back.tolist() == [[1, 2, 2, 1], [2, 4, 4, 2], [1, 2, 2, 1]]


def test_bands_do_not_change_a_byte(bands: int) -> None:
    image = np.random.default_rng(5).normal(size=(9, 8, 2))
    assert np.array_equal(
        im2col(image, 3, padding="same"),
        naive.im2col(image, (3, 3), stride=(1, 1), dilation=(1, 1), padding="same", border="constant", fill=0),
    )


@pytest.mark.parametrize(
    ("argument", "call"),
    [
        ("window", lambda: im2col(np.ones((3, 3)), 0)),
        ("kernel", lambda: im2col(np.ones((3, 3)), 4)),
        ("image", lambda: im2col(np.ones(3), 1)),
        ("image", lambda: im2col(np.ones((0, 3)), 1)),
        ("layout", lambda: im2col(np.ones((3, 3)), 1, layout="chw")),
        ("border", lambda: im2col(np.ones((3, 3)), 1, border="mirror")),
        ("fill", lambda: im2col(np.ones((3, 3), np.uint8), 1, fill=-1)),
        ("columns", lambda: col2im(np.ones((3, 3)), 1, (3, 3))),
        ("shape", lambda: col2im(np.ones((9, 1)), 1, (9,))),
        ("shape", lambda: columns_shape((3, 0), 1)),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(argument: str, call) -> None:
    with pytest.raises(InvalidInput) as refused:
        call()
    assert refused.value.argument == argument
