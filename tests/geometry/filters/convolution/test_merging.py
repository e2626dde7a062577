import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geometry.errors import Degenerate, InvalidInput
from geometry.filters import convolve, merge_kernels


def chain(image, kernels, strides, paddings, dilations, mode, border):
    for kernel, stride, padding, dilation in zip(kernels, strides, paddings, dilations, strict=True):
        image = convolve(
            image,
            kernel,
            method="direct" if kernel.ndim == 2 else "im2col",
            mode=mode,
            stride=stride,
            padding=padding,
            dilation=dilation,
            border=border,
        )
    return image


def test_the_published_merge_of_two_kernels() -> None:
    # full padding in the first, any stride and padding in the second: k = k1 * k2, padding k - 1 + p2, stride s2
    rng = np.random.default_rng(1)
    first, second = rng.integers(-3, 4, (3, 3)), rng.integers(-3, 4, (3, 3))
    image = rng.integers(-9, 10, (20, 20)).astype(float)
    for stride, padding in ((1, 0), (2, 1), (3, 2)):
        margins = [[[2, 2], [2, 2]], [[padding] * 2] * 2]
        merged = merge_kernels([first, second], [1, stride], margins, mode="correlation")
        assert merged.exact
        assert merged.reason == ""
        assert merged.border_band == ((0, 0), (0, 0))
        assert merged.kernel.shape == (5, 5)
        assert merged.stride == (stride, stride)
        assert merged.padding == ((2 + padding,) * 2,) * 2
        expected = chain(image, [first, second], [1, stride], margins, [1, 1], "correlation", "constant")
        out = convolve(image, merged.kernel, mode="correlation", stride=merged.stride, padding=merged.padding)
        assert np.array_equal(out, expected)


def test_the_published_counter_example_without_padding_cannot_be_merged() -> None:
    first, second = np.array([[1, 0, -1]] * 3), np.ones((3, 3))
    paddings = [[[0, 0], [0, 0]], [[2, 2], [2, 2]]]
    merged = merge_kernels([first, second], [1, 1], paddings, mode="correlation")
    assert not merged.exact
    assert "pads with zeros" in merged.reason
    assert merged.border_band == ((2, 2), (2, 2))
    image = np.arange(9.0).reshape(3, 3) ** 2
    expected = chain(image, [first, second], [1, 1], paddings, [1, 1], "correlation", "constant")
    out = convolve(image, merged.kernel, mode="correlation", padding=merged.padding)
    # the chain copies one value to all nine pixels; the merged convolution does so only in the middle
    assert np.unique(expected).size == 1
    assert not np.array_equal(out, expected)
    with pytest.raises(Degenerate) as refused:
        merge_kernels([first, second], [1, 1], paddings, mode="correlation", require_exact=True)
    assert refused.value.reason == "not_mergeable"


@settings(max_examples=80, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), border=st.sampled_from(["constant", "replicate", "reflect_101", "wrap"]))
def test_differs_from_the_chain_in_the_band_only(seed: int, border: str) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 4))
    kernels = [rng.integers(-3, 4, rng.integers(1, 4, 2)) for _ in range(count)]
    strides = [tuple(rng.integers(1, 3, 2).tolist()) for _ in range(count)]
    dilations = [tuple(rng.integers(1, 3, 2).tolist()) for _ in range(count)]
    paddings = [rng.integers(0, 4, (2, 2)).tolist() for _ in range(count)]
    mode = str(rng.choice(["convolution", "correlation"]))
    image = rng.integers(-9, 10, rng.integers(20, 40, 2)).astype(float)
    merged = merge_kernels(kernels, strides, paddings, dilations=dilations, mode=mode, border=border)
    expected = chain(image, kernels, strides, paddings, dilations, mode, border)
    out = convolve(
        image, merged.kernel, mode=mode, stride=merged.stride, padding=merged.padding, border=border, method="direct"
    )
    assert out.shape == expected.shape
    (top, bottom), (left, right) = merged.border_band
    inside = slice(top, out.shape[0] - bottom), slice(left, out.shape[1] - right)
    # whole numbers below 2^53
    assert np.array_equal(out[inside], expected[inside])
    assert merged.exact == (merged.border_band == ((0, 0), (0, 0)))


