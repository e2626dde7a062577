"""Vectors in the channels of a warped image, turned by the local rotation of the map."""

import numpy as np

from geometry.bands import run_bands
from geometry.errors import Degenerate
from geometry.inputs import Array
from geometry.warp.spans import Region
from geometry.warp.vectors import rotate_vectors

VECTORS = ("down", "up")
_GRAIN_PIXELS = 1 << 16


def _rotation(m: Array, x: Array, y: Array) -> Array:
    """The angle from x to y, radians, of the rotation that is nearest to the derivative of the map at output points.

    With `B = [[a, b], [c, d]]` the derivative of the way back, that of the map is `B⁻¹ ~ [[d, -b], [-c, a]]`, whose
    polar factor turns by `atan2(b - c, a + d)`.
    """
    w = m[2, 0] * x + (m[2, 1] * y + m[2, 2])
    u = (m[0, 0] * x + (m[0, 1] * y + m[0, 2])) / w
    v = (m[1, 0] * x + (m[1, 1] * y + m[1, 2])) / w
    a, b = m[0, 0] - u * m[2, 0], m[0, 1] - u * m[2, 1]
    c, d = m[1, 0] - v * m[2, 0], m[1, 1] - v * m[2, 1]
    angle: Array = np.arctan2(b - c, a + d)
    return angle


def turn_vectors(
    image: Array,
    m: Array,
    region: Region,
    spans: Array,
    *,
    vectors: str,
    encoding: str | None,
    border: str,
    fill: Array,
) -> Array:
    """Return the warped image with its first two channels turned as the map turns directions.

    Pixels that show nothing of the source keep the fill.

    Parameters
    ----------
    image
        (height, width, C), C ≥ 2, warped.
    m
        (3, 3) float64, output to source pixels, w > 0 in front.
    spans
        (height, 8) int64, as `write_spans` makes them.
    vectors
        Where the second component points in the image: `down` or `up`.
    encoding
        As of `rotate_vectors`.
    fill
        (C,), the dtype of the image.

    Raises
    ------
    Degenerate
        `mirrored_map`: the map turns left into right, which no rotation does.
    """
    if np.linalg.det(m) < 0:  # that of the derivative is det(m) / w³
        raise Degenerate("mirrored_map", "the map mirrors the image; no rotation turns vectors as it does")
    sense = 1.0 if vectors == "down" else -1.0
    if m[2, 0] == 0 and m[2, 1] == 0:
        turned = rotate_vectors(
            image, sense * float(np.arctan2(m[0, 1] - m[1, 0], m[0, 0] + m[1, 1])), encoding=encoding
        )
    else:
        angles = np.empty((region.height, region.width))

        def work(start: int, stop: int) -> None:
            y = np.arange(region.y + start, region.y + stop, dtype=np.float64)[:, np.newaxis]
            x = np.arange(region.x, region.x + region.width, dtype=np.float64)
            with np.errstate(all="ignore"):  # behind the horizon, where the fill comes back
                angles[start:stop] = np.nan_to_num(sense * _rotation(m, x, y))

        run_bands(work, region.height, grain=max(1, _GRAIN_PIXELS // region.width))
        turned = rotate_vectors(image, angles, encoding=encoding)
    seen = 2 if border == "constant" else 0
    for row, (first, end) in enumerate(spans[:, seen : seen + 2].tolist()):
        turned[row, :first] = fill
        turned[row, end:] = fill
    return turned
