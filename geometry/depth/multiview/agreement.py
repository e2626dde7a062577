"""One view's readings held against another's: counts, medians, and what the other view sees of them."""

from typing import NamedTuple

import numpy as np

from geometry.bands import run_bands_apart, threads
from geometry.depth.multiview.comparison import BINS, LEAST_BITS, LOSS, PIXELS, SHARES, SHIFT, compare_rows
from geometry.depth.multiview.inverse import InverseDepth
from geometry.depth.multiview.posed import PosedView
from geometry.depth.views import inverse_intrinsics
from geometry.inputs import Array

_BAND_PIXELS = 16384
_NO_POSITIONS = np.empty((0, 0, 2))


class Agreement(NamedTuple):
    """How the readings of one view compare to those of another."""

    counts: Array
    """(7,) int64, by `CONSISTENCY_REASONS`."""
    loss: float
    """Σ r² / (1 + r²) over consistent and inconsistent readings, r relative to the tolerance."""
    reprojection_error: float
    """Median over these, px; NaN if there are none."""
    depth_error: float
    """Median of their relative differences; NaN if there are none."""


class Criteria(NamedTuple):
    """When two readings are of the same point."""

    tolerance: float
    max_error: float
    nearest: bool
    """Read the other view at the nearest pixel, not between pixels."""


def _median(histogram: Array) -> float:
    """The middle of the bin that holds the lower median; 0 in the first bin, infinite in the last."""
    passed = np.cumsum(histogram)
    if passed[-1] == 0:
        return np.nan
    number = int(np.searchsorted(passed, (int(passed[-1]) + 1) // 2))
    if number in (0, BINS - 1):
        return 0.0 if number == 0 else np.inf
    edges = (np.array([number, number + 1], np.int32) + np.int32(LEAST_BITS)) << np.int32(SHIFT)
    return float(edges.view(np.float32).astype(np.float64).mean())


def _seen(here: InverseDepth, other: PosedView, R: Array, t: Array) -> Array:
    """(H, W, 2): where the other view shows the readings through its lens; NaN where it does not."""
    lines, columns = here.nearness.shape
    with np.errstate(all="ignore"):
        z = 1 / np.abs(here.nearness.astype(np.float64))
        rays = here.view.optics.rays(lines, columns)
        points = np.concatenate([rays * z[:, :, np.newaxis], z[:, :, np.newaxis]], axis=2).reshape(-1, 3)
        points[~np.isfinite(points).all(axis=1)] = np.nan
        return other.optics.pixels(points @ R.T + t).reshape(lines, columns, 2)


def compare(
    here: InverseDepth, there: InverseDepth, criteria: Criteria, reasons: Array | None, errors: Array | None
) -> Agreement:
    """Hold the readings of one view against those of another.

    Parameters
    ----------
    reasons, errors
        (H, W) uint8 and float32 to write codes of `CONSISTENCY_REASONS` and forward-backward errors to (px, NaN where
        the other view has no reading); or None.
    """
    one, other = here.view, there.view
    R, t = one.motion_to(other)
    back, t_back = other.motion_to(one)
    K, K_other = one.optics.intrinsics, other.optics.intrinsics
    matrices = np.stack([K_other @ R @ inverse_intrinsics(K), K @ back @ inverse_intrinsics(K_other)])
    vectors = np.stack([K_other @ t, K @ t_back])
    seen = _NO_POSITIONS if other.optics.lens is None else _seen(here, other, R, t)
    ideal = _NO_POSITIONS if here.ideal is None else here.ideal
    lines, columns = here.nearness.shape
    workers = threads()
    histograms = np.zeros((workers, 2, BINS), np.uint32)
    sums = np.empty((lines, LOSS + 1))
    reasons = np.empty((0, 0), np.uint8) if reasons is None else reasons
    errors = np.empty((0, 0), np.float32) if errors is None else errors
    run_bands_apart(
        lambda worker, start, stop: compare_rows(
            here.nearness, there.nearness, ideal, seen, matrices, vectors, criteria.nearest, criteria.tolerance,
            criteria.max_error, start, stop, histograms[worker], sums, reasons, errors,
        ),
        lines,
        workers=workers,
        grain=max(1, _BAND_PIXELS // columns),
    )  # fmt: skip
    total, found = sums.sum(axis=0), histograms.sum(axis=0, dtype=np.int64)
    return Agreement(
        total[:LOSS].astype(np.int64),
        float(total[LOSS]),
        _median(found[PIXELS, :BINS]),
        _median(found[SHARES, :BINS]),
    )
