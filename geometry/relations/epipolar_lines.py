"""Epipolar lines of points, and the part of each that an image shows."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.inputs import Array, choice, extent, kernel_view
from geometry.kernel import inline, kernel, routine
from geometry.memory import fresh_arrays
from geometry.relations.epipolar import SMALL, epipolar_line, fundamental_stack, image_points

LINE_STATUS = ("ok", "outside", "at_infinity", "is_epipole")
"""What the codes in `status` of lines mean."""

Side = Literal["left", "right"]

_OK, _OUTSIDE, _AT_INFINITY, _IS_EPIPOLE = range(4)
_GRAIN = 8192
_CHUNK = 512


class EpipolarLines(NamedTuple):
    """The epipolar lines of M points, in the other image."""

    lines: Array
    """(M, 3) float64: a, b, c of `a x + b y + c = 0`, a² + b² = 1, with the sign of `F x`; (0, 0, 1) at infinity, NaN
    for an epipole."""
    segments: Array
    """(M, 2, 2) float64, px: both ends (x, y) of the part inside the image, by x and then y; NaN where there is none.
    (0, 2, 2) without a size."""
    status: Array
    """(M,) uint8, codes of `LINE_STATUS`."""


@routine
def _carefully(F, x, y, line):  # type: ignore[no-untyped-def]
    """Write a line that may be rounding alone, or small or large beyond the range of squares; returns its status."""
    a, b, c = epipolar_line(F, x, y)
    largest = max(abs(a), abs(b))
    if largest == 0.0:
        line[0] = line[1] = np.nan if c == 0.0 else 0.0
        line[2] = np.nan if c == 0.0 else 1.0
        return _IS_EPIPOLE if c == 0.0 else _AT_INFINITY
    a, b, c = a / largest, b / largest, c / largest
    length = np.sqrt(a * a + b * b)
    line[0], line[1], line[2] = a / length, b / length, c / length
    return _OK


@inline
def _clip(a, b, c, box, segment):  # type: ignore[no-untyped-def]
    """Write both ends of what a box shows of a line, to the right (or down); returns whether there is anything."""
    middle_x, middle_y = 0.5 * (box[0] + box[2]), 0.5 * (box[1] + box[3])
    distance = a * middle_x + b * middle_y + c
    x, y = middle_x - distance * a, middle_y - distance * b
    u, v = -b, a
    if u < 0.0 or (u == 0.0 and v < 0.0):
        u, v = -u, -v
    first, last = -np.inf, np.inf
    if u != 0.0:
        slower = 1.0 / u
        first, last = (box[0] - x) * slower, (box[2] - x) * slower
    elif x < box[0] or x > box[2]:
        last = -np.inf
    if v != 0.0:
        slower = 1.0 / v
        one, other = (box[1] - y) * slower, (box[3] - y) * slower
        first, last = max(first, min(one, other)), min(last, max(one, other))
    elif y < box[1] or y > box[3]:
        last = -np.inf
    if not first <= last:
        return False
    segment[0, 0] = min(max(x + first * u, box[0]), box[2])
    segment[0, 1] = min(max(y + first * v, box[1]), box[3])
    segment[1, 0] = min(max(x + last * u, box[0]), box[2])
    segment[1, 1] = min(max(y + last * v, box[1]), box[3])
    return True


@inline
def _quickly(F, points, lines, again):  # type: ignore[no-untyped-def]
    """Write the lines of a chunk of points; returns how many of them need care."""
    f, g, h = F[0, 0], F[0, 1], F[0, 2]
    p, q, r = F[1, 0], F[1, 1], F[1, 2]
    s, t, w = F[2, 0], F[2, 1], F[2, 2]
    one, two, three = np.uint64(1), np.uint64(2), np.uint64(3)
    found = 0
    for i in range(np.uint64(len(points) // 2)):
        x, y = points[two * i], points[two * i + one]
        a, b, c = f * x + g * y + h, p * x + q * y + r, s * x + t * y + w
        squared = a * a + b * b
        length = np.sqrt(squared)
        lines[three * i], lines[three * i + one], lines[three * i + two] = a / length, b / length, c / length
        small = squared <= SMALL * (x * x + y * y + 1.0)
        again[i] = 1.0 if small else 0.0
        found += small
    return found


@kernel("void(f8[:,:,::1], f8[:,::1], f8[::1], b1, f8[:,::1], f8[:,:,::1], u1[::1], i8, i8)")
def _lines(F, points, box, clip, lines, segments, status, start, stop):  # type: ignore[no-untyped-def]
    again = np.empty(_CHUNK)
    chunk = _CHUNK if len(F) == 1 else 1
    for begin in range(start, stop, chunk):
        end = min(begin + chunk, stop)
        matrix = F[begin if len(F) > 1 else 0]
        careful = _quickly(matrix, points[begin:end].reshape(-1), lines[begin:end].reshape(-1), again)
        status[begin:end] = _OK
        if careful > 0:
            for m in range(begin, end):
                if again[m - begin] > 0.0:
                    status[m] = _carefully(matrix, points[m, 0], points[m, 1], lines[m])
        if clip:
            for m in range(begin, end):
                found = status[m] == _OK
                if not (found and _clip(lines[m, 0], lines[m, 1], lines[m, 2], box, segments[m])):
                    for corner in range(2):
                        for axis in range(2):
                            segments[m, corner, axis] = np.nan
                    if found:
                        status[m] = _OUTSIDE


def epipolar_lines(
    fundamental: ArrayLike,
    points: ArrayLike,
    *,
    points_in: Side = "left",
    size: Sequence[int] | None = None,
    pixel_center: str = "integer",
) -> EpipolarLines:
    """Find the epipolar lines of points, and where they cross the image.

    `l ~ F x` in the right image for points of the left one, `l ~ Fᵀ x` the other way.

    Parameters
    ----------
    fundamental
        (3, 3), or (M, 3, 3) for one a point; finite, not zero; scale and sign are free, the sign is that of the lines.
    points
        (M, 2), (x, y), px; finite, at most 1e100.
    points_in
        `left` or `right`: the image that the points are in.
    size
        (width, height) of the image that the lines are in; without it nothing is clipped.
    pixel_center
        `integer`: the image covers −0.5 … width − 0.5; `half`: 0 … width.

    Returns
    -------
    EpipolarLines
        Status `outside`: the line does not cross the image; `at_infinity`: no finite point is on the line;
        `is_epipole`: the point is the epipole, and all lines are its own. The latter two are decided by what the
        rounding of F and of the point explains, not by a threshold in pixels.

    Raises
    ------
    InvalidInput
        An argument is not as described above.

    Notes
    -----
    Hartley and Zisserman, Multiple View Geometry, 2nd edition, section 9.2.
    """
    x = image_points(points, "points")
    F = fundamental_stack(fundamental, len(x))
    if choice(points_in, "points_in", get_args(Side)) == "right":
        F = kernel_view(F.transpose(0, 2, 1))
    edge = -0.5 if choice(pixel_center, "pixel_center", ("integer", "half")) == "integer" else 0.0
    width, height = (1, 1) if size is None else extent(size)
    box = np.array([edge, edge, edge + width, edge + height])
    number = np.dtype(np.float64)
    lines, segments, status = fresh_arrays(
        ((len(x), 3), number), ((0 if size is None else len(x), 2, 2), number), ((len(x),), np.dtype(np.uint8))
    )

    def work(start: int, stop: int) -> None:
        with np.errstate(all="ignore"):  # where the kernel is not compiled, 0 / 0 would be reported
            _lines(F, x, box, size is not None, lines, segments, status, start, stop)

    run_bands(work, len(x), grain=_GRAIN)
    return EpipolarLines(lines, segments, status)
