"""A rig: cameras prepared once, from which fundamental matrices of any pairs are read off."""

from collections.abc import Callable
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.errors import InvalidInput
from geometry.inputs import Array, choice, kernel_view, real_array
from geometry.relations.centres import coincident_cameras, status_pairs, status_rows
from geometry.relations.minors import Minors, joined, plucker_minors
from geometry.relations.products import product_pairs, product_rows

Layout = Literal["full", "condensed"]
Normalization = Literal["frobenius", "none"]
Float = Literal["float64", "float32"]

_BAND_PAIRS = 1 << 15
# log2 of the largest entries that `normalization="none"` accepts: from above, so that nothing overflows; from below,
# so that entries much smaller than the largest do not vanish.
_EXPONENTS = {"float64": (-900, 1015), "float32": (-60, 120)}
Span = tuple[int, int]


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

    @property
    def prepared(self) -> Minors:
        """Minors and centres, for what else is made from them."""
        return self._prepared

    @cached_property
    def _coincident(self) -> Array:
        return coincident_cameras(self._prepared)

    @property
    def cameras(self) -> int:
        """How many cameras there are."""
        return len(self._prepared.tolerances)

    def joined(self, added: ArrayLike) -> "Rig":
        """Put more cameras (A, 3, 4) behind these, at the cost of their preparation.

        Origin and unit of the world stay those of the first cameras: all pairs among them remain what they are, bit
        for bit, and those with the new ones are the block of rows or columns N:N+A.

        Raises
        ------
        InvalidInput
            `added` has another shape, or an entry that is not a finite number.
        """
        new = Rig.__new__(Rig)
        more = plucker_minors(real_array(added, "added", ("A", 3, 4)), self._prepared.world)
        new._prepared = joined(self._prepared, more)  # noqa: SLF001  # the same class
        return new

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
        (stop − start, N, 3, 3), or (pairs, 3, 3) for the condensed layout; 0 where `status` says that there is none.

        Raises
        ------
        InvalidInput
            Rows out of range; an unknown option; `out` does not fit; the determinants of `"none"` leave the range of
            `dtype`.
        """
        self.check_span("start", (start, stop))
        choice(layout, "layout", get_args(Layout))
        columns, condensed = (0, self.cameras), layout == "condensed"
        return self._matrices((start, stop), columns, condensed, dtype, normalization, out)

    def fundamental_block(
        self,
        rows: Span,
        columns: Span,
        *,
        dtype: Float = "float64",
        normalization: Normalization = "frobenius",
        out: Array | None = None,
    ) -> Array:
        """Compute the fundamental matrices of left cameras `rows` with right cameras `columns`, both (start, stop).

        Returns
        -------
        (rows, columns, 3, 3): the block of the full layout, bit for bit.

        Raises
        ------
        InvalidInput
            As `fundamental_rows`.
        """
        self.check_span("rows", rows)
        self.check_span("columns", columns)
        return self._matrices(rows, columns, False, dtype, normalization, out)

    def _matrices(
        self,
        rows: Span,
        columns: Span,
        condensed: bool,
        dtype: Float,
        normalization: Normalization,
        out: Array | None,
    ) -> Array:
        choice(dtype, "dtype", get_args(Float))
        unit_norm = self.check_normalization(normalization, dtype)
        shape = self._shape(rows, columns, condensed)
        matrices = _writable(out, (*shape, 3, 3), dtype)
        flat = matrices.reshape(-1)
        found = self._codes(rows, columns, condensed) if self._coincident[slice(*rows)].any() else None
        status = np.empty(0, np.uint8) if found is None else found.reshape(-1)

        def work(band: Span, before: int) -> None:
            product_rows(
                self._prepared,
                self._coincident,
                status[before:],
                unit_norm,
                condensed,
                band,
                columns,
                flat[9 * before :],
            )

        self.in_bands(rows, columns, condensed, work)
        return matrices

    def fundamental_pairs(
        self, pairs: Array, *, normalization: Normalization = "frobenius"
    ) -> tuple[Array, Array, Array]:
        """Compute fundamental matrices (M, 3, 3), status and condition (M,) of the pairs (M, 2), int64, in range."""
        unit_norm = self.check_normalization(normalization, "float64", pairs)
        status, condition = status_pairs(self._prepared, pairs)
        matrices = np.empty((len(pairs), 9))
        run_bands(
            lambda start, stop: product_pairs(
                self._prepared, unit_norm, pairs[start:stop], status[start:stop], matrices[start:stop]
            ),
            len(pairs),
            grain=4096,
        )
        return matrices.reshape(-1, 3, 3), status, condition

    def status(self, layout: Layout = "full", *, start: int = 0, stop: int | None = None) -> Array:
        """Tell which pairs of rows `start:stop` have a fundamental matrix, as codes of `PAIR_STATUS`.

        Returns
        -------
        (stop − start, N) or (pairs,), uint8. A camera has the same centre as itself.
        """
        rows = (start, self.cameras if stop is None else stop)
        self.check_span("start", rows)
        choice(layout, "layout", get_args(Layout))
        return self._codes(rows, (0, self.cameras), layout == "condensed")

    def status_block(self, rows: Span, columns: Span) -> Array:
        """Tell which pairs of left cameras `rows` and right cameras `columns` have a fundamental matrix: uint8."""
        self.check_span("rows", rows)
        self.check_span("columns", columns)
        return self._codes(rows, columns, False)

    def _codes(self, rows: Span, columns: Span, condensed: bool) -> Array:
        shape = self._shape(rows, columns, condensed)
        status = np.empty(shape, np.uint8)
        flat = status.reshape(-1)

        def work(band: Span, before: int) -> None:
            status_rows(self._prepared, self._coincident, condensed, band, columns, flat[before:])

        self.in_bands(rows, columns, condensed, work)
        return status

    def _shape(self, rows: Span, columns: Span, condensed: bool) -> tuple[int, ...]:
        if condensed:
            return (self.pairs_before(rows[1], "condensed") - self.pairs_before(rows[0], "condensed"),)
        return rows[1] - rows[0], columns[1] - columns[0]

    def in_bands(self, rows: Span, columns: Span, condensed: bool, work: Callable[[Span, int], None]) -> None:
        """Call `work` with bands of `rows` and how many pairs there are before each."""
        start, width = rows[0], columns[1] - columns[0]

        def band(first: int, last: int) -> None:
            before = first * width
            if condensed:
                before = self.pairs_before(start + first, "condensed") - self.pairs_before(start, "condensed")
            work((start + first, start + last), before)

        run_bands(band, rows[1] - start, grain=max(1, _BAND_PAIRS // max(1, width)))

    def check_span(self, name: str, span: Span) -> None:
        """Raise InvalidInput where (start, stop) is not a range of these cameras."""
        if not 0 <= span[0] <= span[1] <= self.cameras:
            raise InvalidInput(name, f"cameras {span[0]}:{span[1]} are not within 0:{self.cameras}")

    def check_normalization(self, normalization: Normalization, dtype: Float, pairs: Array | None = None) -> bool:
        """Whether matrices get unit norm; raises InvalidInput if they do not and their entries do not fit `dtype`."""
        if choice(normalization, "normalization", get_args(Normalization)) == "frobenius":
            return True
        regular = np.isfinite(self._prepared.tolerances)
        exponents = self._prepared.exponents + self._prepared.world.exponent / 2
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
