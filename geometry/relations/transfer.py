"""Points and lines of two views, transferred to the third through a trifocal tensor."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.errors import InvalidInput
from geometry.inputs import Array, real_array
from geometry.kernel import inline, kernel

TRANSFER_STATUS = ("ok", "epipole", "epipolar_line", "at_infinity")
"""What the codes in `status` mean. `epipole`: the point is the epipole, so it has no epipolar line. `epipolar_line`:
the two planes, or ray and plane, coincide, and leave the third view open. `at_infinity`: a direction, no pixel."""

_OK, _EPIPOLE, _EPIPOLAR_LINE, _AT_INFINITY = range(4)
# Sums that cancel to less than this share of their terms are 0 as far as a tensor of float64 tells: each of its entries
# is right to a few 2^-53 of its terms, and at most three such errors multiply.
_CANCELLED = 2.0**-45
_BAND = 2000
_COMBINATIONS = {
    ("first_points", "second_points"),
    ("first_points", "third_points"),
    ("first_points", "second_lines"),
    ("first_points", "third_lines"),
    ("first_lines", "second_lines"),
    ("first_lines", "third_lines"),
    ("second_lines", "third_lines"),
}


class Transferred(NamedTuple):
    """Points or lines of a third view."""

    points: Array | None
    """(M, 2) float64, pixels; NaN where `status` is not 0. None for lines."""
    lines: Array | None
    """(M, 3) float64: a x + b y + c = 0 with a² + b² = 1; (0, 0, 1) at infinity, NaN for `epipolar_line`. None for
    points."""
    status: Array
    """(M,) uint8, codes of `TRANSFER_STATUS`."""
    distance: Array | None
    """(M,) float64, pixels: how far a given point is from the epipolar line of the first one, which the transfer
    disregards; NaN for an epipole. None where no two points are given."""


@inline
def _epipolar_line(G, S, line):  # type: ignore[no-untyped-def]
    """Write l with lᵀ G = 0, G of rank 2 with terms of the sizes S; False where the rank is 1."""
    best = _CANCELLED
    for k in range(3):
        a, b = (k + 1) % 3, (k + 2) % 3
        x = G[1, a] * G[2, b] - G[2, a] * G[1, b]
        y = G[2, a] * G[0, b] - G[0, a] * G[2, b]
        w = G[0, a] * G[1, b] - G[1, a] * G[0, b]
        p, q = S[1, a] * S[2, b] + S[2, a] * S[1, b], S[2, a] * S[0, b] + S[0, a] * S[2, b]
        sharpness = max(abs(x) / p if p > 0.0 else 0.0, abs(y) / q if q > 0.0 else 0.0)
        if sharpness > best:
            best = sharpness
            line[0], line[1], line[2] = x, y, w
    return best > _CANCELLED


@kernel("void(f8[:,:,::1], f8[:,::1], f8[:,::1], i8, i8, f8[:,::1], u1[::1], f8[::1])")
def _transfer_points(T, points, others, start, stop, transferred, status, distance):  # type: ignore[no-untyped-def]
    G, S, line, found, size = np.empty((3, 3)), np.empty((3, 3)), np.empty(3), np.empty(3), np.empty(3)
    for m in range(start, stop):
        x, y = points[m, 0], points[m, 1]
        for j in range(3):
            for k in range(3):
                G[j, k] = x * T[0, j, k] + y * T[1, j, k] + T[2, j, k]
                S[j, k] = abs(x * T[0, j, k]) + abs(y * T[1, j, k]) + abs(T[2, j, k])
        transferred[m] = np.nan
        distance[m] = 0.0
        if others.shape[1] == 2:
            if not _epipolar_line(G, S, line):
                status[m] = _EPIPOLE
                distance[m] = np.nan
                continue
            u, v, a, b = others[m, 0], others[m, 1], line[0], line[1]
            distance[m] = abs(a * u + b * v + line[2]) / np.hypot(a, b)
            line[0], line[1], line[2] = b, -a, a * v - b * u
        else:
            line[:] = others[m]
        cancelled = True
        for k in range(3):
            found[k] = line[0] * G[0, k] + line[1] * G[1, k] + line[2] * G[2, k]
            size[k] = abs(line[0]) * S[0, k] + abs(line[1]) * S[1, k] + abs(line[2]) * S[2, k]
            cancelled = cancelled and not abs(found[k]) > _CANCELLED * size[k]
        if cancelled:
            status[m] = _EPIPOLAR_LINE
        elif not abs(found[2]) > _CANCELLED * size[2]:
            status[m] = _AT_INFINITY
        else:
            status[m] = _OK
            transferred[m, 0] = found[0] / found[2]
            transferred[m, 1] = found[1] / found[2]


@kernel("void(f8[:,:,::1], f8[:,::1], f8[:,::1], b1, i8, i8, f8[:,::1], u1[::1])")
def _transfer_lines(T, ones, others, to_first, start, stop, transferred, status):  # type: ignore[no-untyped-def]
    A, S, found, size = np.empty((3, 3)), np.empty((3, 3)), np.empty(3), np.empty(3)
    for m in range(start, stop):
        p, q, r = others[m, 0], others[m, 1], others[m, 2]
        for i in range(3):
            for k in range(3):
                A[i, k] = p * T[i, 0, k] + q * T[i, 1, k] + r * T[i, 2, k]
                S[i, k] = abs(p * T[i, 0, k]) + abs(q * T[i, 1, k]) + abs(r * T[i, 2, k])
        found[:] = 0.0
        size[:] = 0.0
        for k in range(3):
            for i in range(3):
                if to_first:
                    found[i] += A[i, k] * ones[m, k]
                    size[i] += S[i, k] * abs(ones[m, k])
                else:
                    a, b, c, d = (i + 1) % 3, (i + 2) % 3, (k + 1) % 3, (k + 2) % 3
                    found[k] += (A[a, c] * A[b, d] - A[a, d] * A[b, c]) * ones[m, i]
                    size[k] += (S[a, c] * S[b, d] + S[a, d] * S[b, c]) * abs(ones[m, i])
        finite = abs(found[0]) > _CANCELLED * size[0] or abs(found[1]) > _CANCELLED * size[1]
        transferred[m] = np.nan
        if finite:
            length = np.hypot(found[0], found[1])
            status[m] = _OK
            for k in range(3):
                transferred[m, k] = found[k] / length
        elif abs(found[2]) > _CANCELLED * size[2]:
            status[m] = _AT_INFINITY
            transferred[m, 0], transferred[m, 1], transferred[m, 2] = 0.0, 0.0, 1.0
        else:
            status[m] = _EPIPOLAR_LINE


def trifocal_transfer(
    tensor: ArrayLike,
    *,
    first_points: ArrayLike | None = None,
    second_points: ArrayLike | None = None,
    third_points: ArrayLike | None = None,
    first_lines: ArrayLike | None = None,
    second_lines: ArrayLike | None = None,
    third_lines: ArrayLike | None = None,
) -> Transferred:
    """Transfer points or lines of two views to the one that is not given, through a trifocal tensor.

    Points: `x₃[k] = Σ x₁[i] l₂[j] T[i, j, k]`, from a point of the first view and a line through the matching point of
    another. For a matching point that line is the one perpendicular to the epipolar line, which keeps clear of it.
    Lines: `l₁[i] = Σ l₂[j] T[i, j, k] l₃[k]`, or the l₃ or l₂ that solves it. A point of space may lie behind a camera;
    the tensor does not tell.

    Parameters
    ----------
    tensor
        (3, 3, 3), of `trifocal`, any scale.
    first_points
        (M, 2), pixels; with one of `second_points`, `second_lines` for points of the third view, or with one of
        `third_points`, `third_lines` for points of the second.
    second_points, third_points
        (M, 2), pixels.
    first_lines, second_lines, third_lines
        (M, 3): a x + b y + c = 0, any scale. Two of them for the lines of the other view.

    Raises
    ------
    InvalidInput
        Wrong shapes, not finite, other combinations, a zero tensor, a zero line. Two points without one of the first
        view have no transfer of this form: choose another order of views for the tensor.

    Notes
    -----
    Hartley and Zisserman, Multiple View Geometry, 2nd edition, sections 15.1.1 and 15.4; algorithm 15.2 chooses the
    same line.
    """
    T = _tensor(tensor)
    views: dict[str, ArrayLike | None] = {
        "first_points": first_points,
        "second_points": second_points,
        "third_points": third_points,
        "first_lines": first_lines,
        "second_lines": second_lines,
        "third_lines": third_lines,
    }
    given = {name: value for name, value in views.items() if value is not None}
    if tuple(given) not in _COMBINATIONS:
        raise InvalidInput(
            list(given)[-1] if given else "first_points",
            "must be given as first_points with points or lines of one other view, or as lines of two views; came as "
            + (" with ".join(given) or "nothing"),
        )
    (name, one), (other_name, other) = given.items()
    count = len(np.asarray(one))
    if "first" in name and "third" in other_name:
        T = np.ascontiguousarray(T.transpose(0, 2, 1))
    status = np.empty(count, np.uint8)
    if name == "first_points":
        points = real_array(one, name, ("M", 2))
        is_point = other_name.endswith("points")
        matching = real_array(other, other_name, (count, 2)) if is_point else _lines(other, other_name, count)
        found, distance = np.empty((count, 2)), np.empty(count)
        run_bands(
            lambda start, stop: _transfer_points(T, points, matching, start, stop, found, status, distance),
            count,
            grain=_BAND,
        )
        return Transferred(found, None, status, distance if is_point else None)
    ones, others, to_first = _lines(one, name), _lines(other, other_name, count), name != "first_lines"
    if to_first:
        ones, others = others, ones  # the kernel contracts the second view first
    lines = np.empty((count, 3))
    run_bands(
        lambda start, stop: _transfer_lines(T, ones, others, to_first, start, stop, lines, status), count, grain=_BAND
    )
    return Transferred(None, lines, status, None)


def _tensor(tensor: ArrayLike) -> Array:
    T = real_array(tensor, "tensor", (3, 3, 3))
    largest = np.abs(T).max()
    if largest == 0:
        raise InvalidInput("tensor", "must not be zero")
    return np.ldexp(T, -int(np.frexp(largest)[1]))


def _lines(value: ArrayLike, name: str, count: int | str = "M") -> Array:
    lines = real_array(value, name, (count, 3))
    if not lines.any(axis=1).all():
        raise InvalidInput(f"{name}/{int(np.argmin(lines.any(axis=1)))}", "must not be zero")
    exponents = np.frexp(np.abs(lines).max(axis=1))[1]
    scaled: Array = np.ldexp(lines, -exponents[:, np.newaxis])
    return scaled
