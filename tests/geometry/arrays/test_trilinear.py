from itertools import permutations

import numpy as np
import pytest

from geometry.arrays.trilinear import trilinear

SHAPES = [(1, 1, 1, 1), (3, 9, 5, 21), (2, 17, 26, 33), (5, 3, 50, 5)]


def reference(a, b, c):
    """In float64, as a matrix product of all products of rows."""
    a, b, c = (matrix.astype(np.float64) for matrix in (a, b, c))
    pairs = (a[:, np.newaxis] * b).reshape(len(a) * len(b), -1)
    return (pairs @ c.T).reshape(len(a), len(b), len(c))


def bound(a, b, c, dtype):
    """A sum of M products of three has at most M + 2 roundings."""
    return reference(abs(a), abs(b), abs(c)) * (a.shape[1] + 2) * np.finfo(dtype).eps


def matrices(shape, dtype, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(rows, shape[3])).astype(dtype) for rows in shape[:3]]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", SHAPES)
def test_agrees_with_the_matrix_product_of_all_products_of_rows(shape, dtype) -> None:
    a, b, c = matrices(shape, dtype)
    found = trilinear(a, b, c, np.dtype(dtype))
    assert found.dtype == dtype
    assert (abs(found - reference(a, b, c)) <= bound(a, b, c, dtype)).all()


@pytest.mark.jit
def test_stretches_of_many_terms_add_up() -> None:
    a, b, c = matrices((4, 10, 30, 10_000), np.float64)
    found = trilinear(a, b, c, np.dtype(np.float64))
    assert (abs(found - reference(a, b, c)) <= bound(a, b, c, np.float64)).all()


@pytest.mark.parametrize("same", ["aab", "abb", "aba", "aaa"])
def test_what_follows_by_symmetry_is_the_same(same: str) -> None:
    distinct = dict(zip("ab", matrices((27, 27, 27, 9), np.float64)[:2], strict=True))
    a, b, c = (distinct[name] for name in same)
    found = trilinear(a, b.copy(), c.copy(), np.dtype(np.float64))
    assert (abs(found - reference(a, b, c)) <= bound(a, b, c, np.float64)).all()
    for order in permutations(range(3)):
        if [same[axis] for axis in order] == list(same):
            np.testing.assert_array_equal(found, found.transpose(order))


def test_strides_of_the_operands_do_not_matter() -> None:
    a, b, c = matrices((3, 9, 30, 12), np.float64)
    expected = trilinear(a, b, c, np.dtype(np.float64))
    apart = np.repeat(b, 2, axis=1)[:, ::2]
    np.testing.assert_array_equal(trilinear(np.asfortranarray(a), apart, c, np.dtype(np.float64)), expected)
    np.testing.assert_array_equal(trilinear(a, b, c[::-1], np.dtype(np.float64)), expected[:, :, ::-1])


@pytest.mark.parametrize("shape", [(0, 2, 3, 4), (2, 0, 3, 4), (2, 3, 0, 4), (2, 3, 4, 0)])
def test_nothing_adds_up_to_nothing(shape) -> None:
    found = trilinear(*matrices(shape, np.float64), np.dtype(np.float64))
    assert found.shape == shape[:3]
    assert not found.any()


def test_bands_do_not_change_a_byte(bands: int) -> None:
    a, b, c = matrices((40, 60, 60, 5), np.float32)
    expected = np.concatenate([trilinear(a[n : n + 1], b, c, np.dtype(np.float32)) for n in (0, 17, 39)])
    assert trilinear(a, b, c, np.dtype(np.float32))[[0, 17, 39]].tobytes() == expected.tobytes()
