"""Product of two arrays whose axes have letters, as a stack of matrix products."""

from collections.abc import Callable
from math import prod

import numpy as np

from geometry.bands import run_bands
from geometry.blas import one_blas_thread
from geometry.inputs import Array
from geometry.memory import fresh_arrays

_BLOCK_FLOPS = 2**24
_BLOCK = 256
_LONG = 2**16
_SMALL = 2**16


def multiply_pair(x: Array, y: Array, letters: tuple[str, str], output: str, dtype: np.dtype[np.generic]) -> Array:
    """Multiply and sum over the letters that the output does not have.

    Work is cut into blocks of fixed size, which threads share; BLAS uses no threads of its own. Integers wrap around.

    Parameters
    ----------
    x, y
        One axis a letter.
    letters
        Of x and of y. A letter of one alone is in the output.
    output
        Letters of the result.
    dtype
        In which is computed.
    """
    one, other = letters
    lengths = dict(zip(one + other, x.shape + y.shape, strict=True))
    batch = "".join(letter for letter in one if letter in other and letter in output)
    summed = "".join(letter for letter in one if letter in other and letter not in output)
    rows = "".join(letter for letter in one if letter not in other)
    columns = "".join(letter for letter in other if letter not in one)
    b, m, n, k = (prod(lengths[letter] for letter in group) for group in (batch, rows, columns, summed))
    left = _ready(_arranged(x, one, batch + rows + summed).reshape(b, m, k), dtype)
    right = _ready(_arranged(y, other, batch + summed + columns).reshape(b, k, n), dtype)
    with one_blas_thread():
        product = _product(left, right, dtype) if summed else _outer(left, right, dtype)
    shape = [lengths[letter] for letter in batch + rows + columns]
    return _arranged(product.reshape(shape), batch + rows + columns, output)


def _arranged(array: Array, letters: str, wanted: str) -> Array:
    return array.transpose([letters.index(letter) for letter in wanted])


def _ready(stack: Array, dtype: np.dtype[np.generic]) -> Array:
    """As `dtype`, with rows or columns that BLAS can read where they lie."""
    stack = stack.astype(dtype, copy=False)
    small, large = sorted(stack.strides[1:])
    good = small == dtype.itemsize and large >= dtype.itemsize and large % dtype.itemsize == 0
    return stack if good and stack.flags.aligned else np.ascontiguousarray(stack)


def _outer(left: Array, right: Array, dtype: np.dtype[np.generic]) -> Array:
    (out,) = fresh_arrays(((left.shape[0], left.shape[1], right.shape[2]), dtype))
    if out.shape[0] > 1 or out.shape[1] == 1:
        _in_blocks(lambda s: np.multiply(left[s], right[s], out=out[s]), out.shape[0], out[0].size if out.size else 1)
    else:
        _in_blocks(lambda s: np.multiply(left[:, s], right, out=out[:, s]), out.shape[1], out.shape[2])
    return out


def _product(left: Array, right: Array, dtype: np.dtype[np.generic]) -> Array:
    b, m, k = left.shape
    n = right.shape[2]
    if b == 1 and k > _LONG and m * n <= _SMALL:
        return _long_product(left[0], right[0], dtype)
    (out,) = fresh_arrays(((b, m, n), dtype))
    if b > 1:
        _in_blocks(lambda s: np.matmul(left[s], right[s], out=out[s]), b, 2 * m * n * k)
    elif m >= n:
        _in_blocks(lambda s: np.matmul(left[:, s], right, out=out[:, s]), m, 2 * n * k, at_least=_BLOCK)
    else:
        _in_blocks(lambda s: np.matmul(left, right[:, :, s], out=out[:, :, s]), n, 2 * m * k, at_least=_BLOCK)
    return out


def _long_product(left: Array, right: Array, dtype: np.dtype[np.generic]) -> Array:
    """Few sums of many terms: stretches of terms apart, then their sums in order, in float64 where they are real."""
    count = -(-left.shape[1] // _LONG)
    (parts,) = fresh_arrays(((count, left.shape[0], right.shape[1]), dtype))

    def work(start: int, stop: int) -> None:
        for number in range(start, stop):
            terms = slice(number * _LONG, (number + 1) * _LONG)
            np.matmul(left[:, terms], right[terms], out=parts[number])

    run_bands(work, count)
    total = np.zeros(parts.shape[1:], np.int64 if dtype.kind == "i" else np.float64)
    for part in parts:
        total += part
    return total[np.newaxis].astype(dtype, copy=False)


def _in_blocks(work: Callable[[slice], object], count: int, flops: int, *, at_least: int = 1) -> None:
    """Call `work` for slices that cover `range(count)`; each is worth a few milliseconds."""
    size = max(at_least, _BLOCK_FLOPS // max(1, flops))

    def band(start: int, stop: int) -> None:
        for number in range(start, stop):
            work(slice(number * size, (number + 1) * size))

    run_bands(band, -(-count // size))
