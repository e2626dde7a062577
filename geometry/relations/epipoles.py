"""Epipoles: where one camera of a pair sees the centre of the other, and whether that lies in its image."""

import numpy as np

from geometry.bands import run_bands
from geometry.inputs import Array
from geometry.kernel import inline, kernel
from geometry.relations.centres import no_matrix
from geometry.relations.minors import Minors

_BAND_PAIRS = 50_000


@inline
def _image_of(projections, centres, i, j, r):  # type: ignore[no-untyped-def]
    """Coordinate r of the image of centre j in camera i."""
    total = projections[i, r, 0] * centres[0, j] + projections[i, r, 1] * centres[1, j]
    return total + projections[i, r, 2] * centres[2, j] + projections[i, r, 3] * centres[3, j]


@kernel("void(f8[:,:,::1], f8[:,::1], i8[:,::1], u1[::1], f8[:,:,::1])")
def _epipoles(projections, centres, pairs, status, epipoles):  # type: ignore[no-untyped-def]
    for m in range(len(pairs)):
        if no_matrix(status[m]):
            epipoles[m] = 0.0
            continue
        for side in range(2):
            i, j = pairs[m, side], pairs[m, 1 - side]
            largest = 0.0
            for r in range(3):
                epipoles[m, side, r] = _image_of(projections, centres, i, j, r)
                largest = max(largest, abs(epipoles[m, side, r]))
            if largest == 0.0:
                continue
            square = 0.0
            for r in range(3):
                epipoles[m, side, r] /= largest
                square += epipoles[m, side, r] ** 2
            length = -np.sqrt(square) if epipoles[m, side, 2] < 0.0 else np.sqrt(square)
            for r in range(3):
                epipoles[m, side, r] /= length


def epipoles_of_pairs(prepared: Minors, pairs: Array, status: Array) -> Array:
    """Compute the epipoles (M, 2, 3) of pairs (M, 2), int64, with their status: homogeneous, unit length, w ≥ 0."""
    epipoles = np.empty((len(pairs), 2, 3))
    run_bands(
        lambda start, stop: _epipoles(
            prepared.projections, prepared.centres, pairs[start:stop], status[start:stop], epipoles[start:stop]
        ),
        len(pairs),
        grain=_BAND_PAIRS,
    )
    return epipoles


def in_image(epipoles: Array, sizes: Array) -> Array:
    """Tell which homogeneous points (M, 3) with w ≥ 0 lie in images of the sizes (M, 2), pixel centres at integers."""
    w = epipoles[:, 2:]
    inside = (epipoles[:, :2] >= -0.5 * w) & (epipoles[:, :2] <= (sizes - 0.5) * w) & (w > 0)
    return np.asarray(inside.all(axis=1))


@kernel("void(f8[:,:,::1], f8[:,::1], f8[:,::1], i8, i8, i8, i8, u1[:,::1], b1[:,::1])")
def _seen_rows(projections, centres, sizes, start, stop, left, right, status, seen):  # type: ignore[no-untyped-def]
    c0, c1, c2, c3 = centres[0, left:right], centres[1, left:right], centres[2, left:right], centres[3, left:right]
    for i in range(start, stop):
        width, height = sizes[i, 0] - 0.5, sizes[i, 1] - 0.5
        row, codes, P = seen[i - start], status[i - start], projections[i]
        a, b, c, d = P[0, 0], P[0, 1], P[0, 2], P[0, 3]
        e, f, g, h = P[1, 0], P[1, 1], P[1, 2], P[1, 3]
        p, q, r, s = P[2, 0], P[2, 1], P[2, 2], P[2, 3]
        for j in range(right - left):
            x = a * c0[j] + b * c1[j] + c * c2[j] + d * c3[j]
            y = e * c0[j] + f * c1[j] + g * c2[j] + h * c3[j]
            w = p * c0[j] + q * c1[j] + r * c2[j] + s * c3[j]
            sign = -1.0 if w < 0.0 else 1.0
            x, y, w = sign * x, sign * y, abs(w)
            inside = (x >= -0.5 * w) & (x <= width * w) & (y >= -0.5 * w) & (y <= height * w) & (w > 0.0)
            row[j] = inside & (not no_matrix(codes[j]))


def seen_rows(
    prepared: Minors, sizes: Array, rows: tuple[int, int], columns: tuple[int, int], status: Array, seen: Array
) -> None:
    """Write which centres of cameras `columns` lie in the images of cameras `rows`, of the sizes (N, 2)."""
    _seen_rows(prepared.projections, prepared.centres, sizes, *rows, *columns, status, seen)
