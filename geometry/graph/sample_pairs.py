"""Distinct pairs of indices drawn by two weightings."""

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import interrupt_point
from geometry.errors import InvalidInput
from geometry.graph.arrivals import Arrivals
from geometry.inputs import Array, finite_number, real_array

_SPREAD = 500  # powers of two between the largest and the smallest weight; products of two still fit float64
_MOST_CELLS = 2**53
_TABLE = 10  # cells for each pair that is drawn, up to which a table of all cells is the faster way


def sample_pairs(
    left_weights: ArrayLike,
    right_weights: ArrayLike,
    count: int,
    *,
    ordered: bool = True,
    self_pairs: bool = True,
    seed: int = 0,
) -> Array:
    """Draw `count` distinct pairs (i, j), one after the other, without replacement.

    Each draw takes pair (i, j) with probability proportional to `a_i b_j` among the pairs not yet drawn. That is what
    drawing i by a and j by b again and again, and dropping what came before, gives; but the time does not depend on how
    often pairs come again.

    Parameters
    ----------
    left_weights, right_weights
        a (N,) and b (M,), finite, ≥ 0; positive ones of a side within a factor of 2^500. An index of weight 0 is never
        drawn.
    count
        How many pairs, ≥ 0.
    ordered
        Whether (i, j) and (j, i) are different pairs. If not, {i, j} has the weight `a_i b_j + a_j b_i` (once where
        i = j), and comes as i ≤ j.
    self_pairs
        Whether i = j may be drawn.
    seed
        0 … 2^63 − 1; the same seed gives the same pairs (numpy's Philox generator).

    Returns
    -------
    (count, 2), int64, in the order drawn.

    Raises
    ------
    InvalidInput
        Fewer than `count` pairs have a positive weight (names `count`); weights that are negative, not finite or too
        different; weightings of different lengths where (i, j) is compared with (j, i) or i with j.

    Notes
    -----
    Pairs arrive as independent Poisson processes with rates `a_i b_j`; the order of their first arrivals has the law
    above (Efraimidis and Spirakis 2006). Arrivals are drawn up to a time by which enough of them are expected; see
    `Arrivals`.
    """
    a, b = _weights(left_weights, "left_weights"), _weights(right_weights, "right_weights")
    if not (ordered and self_pairs) and len(a) != len(b):
        option = "self_pairs" if ordered else "ordered"
        raise InvalidInput(
            option, f"needs weightings of one length, they have {len(a)} and {len(b)}: their indices must mean the same"
        )
    wanted = finite_number(count, "count")
    if wanted != int(wanted) or wanted < 0:
        raise InvalidInput("count", f"must be a whole number ≥ 0, came as {wanted:g}")
    number = finite_number(seed, "seed")
    if number != int(number) or not 0 <= number < 2**63:
        raise InvalidInput("seed", f"must be a whole number from 0 to 2^63 − 1, came as {number:g}")
    if len(a) * len(b) > _MOST_CELLS:
        raise InvalidInput("left_weights", f"{len(a)} × {len(b)} pairs are more than 2^53")
    possible = _possible(a > 0, b > 0, ordered=ordered, self_pairs=self_pairs)
    if wanted > possible:
        raise InvalidInput(
            "count", f"{int(wanted)} distinct pairs were asked for, only {possible} have a positive weight"
        )
    if wanted == 0:
        return np.empty((0, 2), np.int64)
    arrivals = Arrivals(a, b, np.random.Generator(np.random.Philox(int(seed))))
    return _first_arrivals(arrivals, int(wanted), ordered, self_pairs)


def _possible(left: Array, right: Array, *, ordered: bool, self_pairs: bool) -> int:
    """How many distinct pairs there are of indices that are True in `left` and in `right`."""
    cells = int(left.sum()) * int(right.sum())
    if ordered and self_pairs:
        return cells
    both = int((left & right).sum())
    twice = 0 if ordered else both * (both - 1) // 2
    return cells - twice - (0 if self_pairs else both)


def _first_arrivals(arrivals: Arrivals, count: int, ordered: bool, self_pairs: bool) -> Array:
    columns = arrivals.columns
    keys, times = np.empty(0, np.int64), np.empty(0)
    begin, extra = 0.0, 1.0
    table = arrivals.cells <= _TABLE * count
    while len(keys) < count:
        interrupt_point()
        missing = count - len(keys)
        end = np.inf if table else arrivals.time_of(begin, extra * (missing + 4.0 * np.sqrt(missing) + 8.0))
        i, j, when = arrivals.everything() if table else arrivals.between(begin, end)
        if not self_pairs:
            apart = i != j
            i, j, when = i[apart], j[apart], when[apart]
        if not ordered:
            i, j = np.minimum(i, j), np.maximum(i, j)
        again = len(keys) > 0 or not ordered
        keys, times = _by_time(np.concatenate([keys, i * columns + j]), np.concatenate([times, when]), distinct=again)
        begin, extra = end, 2.0 * extra
    return np.stack(np.divmod(keys[:count], columns), axis=1)


def _by_time(keys: Array, times: Array, *, distinct: bool) -> tuple[Array, Array]:
    """Keys and times in the order of times; of equal keys the first, where some may be equal."""
    order = np.argsort(times)
    if not distinct:
        return keys[order], times[order]
    _, first = np.unique(keys[order], return_index=True)
    kept = order[np.sort(first)]
    return keys[kept], times[kept]


def _weights(value: ArrayLike, name: str) -> Array:
    """Weights scaled by a power of two to less than 1."""
    weights = real_array(value, name, ("N",))
    if (weights < 0).any():
        place = int(np.argmax(weights < 0))
        raise InvalidInput(f"{name}/{place}", f"must not be negative, came as {weights[place]:g}")
    positive = weights[weights > 0]
    if len(positive) == 0:
        return weights
    exponents = np.frexp(positive)[1]
    highest = int(exponents.max())
    if highest - int(exponents.min()) > _SPREAD:
        raise InvalidInput(name, f"positive weights differ by a factor of more than 2^{_SPREAD}")
    scaled: Array = np.ldexp(weights, -highest)
    return scaled
