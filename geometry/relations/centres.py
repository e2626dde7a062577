"""Cameras that cannot be told apart: pairs whose centres agree within their roundings, and those without a centre."""

import numpy as np

from geometry.bands import run_bands
from geometry.inputs import Array
from geometry.kernel import inline, kernel
from geometry.relations.minors import Minors

PAIR_STATUS = ("ok", "same_centre", "rank_deficient_camera", "ill_conditioned")
"""What the codes in `status` mean; only the first and the last have a matrix."""

_BAND_PAIRS = 100_000
_BAND_CAMERAS = 500
_OK, _SAME_CENTRE, _RANK_DEFICIENT, _ILL_CONDITIONED = range(4)
_ROUNDING = 2.0**-53
# Relative error of a baseline from which on a pair is ill conditioned: with image coordinates as large as a picture is
# wide, that is an epipolar line off by a pixel in a thousand.
_ILL = 2.0**-10
_DIRECTION = np.array([0.41, 0.53, 0.37, 0.64])  # none that rigs prefer; the sum is below 2


@inline
def no_matrix(status):  # type: ignore[no-untyped-def]
    """Whether a pair of this status has no fundamental matrix."""
    return (status == _SAME_CENTRE) | (status == _RANK_DEFICIENT)


@inline
def _distance(centres, i, j):  # type: ignore[no-untyped-def]
    """Largest difference between two homogeneous unit centres, whose signs mean nothing."""
    same, opposite = 0.0, 0.0
    for k in range(4):
        same = max(same, abs(centres[k, i] - centres[k, j]))
        opposite = max(opposite, abs(centres[k, i] + centres[k, j]))
    return min(same, opposite)


@inline
def _pair_status(distance, allowed):  # type: ignore[no-untyped-def]
    if allowed == np.inf:
        return _RANK_DEFICIENT
    if distance <= allowed:
        return _SAME_CENTRE
    return _ILL_CONDITIONED if distance * _ILL < allowed else _OK


@kernel("void(f8[:,::1], f8[::1], f8[::1], i8[::1], f8, i8, i8, b1[::1])")
def _find_coincident(centres, tolerances, keys, order, widest, start, stop, coincident):  # type: ignore[no-untyped-def]
    for p in range(start, stop):
        i = order[p]
        window = 2.0 * (tolerances[i] + widest) / _ILL + 16.0 * _ROUNDING
        found = tolerances[i] == np.inf
        for step in (-1, 1):
            q = p + step
            while not found and 0 <= q < len(order) and abs(keys[q] - keys[p]) <= window:
                allowed = tolerances[i] + tolerances[order[q]]
                found = _pair_status(_distance(centres, i, order[q]), allowed) != _OK
                q += step
        coincident[i] = found


def coincident_cameras(prepared: Minors) -> Array:
    """Find the cameras (N,) that have pairs with a status besides that with themselves: those must be looked at.

    Sorted along one direction, only neighbours can agree: `|d·a| − |d·b|` is at most twice the largest entry of a ± b.
    """
    cameras = len(prepared.tolerances)
    widest = float(prepared.tolerances.max(initial=0.0))
    if widest == np.inf:
        return np.ones(cameras, np.bool_)
    keys = np.abs(_DIRECTION @ prepared.centres)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    coincident = np.empty(cameras, np.bool_)
    run_bands(
        lambda start, stop: _find_coincident(
            prepared.centres, prepared.tolerances, keys, order, widest, start, stop, coincident
        ),
        cameras,
        grain=_BAND_CAMERAS,
    )
    return coincident


@kernel("void(f8[:,::1], f8[::1], b1[::1], b1, i8, i8, i8, i8, u1[::1])")
def _status_rows(centres, tolerances, coincident, condensed, start, stop, left, right, status):  # type: ignore[no-untyped-def]
    base = 0
    for i in range(start, stop):
        begin = max(i + 1, left) if condensed else left
        row = status[base : base + right - begin]
        row[:] = _OK
        if coincident[i]:
            for j in range(begin, right):
                row[j - begin] = _pair_status(_distance(centres, i, j), tolerances[i] + tolerances[j])
        elif begin <= i < right:
            row[i - begin] = _SAME_CENTRE
        base += right - begin


def status_rows(
    prepared: Minors,
    coincident: Array,
    condensed: bool,
    rows: tuple[int, int],
    columns: tuple[int, int],
    status: Array,
) -> None:
    """Write the codes of a range of left with a range of right cameras, or those of a higher number, row by row."""
    _status_rows(prepared.centres, prepared.tolerances, coincident, condensed, *rows, *columns, status)


@kernel("void(f8[:,::1], f8[::1], i8[:,::1], u1[::1], f8[::1])")
def _status_pairs(centres, tolerances, pairs, status, condition):  # type: ignore[no-untyped-def]
    for m in range(len(pairs)):
        i, j = pairs[m, 0], pairs[m, 1]
        distance, allowed = _distance(centres, i, j), tolerances[i] + tolerances[j]
        status[m] = _pair_status(distance, allowed)
        condition[m] = np.nan if no_matrix(status[m]) else allowed / distance / _ROUNDING


def status_pairs(prepared: Minors, pairs: Array) -> tuple[Array, Array]:
    """Compute the codes (M,) of the pairs (M, 2), int64, and their conditions (M,), float64.

    The condition is the relative error of the baseline that roundings of the projections explain, in units of 2^-53;
    NaN where there is no baseline.
    """
    status, condition = np.empty(len(pairs), np.uint8), np.empty(len(pairs))
    run_bands(
        lambda start, stop: _status_pairs(
            prepared.centres, prepared.tolerances, pairs[start:stop], status[start:stop], condition[start:stop]
        ),
        len(pairs),
        grain=_BAND_PAIRS,
    )
    return status, condition