def test_channels_go_through_the_middle() -> None:
    rng = np.random.default_rng(2)
    first, second = rng.integers(-3, 4, (3, 2, 2, 4)), rng.integers(-3, 4, (2, 3, 4, 3))
    plain = rng.integers(-3, 4, (2, 2))
    image = rng.integers(-9, 10, (9, 10, 2)).astype(float)
    for kernels in ([first, second], [plain, first, second], [first, plain], [first, second, plain]):
        merged = merge_kernels(kernels, paddings=["valid"] * len(kernels))
        assert merged.exact
        expected = (
            chain(image, kernels, [1] * 3, ["valid"] * 3, [1] * 3, "convolution", "constant")
            if len(kernels) == 3
            else chain(image, kernels, [1] * 2, ["valid"] * 2, [1] * 2, "convolution", "constant")
        )
        assert np.array_equal(convolve(image, merged.kernel, padding=merged.padding), expected)


def test_circular_convolutions_merge_exactly() -> None:
    merged = merge_kernels([np.ones((3, 3)), np.ones((5, 5))], border="wrap")
    assert merged.exact
    assert not merge_kernels([np.ones((3, 3)), np.ones((5, 5))]).exact


@pytest.mark.parametrize(
    ("argument", "arguments", "options"),
    [
        ("kernels", ([],), {}),
        ("kernels/1", ([np.ones((3, 3)), np.ones(3)],), {}),
        ("kernels/0/0/1", ([[[1, np.inf]]],), {}),
        ("kernels/1", ([np.ones((1, 1, 2, 3)), np.ones((1, 1, 2, 3))],), {}),
        ("kernels/1", ([np.ones((2000, 1)), np.ones((1, 3000))],), {}),
        ("strides", ([[[1]]], [1, 2]), {}),
        ("strides/0", ([[[1]]], [0]), {}),
        ("paddings/0", ([[[1]]], None, ["full"]), {}),
        ("paddings/0", ([[[1]]], [2], ["same"]), {}),
        ("dilations/0", ([[[1]]],), {"dilations": [0]}),
        ("dilations", ([np.ones((2, 2))],), {"dilations": [4000]}),
        ("mode", ([[[1]]],), {"mode": "both"}),
        ("border", ([[[1]]],), {"border": "mirror"}),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(argument: str, arguments, options) -> None:
    with pytest.raises(InvalidInput) as refused:
        merge_kernels(*arguments, **options)
    assert refused.value.argument == argument


@pytest.mark.parametrize("border", ["reflect", "reflect_101"])
def test_kernels_that_are_the_same_in_reverse_go_on_behind_a_mirror(border: str) -> None:
    rng = np.random.default_rng(6)
    even, lopsided = np.outer([1, 4, 1], [1, 2, 3, 2, 1]), np.outer([1, 4, 1], [1, 2, 4])
    image = rng.integers(-9, 10, (5, 4)).astype(float)
    for first, second, exact in ((even, even, True), (even, lopsided, True), (lopsided, even, False)):
        for dilation in (1, 2):
            merged = merge_kernels([first, second], dilations=[dilation, 1], border=border)
            assert merged.exact is exact
            expected = chain(image, [first, second], [1, 1], ["same"] * 2, [dilation, 1], "convolution", border)
            out = convolve(image, merged.kernel, padding=merged.padding, border=border, method="direct")
            assert np.array_equal(out, expected) is exact
    # columns of the lopsided kernel are the same in reverse: only columns of the result differ
    assert merge_kernels([lopsided, even], border=border).border_band[0] == (0, 0)
    for paddings in (["same", "valid"], [[[2, 0], [2, 2]], "same"], ["valid", "same"]):
        exact = merge_kernels([even, even], paddings=paddings, border=border).exact
        assert exact is (paddings[1] == "valid")
