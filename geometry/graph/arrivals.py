"""First arrivals of independent Poisson processes whose rates are products, without a table of all of them."""

import numpy as np

from geometry.inputs import Array

_USUAL = 0.5625  # mean of a product of two numbers spread evenly over ½ … 1: cells are between ¼ and 1 of their bound


class Arrivals:
    """N × M cells (i, j), in each of which events arrive with rate `a_i b_j`.

    Rows and columns are sorted by the powers of two of their weights; all cells with the same power of their product
    form a group with a common bound of the rate. In a group, cells with an event of a process at the bound's rate are
    found by geometric steps from one to the next, and thinned to their own rates. The work is proportional to the
    events, not to the cells, and nothing is approximate.

    Parameters
    ----------
    a, b
        (N,), (M,), float64, 0 … 1; positive ones ≥ 2^-501.
    generator
        Where all randomness comes from.
    """

    def __init__(self, a: Array, b: Array, generator: np.random.Generator) -> None:
        self._a, self._b, self._generator, self.columns = a, b, generator, len(b)
        self._rows, rows = _by_power(a)
        self._columns, columns = _by_power(b)
        power = (rows[:, 0][:, np.newaxis] + columns[:, 0]).reshape(-1)
        order = np.argsort(power, kind="stable")[::-1]
        block = np.stack(np.divmod(order, max(1, len(columns))), axis=1)
        self._first_row, self._first_column = rows[block[:, 0], 1], columns[block[:, 1], 1]
        self._width = columns[block[:, 1], 2]
        self.cells = len(self._rows) * len(self._columns)
        self._cells = rows[block[:, 0], 2] * self._width
        power = power[order]
        self._edges = np.flatnonzero(np.diff(power, prepend=power[0] + 1, append=power[-1] - 1))
        self._bounds = np.ldexp(1.0, power[self._edges[:-1]])
        self._sizes = np.add.reduceat(self._cells, self._edges[:-1])

    def time_of(self, begin: float, cells: float) -> float:
        """When about that many more cells than at `begin` will have had an event; infinite where nearly all will."""
        rates = _USUAL * self._bounds

        def reached(time: float) -> float:
            return float((self._sizes * -np.expm1(-rates * time)).sum())

        wanted = reached(begin) + cells
        if wanted > 0.95 * self._sizes.sum():
            return np.inf
        low, high = -70.0 - np.log2(rates[0]), 10.0 - np.log2(rates[-1])
        for _ in range(30):
            middle = (low + high) / 2
            low, high = (low, middle) if reached(2.0**middle) >= wanted else (middle, high)
        return max(float(2.0**high), 1.125 * begin)

    def everything(self) -> tuple[Array, Array, Array]:
        """Rows, columns and times of the first event in every cell, by a table of them."""
        rates = self._a[self._rows, np.newaxis] * self._b[self._columns]
        times = -np.log1p(-self._generator.random(rates.shape)) / rates
        i, j = np.repeat(self._rows, len(self._columns)), np.tile(self._columns, len(self._rows))
        return i, j, times.reshape(-1)

    def between(self, begin: float, end: float) -> tuple[Array, Array, Array]:
        """Rows, columns and times of the first event after `begin` in every cell that has one before `end`."""
        found = [self._group(g, begin, end) for g in range(len(self._bounds))]
        i, j, times = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return i, j, times

    def _group(self, g: int, begin: float, end: float) -> tuple[Array, Array, Array]:
        span = end - begin
        places = self._places(int(self._sizes[g]), float(-np.expm1(-self._bounds[g] * span)))
        blocks = slice(self._edges[g], self._edges[g + 1])
        ends = np.cumsum(self._cells[blocks])
        block = np.searchsorted(ends, places, side="right")
        row, column = np.divmod(places - (ends - self._cells[blocks])[block], self._width[blocks][block])
        i = self._rows[self._first_row[blocks][block] + row]
        j = self._columns[self._first_column[blocks][block] + column]
        rates = self._a[i] * self._b[j]
        chances = -np.expm1(-rates * span)
        kept = self._generator.random(len(places)) * -np.expm1(-self._bounds[g] * span) < chances
        rates, chances = rates[kept], chances[kept]
        return i[kept], j[kept], begin - np.log1p(-self._generator.random(len(rates)) * chances) / rates

    def _places(self, cells: int, chance: float) -> Array:
        """Numbers 0 … cells − 1, each with the given chance, ascending."""
        parts, last = [], -1
        with np.errstate(divide="ignore"):
            step = np.log1p(-chance)  # −∞ where every cell is taken: all gaps are then 0
        while chance > 0 and last < cells - 1:
            expected = (cells - 1 - last) * chance
            draws = int(expected + 4 * np.sqrt(expected)) + 16
            gaps = np.log1p(-self._generator.random(draws)) / step
            steps = np.minimum(gaps, cells).astype(np.int64) + 1
            # what lies beyond the last cell must not overflow
            parts.append(
                np.minimum(last + np.minimum(np.cumsum(steps, dtype=np.float64), 2.0**62).astype(np.int64), cells)
            )
            last = int(parts[-1][-1])
        places = np.concatenate(parts) if parts else np.empty(0, np.int64)
        return places[places < cells]


def _by_power(weights: Array) -> tuple[Array, Array]:
    """Indices of the positive weights by power of two, and for each power: itself, where it begins, how many it has."""
    index = np.flatnonzero(weights > 0)
    powers = np.frexp(weights[index])[1].astype(np.int64)
    order = np.argsort(powers, kind="stable")
    distinct, first, number = np.unique(powers[order], return_index=True, return_counts=True)
    return index[order], np.stack([distinct, first, number], axis=1)
