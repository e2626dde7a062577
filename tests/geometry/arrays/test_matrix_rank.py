import math
from fractions import Fraction

import numpy as np
import pytest

from geometry.arrays import matrix_rank
from geometry.errors import InvalidInput
from tests.naive import arrays as naive


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (2, 3), (4, 2), (3, 3), (5, 4)])
def test_ranks_of_whole_matrices_agree_with_exact_elimination(shape) -> None:
    rng = np.random.default_rng(shape)
    stack = rng.integers(-2, 3, (6, 7, *shape))
    stack[0, 0] = 0
    result = matrix_rank(stack)
    assert result.rank.dtype == np.int64
    assert result.rank.tolist() == [[naive.matrix_rank(matrix) for matrix in row] for row in stack]
    assert result.singular_values.shape == (6, 7, min(shape))


@pytest.mark.parametrize("scale", [1.0, 1e150, 1e-150, 1e300, 1e-270])
def test_two_by_two_singular_values_are_accurate_at_any_scale(scale: float) -> None:
    rng = np.random.default_rng(1)
    stack = rng.normal(size=(50, 2, 2)) * 10.0 ** rng.integers(-6, 6, (50, 1, 2)) * scale
    stack[:10, 1] = stack[:10, 0] * (1 + 1e-9)
    values = matrix_rank(stack).singular_values
    for matrix, (first, second) in zip(stack, values, strict=True):
        p, q = naive.singular_values_2x2(matrix)
        unit = Fraction(float(np.abs(matrix).max()))
        p, q = p / unit**2, q / unit**4
        # σ1² = (p + √q) / 2; some roundings of the closed form
        assert float(Fraction(first) / unit) == pytest.approx(
            math.sqrt(float(p) / 2 + math.sqrt(float(q)) / 2), rel=1e-15 * 8
        )
        # σ1 σ2 = |det|, exact to the last bits even where the matrix is nearly singular
        determinant = abs(
            Fraction(matrix[0, 0]) * Fraction(matrix[1, 1]) - Fraction(matrix[0, 1]) * Fraction(matrix[1, 0])
        )
        product = Fraction(float(first)) * Fraction(float(second))
        assert abs(product - determinant) <= determinant * Fraction(1, 10**14)


def test_agrees_with_numpy_on_a_grid_of_matrices() -> None:
    rng = np.random.default_rng(2)
    stack = rng.normal(size=(4, 4, 2, 2))
    stack[1, 2] = 1
    stack[3, 3] = 0
    result = matrix_rank(stack)
    assert np.array_equal(result.rank, np.linalg.matrix_rank(stack))
    # both are backward stable: a few roundings of the largest value
    np.testing.assert_allclose(
        result.singular_values,
        np.linalg.svd(stack, compute_uv=False),
        rtol=0,
        atol=8 * 2**-52 * np.abs(stack).max() * 2,
    )


def test_proportional_rows_have_rank_one_at_any_scale() -> None:
    for scale in (1.0, 1e150, 1e-150, 1e-320):
        assert matrix_rank(np.array([[1.0, 2.0], [2.0, 4.0]]) * scale).rank == 1
        assert matrix_rank(np.eye(2) * scale).rank == 2


def test_tolerances_may_be_one_for_all_or_one_for_each() -> None:
    stack = np.stack([np.diag([5.0, 1.0]), np.diag([0.5, 0.1])])
    assert matrix_rank(stack, tolerance=0).rank.tolist() == [2, 2]
    assert matrix_rank(stack, tolerance=0.5).rank.tolist() == [2, 0]
    assert matrix_rank(stack, tolerance=[5.0, 0.2]).rank.tolist() == [0, 1]


def test_single_precision_matrices_are_judged_by_their_own_rounding() -> None:
    matrix = np.outer([1, 1 / 3], [1, 1 / 7]).astype(np.float32)
    assert matrix_rank(matrix).rank == 1
    assert matrix_rank(matrix.astype(np.float64)).rank == 2


@pytest.mark.parametrize("shape", [(0, 2, 2), (3, 0, 3, 3), (4, 0, 3), (2, 3, 0), (0, 0)])
def test_empty_stacks_and_matrices(shape) -> None:
    result = matrix_rank(np.empty(shape))
    assert result.rank.shape == shape[:-2]
    assert result.singular_values.shape == (*shape[:-2], min(shape[-2:]))
    assert not result.rank.any()


def test_a_read_only_stack_in_foreign_order_gives_the_same() -> None:
    stack = np.random.default_rng(3).normal(size=(5, 2, 2))
    frozen = stack.astype(">f8")
    frozen.flags.writeable = False
    assert np.array_equal(matrix_rank(frozen).singular_values, matrix_rank(stack).singular_values)


def test_bands_do_not_change_a_byte(bands: int) -> None:
    for shape in ((2, 2), (3, 4)):
        stack = np.random.default_rng(4).normal(size=(30, *shape))
        apart = np.concatenate([matrix_rank(matrix[np.newaxis]).singular_values for matrix in stack])
        assert matrix_rank(stack).singular_values.tobytes() == apart.tobytes()


@pytest.mark.parametrize(
    ("argument", "matrices", "tolerance"),
    [
        ("matrices", [1.0, 2.0], None),
        ("matrices", [[1, 2], [3]], None),
        ("matrices", np.eye(2, dtype=complex), None),
        ("matrices/1/0/1", [np.eye(2), [[1, np.nan], [0, 1]]], None),
        ("matrices/0/0", [[np.inf, 0], [0, 1]], None),
        ("matrices/1", [np.eye(2), np.full((2, 2), 1.7e308)], None),
        ("tolerance", np.eye(2), -1),
        ("tolerance", np.eye(2), np.nan),
        ("tolerance", np.zeros((3, 2, 2)), [1, 2]),
        ("tolerance", np.eye(2), [[1], [1, 2]]),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(argument: str, matrices, tolerance) -> None:
    with pytest.raises(InvalidInput) as refused:
        matrix_rank(matrices, tolerance=tolerance)
    assert refused.value.argument == argument
