import numpy as np
import pytest
from scipy import sparse

from geometry.errors import InvalidInput
from geometry.filters import convolution_matrix, convolution_tensor, convolve, convolve_transpose
from geometry.filters.border import BORDERS
from tests.naive import convolution_operators as naive


def test_the_published_operator_of_a_kernel_with_channels() -> None:
    rng = np.random.default_rng(1)
    kernel, image = rng.integers(-9, 10, (2, 4, 3, 2)), rng.integers(-9, 10, (5, 6, 3)).astype(float)
    expected = np.zeros((4, 3, 2, 5, 6, 3))
    for i, j in np.ndindex(4, 3):
        expected[i, j, :, i : i + 2, j : j + 4] = kernel.transpose(3, 0, 1, 2)
    out = convolution_tensor(kernel, image.shape, mode="correlation", padding="valid")
    assert np.array_equal(out, expected)
    assert np.array_equal(np.tensordot(out, image, 3), convolve(image, kernel, mode="correlation", padding="valid"))


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("groups", [0, 1, 2])
def test_agrees_with_the_definition(border: str, groups: int) -> None:
    rng = np.random.default_rng([BORDERS.index(border), groups])
    for _ in range(4):
        shape = (*rng.integers(1, 5, 2).tolist(), 4)
        taps = rng.integers(1, 4, 2).tolist()
        kernel = rng.integers(-2, 3, (*taps, 4 // groups, 2 * groups) if groups else taps)
        options = {
            "mode": str(rng.choice(["convolution", "correlation"])),
            "stride": tuple(rng.integers(1, 3, 2).tolist()),
            "dilation": tuple(rng.integers(1, 3, 2).tolist()),
            "groups": max(groups, 1),
            "padding": "same" if rng.integers(2) else rng.integers(4, 6, (2, 2)).tolist(),
            "border": border,
        }
        expected = naive.tensor(kernel, shape, **options)
        assert np.array_equal(convolution_tensor(kernel, shape, **options), expected)
        found = convolution_matrix(kernel, shape, **options)
        matrix = sparse.csr_array((found.data, found.indices, found.indptr), shape=found.shape)
        assert matrix.has_canonical_format
        assert found.indices.dtype == found.indptr.dtype == np.int32
        image = rng.integers(-9, 10, shape).astype(float)
        applied = (matrix @ image.ravel()).reshape(found.output_shape)
        # whole numbers: exact in any order
        assert np.array_equal(applied, convolve(image, kernel, **options))
        back = (matrix.T @ applied.ravel()).reshape(shape)
        assert np.array_equal(back, convolve_transpose(applied, kernel, shape=shape[:2], **options))


def test_a_grey_image_has_one_channel() -> None:
    found = convolution_matrix([[1.0, 2.0]], (2, 3), padding="valid", mode="correlation")
    assert found.output_shape == (2, 2, 1)
    assert found.input_shape == (2, 3, 1)
    assert found.data.tolist() == [1, 2] * 4
    assert found.indices.tolist() == [0, 1, 1, 2, 3, 4, 4, 5]
    assert found.indptr.tolist() == [0, 2, 4, 6, 8]


def test_a_kernel_of_zeros_has_no_entries() -> None:
    found = convolution_matrix(np.zeros((3, 3)), (4, 4))
    assert found.data.shape == found.indices.shape == (0,)
    assert found.indptr.tolist() == [0] * 17


@pytest.mark.parametrize(
    ("argument", "kernel", "shape", "options"),
    [
        ("shape", np.ones((1, 1)), (3,), {}),
        ("shape", np.ones((1, 1)), (3, 0), {}),
        ("shape", np.ones((1, 1)), (3, 1.5), {}),
        ("groups", np.ones((1, 1)), (3, 3), {"groups": 2}),
        ("kernel", np.ones((1, 1, 2, 2)), (3, 3, 3), {}),
        ("kernel", np.ones((4, 1)), (3, 3), {"padding": "valid"}),
        ("border", np.ones((1, 1)), (3, 3), {"border": "mirror"}),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(argument: str, kernel, shape, options) -> None:
    with pytest.raises(InvalidInput) as refused:
        convolution_matrix(kernel, shape, **options)
    assert refused.value.argument == argument
