"""A rig: cameras prepared once, from which fundamental matrices of any pairs are read off."""

import math
from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.cameras.minors import plucker_minors
from geometry.errors import InvalidInput
from geometry.inputs import Array, choice, kernel_view, real_array
from geometry.kernel import inline, kernel

Layout = Literal["full", "condensed"]
Normalization = Literal["frobenius", "none"]
Float = Literal["float64", "float32"]

PAIR_STATUS = ("ok", "same_centre", "rank_deficient_camera")
"""What the codes in `status` mean."""

_CHUNK = 64  # cameras whose intermediate values stay in the first-level cache
_TINY = 1e-250  # below it a sum of nine squares has lost digits to underflow
_BAND_PAIRS = 100_000
# log2 of the largest entries that `normalization="none"` accepts: from above, so that nothing overflows; from below,
# so that entries much smaller than the largest do not vanish.
_EXPONENTS = {"float64": (-900, 1015), "float32": (-60, 120)}


@inline
def _entries(minors, left, first, count, entries):  # type: ignore[no-untyped-def]
    """entries[c, 3 j + r] = F[r, c] between camera `left` and camera `first + j`, for `count` cameras.

    The sum pairs the products that change places with the roles of the cameras: F_ji = F_ijᵀ holds to the last bit.
    """
    start, stop = 3 * first, 3 * (first + count)
    right_01, right_02, right_03 = minors[0, start:stop], minors[1, start:stop], minors[2, start:stop]
    right_12, right_13, right_23 = minors[3, start:stop], minors[4, start:stop], minors[5, start:stop]
    for c in range(3):
        i = 3 * left + c
        left_01, left_02, left_03 = minors[0, i], minors[1, i], minors[2, i]
        left_12, left_13, left_23 = minors[3, i], minors[4, i], minors[5, i]
        column = entries[c]
        for q in range(stop - start):
            column[q] = (
                (right_01[q] * left_23 + right_23[q] * left_01) - (right_02[q] * left_13 + right_13[q] * left_02)
            ) + (right_03[q] * left_12 + right_12[q] * left_03)


@inline
def _inverse_norms(entries, count, factors):  # type: ignore[no-untyped-def]
    """factors[3 j + r] = 1 / ‖F_j‖, the same for the transposed matrix to the last bit; True if some norm is tiny."""
    zeroth, first, second = entries[0], entries[1], entries[2]
    tiny = 0
    for j in range(count):
        q = 3 * j
        diagonal = (zeroth[q] * zeroth[q] + first[q + 1] * first[q + 1]) + second[q + 2] * second[q + 2]
        near = (zeroth[q + 1] * zeroth[q + 1] + first[q] * first[q]) + (
            first[q + 2] * first[q + 2] + second[q + 1] * second[q + 1]
        )
        far = zeroth[q + 2] * zeroth[q + 2] + second[q] * second[q]
        square = diagonal + (near + far)
        tiny += square < _TINY
        factor = 1.0 / math.sqrt(max(square, _TINY))
        factors[q] = factor
        factors[q + 1] = factor
        factors[q + 2] = factor
    return tiny > 0


@inline
def _rescale_tiny(entries, count, factors):  # type: ignore[no-untyped-def]
    """Repair matrices whose squared entries underflow."""
    for j in range(count):
        largest = 0.0
        for q in range(3 * j, 3 * j + 3):
            largest = max(largest, abs(entries[0, q]), abs(entries[1, q]), abs(entries[2, q]))
        if 0.0 < largest < 1e-120:
            exponent = -math.frexp(largest)[1]
            diagonal, near, far = 0.0, 0.0, 0.0
            for c in range(3):
                for r in range(3):
                    entries[c, 3 * j + r] = math.ldexp(entries[c, 3 * j + r], exponent)
                diagonal += entries[c, 3 * j + c] ** 2
            near += entries[0, 3 * j + 1] ** 2 + entries[1, 3 * j] ** 2
            near += entries[1, 3 * j + 2] ** 2 + entries[2, 3 * j + 1] ** 2
            far += entries[0, 3 * j + 2] ** 2 + entries[2, 3 * j] ** 2
            for q in range(3 * j, 3 * j + 3):
                factors[q] = 1.0 / math.sqrt(diagonal + (near + far))


