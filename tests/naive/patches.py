"""Patches by their definition, one pixel at a time, positions as exact fractions; and TensorFlow's two glimpses."""

from fractions import Fraction
from math import floor, isfinite, trunc

import numpy as np

TOUCHING = Fraction(1, 2**30)


def first_sample(q, length, size, anchor, normalized, centered, pixel_center):
    """On one axis: where the first pixel of the patch lies, pixel centres at integers."""
    ends = {"half": (Fraction(-1, 2), length - Fraction(1, 2)), "integer": (Fraction(0), Fraction(length - 1))}
    low, high = ends[pixel_center]
    q = Fraction(float(q))
    if normalized:
        p = low + (high - low) * ((q + 1) / 2 if centered else q)
    elif centered:
        p = (low + high) / 2 + q
    else:
        p = low + q
    # The patch's own ends, its first pixel's centre at 0.
    return p - Fraction(size - 1, 2) if anchor == "center" else p - ends[pixel_center][0]


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


def taps(position):
    """Indices and weights on one axis."""
    if abs(position - round(position)) <= TOUCHING:
        position = Fraction(round(position))
    before = floor(position)
    weight = position - before
    return [(before, 1 - weight)] + ([(before + 1, weight)] if weight else [])


def crop_patches(
    image,
    centers,
    size,
    anchor="center",
    normalized=False,
    centered=False,
    interpolation="linear",
    border="constant",
    fill=0,
    pixel_center="integer",
):
    """Values in exact fractions where all are finite, else in floats; and the mask."""
    height, width, channels = image.shape
    fills = np.broadcast_to(fill, channels).tolist()
    values, mask = [], []
    for cx, cy in centers:
        x = first_sample(cx, width, size[0], anchor, normalized, centered, pixel_center)
        y = first_sample(cy, height, size[1], anchor, normalized, centered, pixel_center)
        if interpolation != "linear":
            whole = trunc if interpolation == "truncate" else lambda v: floor(v + Fraction(1, 2))
            x, y = Fraction(whole(x)), Fraction(whole(y))
        for j in range(size[1]):
            for i in range(size[0]):
                across, down = taps(x + i), taps(y + j)
                mask.append(all(0 <= u < width for u, _ in across) and all(0 <= v < height for v, _ in down))
                for c in range(channels):
                    total = 0
                    for v, vertical in down:
                        for u, horizontal in across:
                            row, column = border_index(v, height, border), border_index(u, width, border)
                            value = fills[c] if row is None or column is None else image[row, column, c].item()
                            exact = isfinite(value)
                            total += horizontal * vertical * (Fraction(value) if exact else value)
                    values.append(total)
    return values, mask


def extract_glimpse(image, size, offset, centered, normalized, version):
    """What TensorFlow's op computes for one image and one offset (y, x), in float32, with noise="zero"."""
    first = []
    for q, length, extent in zip(offset, image.shape[:2], size, strict=True):
        p = np.float32(q)
        if normalized:
            p *= np.float32(length)
        if centered and (normalized or version == 1):
            p /= np.float32(2)
        if centered:
            p += np.float32(length) / np.float32(2)
        if version == 1 or (normalized and centered):
            p -= np.float32(extent) / np.float32(2)
        first.append(int(p))
    out = np.zeros((*size, image.shape[2]), image.dtype)
    for j in range(size[0]):
        for i in range(size[1]):
            y, x = first[0] + j, first[1] + i
            if 0 <= y < image.shape[0] and 0 <= x < image.shape[1]:
                out[j, i] = image[y, x]
    return out
