"""Cameras that cannot be told apart: pairs whose centres agree within their roundings, and those without a centre."""

import numpy as np

from geometry.bands import run_bands
from geometry.cameras.minors import Minors
from geometry.inputs import Array
from geometry.kernel import inline, kernel

PAIR_STATUS = ("ok", "same_centre", "rank_deficient_camera")
"""What the codes in `status` mean."""

_BAND_PAIRS = 100_000
_OK, _SAME_CENTRE, _RANK_DEFICIENT = range(3)


@inline
def _pair_status(centres, tolerances, i, j):  # type: ignore[no-untyped-def]
    """Compare two homogeneous unit centres, whose signs mean nothing."""
    allowed = tolerances[i] + tolerances[j]
    if allowed == np.inf:
        return _RANK_DEFICIENT
    same, opposite = 0.0, 0.0
    for k in range(4):
        same = max(same, abs(centres[k, i] - centres[k, j]))
        opposite = max(opposite, abs(centres[k, i] + centres[k, j]))
    return _SAME_CENTRE if same <= allowed or opposite <= allowed else _OK


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


def coincident_cameras(prepared: Minors) -> Array:
    """Find the cameras (N,) that share their centre with another one or have none: their pairs must be looked at."""
    cameras = len(prepared.tolerances)
    coincident = np.empty(cameras, np.bool_)
    run_bands(
        lambda start, stop: _find_coincident(prepared.centres, prepared.tolerances, start, stop, coincident),
        cameras,
        grain=max(1, _BAND_PAIRS // max(1, cameras)),
    )
    return coincident


@kernel("void(f8[:,::1], f8[::1], b1[::1], b1, i8, i8, u1[::1])")
def _status_rows(centres, tolerances, coincident, condensed, start, stop, status):  # type: ignore[no-untyped-def]
    cameras, base = len(tolerances), 0
    for i in range(start, stop):
        begin = i + 1 if condensed else 0
        row = status[base : base + cameras - begin]
        row[:] = _OK
        if coincident[i]:
            for j in range(begin, cameras):
                row[j - begin] = _pair_status(centres, tolerances, i, j)
        elif begin <= i:
            row[i - begin] = _SAME_CENTRE
        base += cameras - begin


def status_rows(prepared: Minors, coincident: Array, condensed: bool, start: int, stop: int, status: Array) -> None:
    """Write the codes of cameras `start:stop` with all cameras, or with those of a higher number, row by row."""
    _status_rows(prepared.centres, prepared.tolerances, coincident, condensed, start, stop, status)


@kernel("void(f8[:,::1], f8[::1], i8[:,::1], u1[::1])")
def _status_pairs(centres, tolerances, pairs, status):  # type: ignore[no-untyped-def]
    for m in range(len(pairs)):
        status[m] = _pair_status(centres, tolerances, pairs[m, 0], pairs[m, 1])


def status_pairs(prepared: Minors, pairs: Array) -> Array:
    """Compute the codes (M,) of the pairs (M, 2), int64."""
    status = np.empty(len(pairs), np.uint8)
    _status_pairs(prepared.centres, prepared.tolerances, pairs, status)
    return status
