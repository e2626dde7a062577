import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geometry.errors import InvalidInput
from geometry.filters import convolve, convolve_transpose, transposed_shape
from geometry.filters.border import BORDERS

TWO_BY_TWO = np.array([[-67.0, -77.0], [-117.0, -127.0]])
NINE_TAPS = np.array([[-1, 2, -3], [4, -5, 6], [-7, 8, -9]])


def test_the_published_table_of_a_two_by_two_input() -> None:
    out = convolve_transpose(TWO_BY_TWO, NINE_TAPS, mode="correlation", stride=2, padding="valid", shape=(5, 5))
    assert out.tolist() == [
        [67, -134, 278, -154, 231],
        [-268, 335, -710, 385, -462],
        [586, -770, 1620, -870, 1074],
        [-468, 585, -1210, 635, -762],
        [819, -936, 1942, -1016, 1143],
    ]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), border=st.sampled_from(BORDERS), channels=st.sampled_from([0, 1, 2]))
def test_is_the_adjoint_of_convolve_exactly_on_whole_numbers(seed: int, border: str, channels: int) -> None:
    rng = np.random.default_rng(seed)
    groups = int(rng.integers(1, 3)) if channels else 1
    extent = tuple(rng.integers(1, 8, 2).tolist())
    taps = tuple(rng.integers(1, 5, 2).tolist())
    shape = (*extent, channels * groups) if channels else extent
    mixes = bool(channels) and bool(rng.integers(2))
    kernel = rng.integers(-9, 10, (*taps, channels, groups * int(rng.integers(1, 3))) if mixes else taps)
    options = {
        "mode": str(rng.choice(["convolution", "correlation"])),
        "stride": tuple(rng.integers(1, 4, 2).tolist()),
        "dilation": tuple(rng.integers(1, 4, 2).tolist()),
        "groups": groups if mixes else 1,
        "padding": "same" if rng.integers(2) else rng.integers(9, 13, (2, 2)).tolist(),
        "border": border,
    }
    a = rng.integers(-50, 50, shape).astype(float)
    there = convolve(a, kernel, method="im2col" if mixes else "direct", **options)
    b = rng.integers(-50, 50, there.shape).astype(float)
    back = convolve_transpose(b, kernel, shape=extent, **options)
    assert back.shape == a.shape
    assert back.shape == transposed_shape(
        b.shape,
        kernel.shape,
        shape=extent,
        **{key: options[key] for key in ("stride", "dilation", "groups", "padding")},
    )
    # whole numbers below 2^53
    assert (there * b).sum() == (a * back).sum()


@pytest.mark.parametrize("dtype", ["uint8", "int16", "int32"])
def test_integers_saturate_and_stay_exact(dtype: str) -> None:
    info = np.iinfo(dtype)
    image = np.full((3, 3), info.max, dtype)
    out = convolve_transpose(image, np.ones((3, 3)))
    assert out.dtype == dtype
    assert (out == info.max).all()
    exact = convolve_transpose(image, np.ones((3, 3)), output_dtype="float64")
    assert exact[1, 1] == 9.0 * info.max


def test_a_batch_is_its_images() -> None:
    rng = np.random.default_rng(3)
    images, kernel = rng.integers(-9, 9, (3, 4, 5, 2)).astype(np.float32), rng.integers(-3, 4, (3, 2, 3, 2))
    together = convolve_transpose(images, kernel, stride=2)
    assert together.shape == (3, 8, 10, 3)
    for image, out in zip(images, together, strict=True):
        assert np.array_equal(convolve_transpose(image, kernel, stride=2), out)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("groups", [1, 2])
def test_reproduces_torch(stride: int, dilation: int, groups: int) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(4)
    image = rng.integers(-9, 9, (2, 5, 4, 6)).astype(float)
    weight = rng.integers(-5, 6, (6, 2, 3, 4)).astype(float)
    for padding, added in ((0, 0), (1, 0), (2, min(1, stride - 1))):
        expected = torch.nn.functional.conv_transpose2d(
            torch.tensor(image.transpose(0, 3, 1, 2).copy()), torch.tensor(weight), stride=stride, padding=padding,
            output_padding=added, dilation=dilation, groups=groups,
        ).numpy()  # fmt: skip
        # torch: (in, out / groups, kh, kw); ours, named for the convolution: (kh, kw, its input, its output)
        out = convolve_transpose(
            image, weight.transpose(2, 3, 1, 0), mode="correlation", stride=stride, dilation=dilation, groups=groups,
            padding=[[padding] * 2] * 2, output_padding=added,
        )  # fmt: skip
        assert np.array_equal(out, expected.transpose(0, 2, 3, 1))


@pytest.mark.parametrize(("extent", "stride", "taps"), [((5, 7), 2, 3), ((6, 6), 2, 3), ((7, 4), 3, 2), ((4, 4), 1, 4)])
def test_same_padding_has_the_extents_of_tensorflow(extent, stride: int, taps: int) -> None:
    # SAME: the output's extent, times the stride before; all padding as the forward convolution of that extent has it
    small = tuple(-(-length // stride) for length in extent)
    image, kernel = np.ones(small), np.ones((taps, taps))
    out = convolve_transpose(image, kernel, mode="correlation", stride=stride, padding="same", shape=extent)
    dense = np.zeros(extent)
    for y in range(small[0]):
        for x in range(small[1]):
            seen = np.zeros(small)
            seen[y, x] = 1
            pads = [max((n - 1) * stride + taps - length, 0) // 2 for n, length in zip(small, extent, strict=True)]
            for i in range(taps):
                for j in range(taps):
                    at = y * stride + i - pads[0], x * stride + j - pads[1]
                    if 0 <= at[0] < extent[0] and 0 <= at[1] < extent[1]:
                        dense[at] += 1
    assert np.array_equal(out, dense)
    assert convolve_transpose(image, kernel, stride=stride).shape == tuple(n * stride for n in small)


@pytest.mark.parametrize(
    ("argument", "options"),
    [
        ("shape", {"shape": (9, 9), "padding": "valid"}),
        ("shape", {"shape": (0, 4)}),
        ("output_padding", {"output_padding": 1, "padding": "valid"}),
        ("output_padding", {"output_padding": 1, "stride": 2}),
        ("output_padding", {"output_padding": 1, "stride": 2, "padding": "valid", "shape": (9, 9)}),
        ("output_padding", {"output_padding": -1, "padding": "valid"}),
        ("padding", {"padding": [[9, 9], [0, 0]]}),
        ("stride", {"stride": 0}),
        ("mode", {"mode": "both"}),
        ("border", {"border": "mirror"}),
        ("output_dtype", {"output_dtype": "uint8"}),
        ("groups", {"groups": 2}),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(argument: str, options) -> None:
    with pytest.raises(InvalidInput) as refused:
        convolve_transpose(np.ones((4, 4)), np.ones((3, 3)), **options)
    assert refused.value.argument == argument


@pytest.mark.parametrize(("argument", "kernel", "groups"), [("kernel", (3, 3, 2, 5), 1), ("groups", (3, 3, 2, 4), 3)])
def test_channels_that_do_not_fit_are_refused(argument: str, kernel, groups: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        convolve_transpose(np.ones((4, 4, 4)), np.ones(kernel), groups=groups)
    assert refused.value.argument == argument
