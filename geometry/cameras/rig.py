"""A rig: cameras prepared once, from which fundamental matrices of any pairs are read off."""

from collections.abc import Callable
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.cameras.centres import coincident_cameras, status_pairs, status_rows
from geometry.cameras.minors import plucker_minors
from geometry.cameras.products import product_pairs, product_rows
from geometry.errors import InvalidInput
from geometry.inputs import Array, choice, kernel_view, real_array

Layout = Literal["full", "condensed"]
Normalization = Literal["frobenius", "none"]
Float = Literal["float64", "float32"]

_BAND_PAIRS = 100_000
# log2 of the largest entries that `normalization="none"` accepts: from above, so that nothing overflows; from below,
# so that entries much smaller than the largest do not vanish.
_EXPONENTS = {"float64": (-900, 1015), "float32": (-60, 120)}


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

    @cached_property
    def _coincident(self) -> Array:
        return coincident_cameras(self._prepared)

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
        unit_norm = self.check_normalization(normalization, dtype)
        base = self.pairs_before(start, layout)
        pairs = self.pairs_before(stop, layout) - base
        shape = (stop - start, self.cameras, 3, 3) if layout == "full" else (pairs, 3, 3)
        rows = _writable(out, shape, dtype)
        flat = rows.reshape(-1)
        status = self.status(layout, start=start, stop=stop) if self._coincident[start:stop].any() else None

        def work(first: int, last: int) -> None:
            before = self.pairs_before(first, layout) - base
            product_rows(
                self._prepared,
                self._coincident,
                np.empty(0, np.uint8) if status is None else status.reshape(-1)[before:],
                unit_norm,
                layout == "condensed",
                first,
                last,
                flat[9 * before :],
            )

        self._in_bands(start, stop, work)
        return rows

    def fundamental_pairs(self, pairs: Array, *, normalization: Normalization = "frobenius") -> tuple[Array, Array]:
        """Compute fundamental matrices (M, 3, 3) and status (M,) of the pairs (M, 2), int64, in range."""
        unit_norm = self.check_normalization(normalization, "float64", pairs)
        matrices, status = np.empty((len(pairs), 9)), status_pairs(self._prepared, pairs)
        run_bands(
            lambda start, stop: product_pairs(
                self._prepared, unit_norm, pairs[start:stop], status[start:stop], matrices[start:stop]
            ),
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
            status_rows(self._prepared, self._coincident, layout == "condensed", first, last, rows)

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

    def check_normalization(self, normalization: Normalization, dtype: Float, pairs: Array | None = None) -> bool:
        """Whether matrices get unit norm; raises InvalidInput if they do not and their entries do not fit `dtype`."""
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
