import numba
import numpy as np
import pytest

from geometry.fold import fold
from geometry.lanes import Operand, lanes, load, store


@lanes
def _powers(a: Operand, count: Operand, out: Operand) -> None:
    def body(number: Operand, values: list[Operand]) -> list[Operand]:
        return [values[0] * load(a, 0, 4), values[1] + load(a, number, 1)]

    power, total = fold(count, [load(a, 4, 4), load(a, 0, 1)], body)
    store(out, 0, power)
    store(out, 4, total)


@numba.njit("void(f8[::1],i8,f8[::1])", error_model="numpy")
def _kernel(a, count, out):
    _powers(a, count, out)


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_rounds_carry_vectors_and_numbers(count: int) -> None:
    a, out = np.array([2.0, 3.0, 0.5, -1.0, 1.0, 2.0, 3.0, 4.0]), np.zeros(8)
    _kernel(a, count, out)
    np.testing.assert_array_equal(out[:4], a[4:] * a[:4] ** count)
    assert out[4] == a[0] + a[:count].sum()


@pytest.mark.jit
def test_the_interpreted_loop_gives_the_same() -> None:
    a, compiled, interpreted = np.arange(1.0, 9.0), np.zeros(8), np.zeros(8)
    _kernel(a, 4, compiled)
    _powers.py_func(a, 4, interpreted)
    np.testing.assert_array_equal(compiled, interpreted)