@inline
def _powers_of_two(exponents, first, count, exponent, bits):  # type: ignore[no-untyped-def]
    """Write 2**(exponents[first + j] + exponent) as bit patterns of float64."""
    for j in range(count):
        biased = np.uint64(exponents[first + j] + exponent + 1023) << np.uint64(52)
        bits[3 * j] = biased
        bits[3 * j + 1] = biased
        bits[3 * j + 2] = biased


@inline
def _coincide(centres, tolerances, i, j):  # type: ignore[no-untyped-def]
    """Whether two homogeneous unit centres are equal up to sign, within their roundings."""
    allowed = tolerances[i] + tolerances[j]
    same, opposite = 0.0, 0.0
    for k in range(4):
        same = max(same, abs(centres[k, i] - centres[k, j]))
        opposite = max(opposite, abs(centres[k, i] + centres[k, j]))
    return same <= allowed or opposite <= allowed


@kernel("void(f8[:,::1], f8[::1], i8, i8, b1[::1])")
def _find_coincident(centres, tolerances, start, stop, coincident):  # type: ignore[no-untyped-def]
    for i in range(start, stop):
        a, b, c, d, own = centres[0, i], centres[1, i], centres[2, i], centres[3, i], tolerances[i]
        found = 0
        for j in range(len(tolerances)):
            allowed = own + tolerances[j]
            e, f, g, h = centres[0, j], centres[1, j], centres[2, j], centres[3, j]
            found += (
                (abs(a - e) <= allowed) & (abs(b - f) <= allowed) & (abs(c - g) <= allowed) & (abs(d - h) <= allowed)
            ) | ((abs(a + e) <= allowed) & (abs(b + f) <= allowed) & (abs(c + g) <= allowed) & (abs(d + h) <= allowed))
        coincident[i] = found > 1


@kernel("void(f8[:,::1], f8[::1], b1[::1], b1, i8, i8, u1[::1])")
def _status_rows(centres, tolerances, coincident, condensed, start, stop, status):  # type: ignore[no-untyped-def]
    cameras, base = len(tolerances), 0
    for i in range(start, stop):
        begin = i + 1 if condensed else 0
        row = status[base : base + cameras - begin]
        row[:] = 0
        if coincident[i]:
            for j in range(begin, cameras):
                if tolerances[i] == np.inf or tolerances[j] == np.inf:
                    row[j - begin] = 2
                elif _coincide(centres, tolerances, i, j):
                    row[j - begin] = 1
        elif begin <= i:
            row[i - begin] = 1
        base += cameras - begin


@kernel(
    "void(f8[:,::1], f8[:,::1], f8[::1], b1[::1], i8[::1], i8, b1, b1, i8, i8, {T}[::1])",
    types=("f8", "f4"),
)
def _fundamental_rows(  # type: ignore[no-untyped-def]
    minors, centres, tolerances, coincident, exponents, world_exponent, unit_norm, condensed, start, stop, rows
):
    cameras, base = len(tolerances), 0
    entries, factors = np.empty((3, 3 * _CHUNK)), np.empty(3 * _CHUNK)
    bits = factors.view(np.uint64)
    for i in range(start, stop):
        begin = i + 1 if condensed else 0
        for first in range(begin, cameras, _CHUNK):
            count = min(_CHUNK, cameras - first)
            _entries(minors, i, first, count, entries)
            if not unit_norm:
                _powers_of_two(exponents, first, count, exponents[i] + world_exponent, bits)
            elif _inverse_norms(entries, count, factors):
                _rescale_tiny(entries, count, factors)
            if coincident[i]:
                for j in range(count):
                    if _coincide(centres, tolerances, i, first + j):
                        entries[:, 3 * j : 3 * j + 3] = 0.0
            elif first <= i < first + count:
                entries[:, 3 * (i - first) : 3 * (i - first) + 3] = 0.0
            chunk = rows[base : base + 9 * count]
            zeroth, middle, last = entries[0], entries[1], entries[2]
            for q in range(3 * count):
                chunk[3 * q] = zeroth[q] * factors[q]
                chunk[3 * q + 1] = middle[q] * factors[q]
                chunk[3 * q + 2] = last[q] * factors[q]
            base += 9 * count


