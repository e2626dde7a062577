"""From a homography as a caller gives it to the map from output to source pixels that the kernels use."""

import math
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.errors import Degenerate, InvalidInput
from geometry.homographies.condition import SINGULAR, reciprocal_condition
from geometry.homographies.rational import Rows, adjugate, product, whole_numbers
from geometry.inputs import Array, real_array

_SLACK = Fraction(1, 1 << 20)
"""Pixels by which a canvas may cut an image short: entries of homographies are rounded."""


class Placed(NamedTuple):
    """The map from output to source pixels, and the rectangle of the homography's plane that the output shows."""

    m: Array
    """(3, 3) float64, w > 0 in front."""
    origin: tuple[int, int]
    """(x, y) of the first output pixel."""
    size: tuple[int, int]
    """(width, height), pixels."""


def output_to_source(
    homography: ArrayLike,
    *,
    direction: str,
    pixel_center: str,
    source: tuple[int, int],
    output: tuple[int, int] | None,
) -> Placed:
    """Return the map M from output to source pixels, signed so that w > 0 in front.

    `(u, v) = (m1·q / m3·q, m2·q / m3·q)` for the output pixel `q = (x, y, 1)`, with pixel centres at integers. M is the
    homography or its adjugate, computed in whole numbers and rounded once; its scale is a power of two, so that M of an
    affine map with short entries is exact.

    The sign of a homography is arbitrary. It is chosen here so that w = h3·p > 0 at the centre p of the source image;
    if h3·p = 0 there, on its right side; if that is 0 too, below. Where this would leave the whole output behind, the
    other side is taken. For p = M q / (M q)_3 it is `h3·p = c / (M q)_3` with `H M = c I`: the sign of w is seen in
    the output.

    Parameters
    ----------
    homography
        (3, 3), finite; any scale and sign.
    direction
        `source_to_output` or `output_to_source`: what the homography maps.
    pixel_center
        `integer` or `half`: where the homography has the centre of the first pixel.
    source
        (width, height) of the source.
    output
        (width, height) of the output, or None for the smallest that shows all centres of source pixels.

    Raises
    ------
    InvalidInput
        `homography` is not a finite (3, 3) matrix; `size`: the smallest output has 2³¹ pixels or more along a side.
    Degenerate
        `singular_homography`: its rank is below 3, or cannot be told from it at double precision.
        `horizon_in_image`: the horizon crosses the source, so that no output shows all of it.
    """
    given = real_array(homography, "homography", (3, 3))
    if not given.any() or reciprocal_condition(given) < SINGULAR:
        raise Degenerate("singular_homography", "the homography has no inverse")
    h = whole_numbers(given)
    if pixel_center == "half":
        h = product(product([[2, 0, -1], [0, 2, -1], [0, 0, 2]], h), [[2, 0, 1], [0, 2, 1], [0, 0, 2]])
    if direction == "source_to_output":
        forward, backward = h, adjugate(h)
    else:
        forward, backward = adjugate(h), h
    origin = 0, 0
    if output is None:
        origin, output = _canvas(forward, source)
        backward = product(backward, [[1, 0, origin[0]], [0, 1, origin[1]], [0, 0, 1]])
    sign = _sign(forward[2], backward, source, output)
    largest = max(abs(entry) for row in backward for entry in row)
    scale = Fraction(sign, 1 << largest.bit_length())
    return Placed(np.array([[float(entry * scale) for entry in row] for row in backward]), origin, output)


def _canvas(forward: Rows, source: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """First pixel and size of the smallest output that shows all centres of source pixels."""
    corners = [(x, y, 1) for x in (0, source[0] - 1) for y in (0, source[1] - 1)]
    images = [[sum(a * b for a, b in zip(row, corner, strict=True)) for row in forward] for corner in corners]
    if not (all(w > 0 for *_, w in images) or all(w < 0 for *_, w in images)):
        raise Degenerate("horizon_in_image", "the horizon crosses the source: no output shows all of it")
    spans = []
    for axis in range(2):
        at = [Fraction(image[axis], image[2]) for image in images]
        first, last = math.floor(min(at) + _SLACK), math.ceil(max(at) - _SLACK)
        if last - first >= 2**31 or max(abs(first), abs(last)) >= 2**52:
            raise InvalidInput("size", "the smallest output that shows all of the source is too large; give a size")
        spans.append((first, last - first + 1))
    return (spans[0][0], spans[1][0]), (spans[0][1], spans[1][1])


def _sign(h3: list[int], backward: Rows, source: tuple[int, int], output: tuple[int, int]) -> int:
    centre = h3[0] * (source[0] - 1) + h3[1] * (source[1] - 1) + 2 * h3[2]
    side = next(value for value in (centre, h3[0], h3[1]) if value)
    fixed = sum(a * row[2] for a, row in zip(h3, backward, strict=True))
    sign = 1 if (side > 0) == (fixed > 0) else -1
    corners = [(x, y) for x in (0, output[0] - 1) for y in (0, output[1] - 1)]
    w = [sign * (backward[2][0] * x + backward[2][1] * y + backward[2][2]) for x, y in corners]
    return sign if max(w) > 0 else -sign
