"""Warping by its definition: one pixel at a time, coordinates as exact fractions."""

from fractions import Fraction
from math import floor, pi, sin

import numpy as np


def matrix(rows):
    return [[Fraction(float(entry)) for entry in row] for row in rows]


def product(a, b):
    return [[sum(a[i][k] * b[k][j] for k in range(3)) for j in range(3)] for i in range(3)]


def inverse(m):
    (a, b, c), (d, e, f), (g, h, i) = m
    determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    cofactors = [
        [e * i - f * h, c * h - b * i, b * f - c * e],
        [f * g - d * i, a * i - c * g, c * d - a * f],
        [d * h - e * g, b * g - a * h, a * e - b * d],
    ]
    return [[entry / determinant for entry in row] for row in cofactors]


def maps(homography, direction, pixel_center):
    """Source to output and output to source, for pixel centres at integers."""
    h = matrix(homography)
    if pixel_center == "half":
        half = Fraction(1, 2)
        h = product(product([[1, 0, -half], [0, 1, -half], [0, 0, 1]], h), [[1, 0, half], [0, 1, half], [0, 0, 1]])
    return (h, inverse(h)) if direction == "source_to_output" else (inverse(h), h)


def source_point(forward, backward, x, y):
    """The source point of an output pixel, and w = h3 · p there; None on the horizon."""
    u, v, w = (row[0] * x + row[1] * y + row[2] for row in backward)
    if w == 0:
        return None
    u, v = u / w, v / w
    return u, v, forward[2][0] * u + forward[2][1] * v + forward[2][2]


def front(forward, backward, source, output):
    """The sign of w in front: that at the source's centre, unless all of the output has the other."""
    h3 = forward[2]
    centre = h3[0] * (source[0] - 1) / 2 + h3[1] * (source[1] - 1) / 2 + h3[2]
    side = next(value for value in (centre, h3[0], h3[1]) if value != 0)
    sign = 1 if side > 0 else -1
    corners = [(0, 0), (output[0] - 1, 0), (0, output[1] - 1), (output[0] - 1, output[1] - 1)]
    points = [source_point(forward, backward, x, y) for x, y in corners]
    return sign if any(point is not None and point[2] * sign > 0 for point in points) else -sign


def border_index(i, length, border):
    if 0 <= i < length:
        return i
    if border == "constant":
        return None
    if border == "replicate":
        return 0 if i < 0 else length - 1
    if border == "wrap":
        return i % length
    if length == 1:
        return 0
    while not 0 <= i < length:
        twice = 1 if border == "reflect" else 0
        i = -twice - i if i < 0 else 2 * length - 2 + twice - i
    return i


def keys(x, a):
    """Keys' cubic."""
    x = abs(x)
    if x < 1:
        return (a + 2) * x**3 - (a + 3) * x**2 + 1
    return a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a if x < 2 else 0.0


def lanczos(x):
    return 1.0 if x == 0 else 4 * sin(pi * x) * sin(pi * x / 4) / (pi * x) ** 2


def axis_taps(u, interpolation):
    """Indices along one axis with weights other than zero."""
    first = floor(u)
    if u == first:
        return [(first, 1.0)]
    if interpolation == "linear":
        taps = [(first + k, 1 - abs(float(first + k - u))) for k in (0, 1)]
    elif interpolation == "lanczos":
        taps = [(first + k, lanczos(float(first + k - u))) for k in range(-3, 5)]
    else:
        a = {"cubic": -0.5, "cubic_opencv": -0.75}[interpolation]
        taps = [(first + k, keys(float(first + k - u), a)) for k in range(-1, 3)]
    total = sum(weight for _, weight in taps)
    return [(i, weight / total) for i, weight in taps]


def pixel(pixels, u, v, interpolation, border, fills):
    """The channels at a source point, and whether all taps of non-zero weight are inside."""
    height, width, channels = pixels.shape
    if interpolation == "nearest":
        taps = [(floor(u + Fraction(1, 2)), floor(v + Fraction(1, 2)), 1.0)]
    else:
        taps = [(i, j, a * b) for j, b in axis_taps(v, interpolation) for i, a in axis_taps(u, interpolation)]
    values = []
    for c in range(channels):
        value = 0.0
        for i, j, weight in taps:
            column, row = border_index(i, width, border), border_index(j, height, border)
            outside = column is None or row is None
            value += weight * (fills[c] if outside else float(pixels[row, column, c]))
        values.append(value)
    return values, all(0 <= i < width and 0 <= j < height for i, j, _ in taps)


def remap(image, points, interpolation="linear", border="constant", fill=0):
    """The image in float64, not rounded, and the mask."""
    pixels = image if image.ndim == 3 else image[:, :, None]
    fills = [float(value) for value in np.broadcast_to(fill, (pixels.shape[2],))]
    out = np.empty((*points.shape[:2], pixels.shape[2]))
    mask = np.zeros(points.shape[:2], bool)
    for y, x in np.ndindex(*points.shape[:2]):
        if np.isnan(points[y, x]).any():
            out[y, x] = fills
            continue
        u, v = (Fraction(float(value)) for value in points[y, x])
        out[y, x], mask[y, x] = pixel(pixels, u, v, interpolation, border, fills)
    return (out if image.ndim == 3 else out[:, :, 0]), mask


def warp_perspective(
    image,
    homography,
    size=None,
    direction="source_to_output",
    interpolation="linear",
    border="constant",
    fill=0,
    pixel_center="integer",
):
    """The image in float64, not rounded, and the mask."""
    pixels = image if image.ndim == 3 else image[:, :, None]
    height, width, channels = pixels.shape
    columns, rows = size or (width, height)
    fills = [float(value) for value in np.broadcast_to(fill, (channels,))]
    forward, backward = maps(homography, direction, pixel_center)
    sign = front(forward, backward, (width, height), (columns, rows))
    out = np.empty((rows, columns, channels))
    mask = np.zeros((rows, columns), bool)
    for y in range(rows):
        for x in range(columns):
            point = source_point(forward, backward, x, y)
            if point is None or point[2] * sign <= 0:
                out[y, x] = fills
                continue
            out[y, x], mask[y, x] = pixel(pixels, point[0], point[1], interpolation, border, fills)
    return (out if image.ndim == 3 else out[:, :, 0]), mask