@kernel("void(f8[:,::1], f8[:,::1], f8[::1], i8[::1], i8, b1, i8[:,::1], i8, i8, f8[:,::1], u1[::1])")
def _fundamental_pairs(  # type: ignore[no-untyped-def]
    minors, centres, tolerances, exponents, world_exponent, unit_norm, pairs, start, stop, matrices, status
):
    entries, factors = np.empty((3, 3)), np.empty(3)
    bits = factors.view(np.uint64)
    for m in range(start, stop):
        i, j = pairs[m, 0], pairs[m, 1]
        if tolerances[i] == np.inf or tolerances[j] == np.inf:
            status[m] = 2
            matrices[m] = 0.0
        elif _coincide(centres, tolerances, i, j):
            status[m] = 1
            matrices[m] = 0.0
        else:
            status[m] = 0
            _entries(minors, i, j, 1, entries)
            if not unit_norm:
                _powers_of_two(exponents, j, 1, exponents[i] + world_exponent, bits)
            elif _inverse_norms(entries, 1, factors):
                _rescale_tiny(entries, 1, factors)
            for r in range(3):
                for c in range(3):
                    matrices[m, 3 * r + c] = entries[c, r] * factors[r]


class Rig:
    """N cameras, prepared for two-view geometry: minors, centres, and which of them cannot be told apart.

    The world's origin and unit are chosen to suit the cameras, so that a rig with map coordinates thousands of
    kilometres away from the origin loses no digits. Two cameras have the same centre where their centres differ by no
    more than the rounding of their projections explains; `|F|` is not asked. A projection is rank deficient under the
    same bound.

    Parameters
    ----------
    projections
        (N, 3, 4), real, finite, N ≥ 0; from world to image, up to scale. Centres may be at infinity.

    Raises
    ------
    InvalidInput
        `projections` has another shape, or an entry that is not a finite number.
    """

    def __init__(self, projections: ArrayLike) -> None:
        self._prepared = plucker_minors(real_array(projections, "projections", ("N", 3, 4)))
        self._coincident = np.empty(self.cameras, np.bool_)
        self._in_bands(0, self.cameras, lambda i, k: _find_coincident(*self._prepared[1:3], i, k, self._coincident))

    @property
    def cameras(self) -> int:
        """How many cameras there are."""
        return len(self._prepared.tolerances)

    def pairs_before(self, row: int, layout: Layout) -> int:
        """How many pairs the layout holds in its rows before `row`."""
        return row * self.cameras if layout == "full" else row * (2 * self.cameras - row - 1) // 2

    def fundamental_rows(
        self,
        start: int,
        stop: int,
        *,
        layout: Layout = "full",
        dtype: Float = "float64",
        normalization: Normalization = "frobenius",
        out: Array | None = None,
    ) -> Array:
        """Compute the fundamental matrices of cameras `start:stop` as left cameras.

        Parameters
        ----------
        start, stop
            0 ≤ start ≤ stop ≤ N.
        layout
            `"full"`: with every camera on the right; `"condensed"`: only with those of a higher number.
        dtype
            Of the result; computed in float64 either way.
        normalization
            See `fundamental`.
        out
            Where to write: C-contiguous, of the result's shape and dtype.

        Returns
        -------
        (stop − start, N, 3, 3), or (pairs, 3, 3) for the condensed layout; 0 where `status` is not 0.

        Raises
        ------
        InvalidInput
            Rows out of range; an unknown option; `out` does not fit; the determinants of `"none"` leave the range of
            `dtype`.
        """
        self._check_rows(start, stop, layout)
        choice(dtype, "dtype", get_args(Float))
        unit_norm = self._check_normalization(normalization, dtype)
        base = self.pairs_before(start, layout)
        pairs = self.pairs_before(stop, layout) - base
        shape = (stop - start, self.cameras, 3, 3) if layout == "full" else (pairs, 3, 3)
        rows = _writable(out, shape, dtype)
        flat = rows.reshape(-1)
        prepared = self._prepared

        def work(first: int, last: int) -> None:
            _fundamental_rows(
                *prepared[:3],
                self._coincident,
                *prepared[3:],
                unit_norm,
                layout == "condensed",
                first,
                last,
                flat[9 * (self.pairs_before(first, layout) - base) :],
            )

        self._in_bands(start, stop, work)
        return rows

    def fundamental_pairs(self, pairs: Array, *, normalization: Normalization = "frobenius") -> tuple[Array, Array]:
        """Compute fundamental matrices (M, 3, 3) and status (M,) of the pairs (M, 2), int64, in range."""
        unit_norm = self._check_normalization(normalization, "float64", pairs)
        matrices, status = np.empty((len(pairs), 9)), np.empty(len(pairs), np.uint8)
        run_bands(
            lambda start, stop: _fundamental_pairs(*self._prepared, unit_norm, pairs, start, stop, matrices, status),
            len(pairs),
            grain=4096,
        )
        return matrices.reshape(-1, 3, 3), status

    def status(self, layout: Layout = "full", *, start: int = 0, stop: int | None = None) -> Array:
        """Tell which pairs of rows `start:stop` have a fundamental matrix, as codes of `PAIR_STATUS`.

        Returns
        -------
        (stop − start, N) or (pairs,), uint8. A camera has the same centre as itself.
        """
        stop = self.cameras if stop is None else stop
        self._check_rows(start, stop, layout)
        base = self.pairs_before(start, layout)
        status = np.empty(self.pairs_before(stop, layout) - base, np.uint8)

        def work(first: int, last: int) -> None:
            rows = status[self.pairs_before(first, layout) - base :]
            _status_rows(*self._prepared[1:3], self._coincident, layout == "condensed", first, last, rows)

        self._in_bands(start, stop, work)
        return status.reshape(stop - start, self.cameras) if layout == "full" else status

    def _in_bands(self, start: int, stop: int, work: Callable[[int, int], None]) -> None:
        run_bands(
            lambda first, last: work(start + first, start + last),
            stop - start,
            grain=max(1, _BAND_PAIRS // max(1, self.cameras)),
        )

    def _check_rows(self, start: int, stop: int, layout: Layout) -> None:
        choice(layout, "layout", get_args(Layout))
        if not 0 <= start <= stop <= self.cameras:
            raise InvalidInput("start", f"rows {start}:{stop} are not within 0:{self.cameras}")

    def _check_normalization(self, normalization: Normalization, dtype: Float, pairs: Array | None = None) -> bool:
        """Whether matrices get unit norm; if not, that their entries fit `dtype`."""
        if choice(normalization, "normalization", get_args(Normalization)) == "frobenius":
            return True
        regular = np.isfinite(self._prepared.tolerances)
        exponents = self._prepared.exponents + self._prepared.world_exponent / 2
        if pairs is not None:
            pairs = pairs[regular[pairs].all(axis=1) & (pairs[:, 0] != pairs[:, 1])]
            sums = exponents[pairs].sum(axis=1)
        else:
            ordered = np.sort(exponents[regular])
            sums = np.array([ordered[:2].sum(), ordered[-2:].sum()]) if len(ordered) > 1 else np.empty(0)
        lowest, highest = _EXPONENTS[dtype]
        if len(sums) and not (sums.min() >= lowest and sums.max() <= highest):
            raise InvalidInput(
                "normalization",
                f"the plain determinants are about 2^{sums.min():.0f} to 2^{sums.max():.0f}, "
                f"outside what {dtype} holds well; "
                'scale the projections or use "frobenius"',
            )
        return False


def _writable(out: Array | None, shape: tuple[int, ...], dtype: str) -> Array:
    if out is None:
        return np.empty(shape, dtype)
    if out.shape != shape or out.dtype != dtype or not out.flags.c_contiguous or not out.flags.writeable:
        raise InvalidInput("out", f"must be a writable C-contiguous {dtype} array of shape {shape}")
    return kernel_view(out)
