import pytest

from geometry.errors import InvalidInput
from geometry.filters import convolution_shape
from geometry.filters.window import window_axes


@pytest.mark.parametrize(
    ("image", "kernel", "options", "shape"),
    [
        ((5, 6), (3, 3), {}, (5, 6)),
        ((5, 6, 4), (3, 3), {"padding": "valid"}, (3, 4, 4)),
        ((5, 6, 4), (3, 3, 2, 8), {"stride": (2, 4)}, (3, 2, 8)),
        ((5, 6), (1, 1, 1, 2), {}, (5, 6, 2)),
        ((9, 9), (3, 3), {"padding": "valid", "dilation": 4}, (1, 1)),
        ((5, 6), (3, 2), {"padding": [[1, 2], [0, 3]], "stride": 2}, (3, 4)),
        ((1, 1), (9, 9), {}, (1, 1)),
    ],
)
def test_shape_is_known_without_computing(image, kernel, options, shape) -> None:
    assert convolution_shape(image, kernel, **options) == shape


def test_same_padding_puts_the_smaller_half_before() -> None:
    # 5 pixels, 4 taps, step 1: three pixels of padding, 3 // 2 before. Step 2: (3 - 1)·2 + 4 - 5 = 3 as well.
    for stride in (1, 2):
        rows, _ = window_axes((5, 5), (4, 4), stride=stride, dilation=1, padding="same")
        assert rows.before == 1


@pytest.mark.parametrize(
    ("argument", "options"),
    [
        ("stride", {"stride": 0}),
        ("stride", {"stride": (1, 2, 3)}),
        ("stride", {"stride": 1.5}),
        ("stride", {"stride": "2"}),
        ("stride", {"stride": float("inf")}),
        ("dilation", {"dilation": (1, -1)}),
        ("dilation", {"dilation": None}),
        ("padding", {"padding": "full"}),
        ("padding", {"padding": [[1, 1]]}),
        ("padding", {"padding": [[1, -1], [0, 0]]}),
        ("padding", {"padding": [[0.5, 0], [0, 0]]}),
        ("padding", {"padding": 3}),
        ("padding", {"padding": [[0, 0], [0, 0]], "dilation": 5}),
        ("kernel", {"padding": "valid", "dilation": 5}),
    ],
)
def test_malformed_geometry_is_refused_by_name(argument, options) -> None:
    with pytest.raises(InvalidInput) as refused:
        convolution_shape((5, 5), (3, 3), **options)
    assert refused.value.argument == argument


@pytest.mark.parametrize(
    ("argument", "image", "kernel"),
    [
        ("image_shape", (5,), (3, 3)),
        ("image_shape", (5, 0), (3, 3)),
        ("kernel_shape", (5, 5), (3, 3, 3)),
        ("kernel_shape", (5, 5), (0, 3)),
    ],
)
def test_malformed_shapes_are_refused_by_name(argument, image, kernel) -> None:
    with pytest.raises(InvalidInput) as refused:
        convolution_shape(image, kernel)
    assert refused.value.argument == argument
