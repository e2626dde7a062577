"""Antialiased warping by its definition: every sub-sample of every output pixel, one at a time."""

from math import ceil, floor, sqrt

import numpy as np

from tests.naive.warp import axis_taps, border_index, front, maps

SAME = 1 + 2**-20


def smaller(image, constant, fill):
    """Means of 2×2 pixels; outside is the fill, or nothing."""
    height, width, channels = image.shape
    out = np.empty(((height + 1) // 2, (width + 1) // 2, channels))
    for y in range(len(out)):
        for x in range(out.shape[1]):
            seen = [(j, i) for j in (2 * y, 2 * y + 1) for i in (2 * x, 2 * x + 1)]
            inside = [image[j, i] for j, i in seen if j < height and i < width]
            out[y, x] = sum(inside) / len(inside)
            if constant:
                out[y, x] = (sum(inside) + (4 - len(inside)) * np.array(fill)) / 4
    return out


def spread(length):
    """Offsets of the sub-samples along a side, as parts of it."""
    n = max(ceil(length - 2**-20), 1)
    step = sqrt((length**2 - 1) / (n**2 - 1)) / length if n > 1 else 0
    return [(k - (n - 1) / 2) * step for k in range(n)]


def footprint(m, x, y):
    """The level of the pyramid and the sub-samples, as points of the output; none for a pixel that needs no mean."""
    p, q, w = m @ [x, y, 1]
    jacobian = (m[:2, :2] - np.outer([p / w, q / w], m[2, :2])) / w
    a, b = jacobian.T
    directions = np.eye(2)
    if abs(a @ b) > np.hypot(*a) * np.hypot(*b) / 4:
        directions = np.linalg.svd(jacobian)[2]
    elif np.hypot(*b) > np.hypot(*a):
        directions = np.array([[0, 1], [-1, 0]])
    along, across = (np.hypot(*(jacobian @ direction)) for direction in directions)
    if along <= SAME:
        return 0, []
    level = 0
    while across > 4 * SAME or along > 64 * SAME:
        level, along, across = level + 1, along / 2, across / 2
    return level, [(x, y) + s * directions[0] + t * directions[1] for t in spread(across) for s in spread(along)]


def folded(u, length, border):
    """The coordinate inside for one anywhere."""
    if border == "replicate" or length == 1:
        return min(max(u, 0), length - 1)
    if border == "wrap":
        return (u + 0.5) % length - 0.5
    low, period = (-0.5, 2 * length) if border == "reflect" else (0, 2 * length - 2)
    u = (u - low) % period
    return low + min(u, period - u)


def interpolated(image, point, size, level, border, fill):
    """The value at a source point, and whether all its taps are inside."""
    height, width, channels = image.shape
    rule, taps = border, []
    for u, length in zip(point, size, strict=True):
        if level:
            if border != "constant":
                u, rule = folded(u, length, border), "replicate"
            u = (u + 0.5) / 2**level - 0.5
        taps.append(axis_taps(u, "linear"))
    value, inside = np.zeros(channels), True
    for i, f in taps[0]:
        for j, g in taps[1]:
            inside &= 0 <= i < size[0] >> level and 0 <= j < size[1] >> level
            column, row = border_index(i, width, rule), border_index(j, height, rule)
            value += f * g * (np.array(fill) if column is None or row is None else image[row, column])
    return value, inside


def warp_perspective(image, homography, size, direction="source_to_output", border="constant", fill=0):
    """Values, not rounded; whether the whole footprint is inside; and where it is a mean at all."""
    pixels = (image if image.ndim == 3 else image[:, :, None]).astype(float)
    height, width, channels = pixels.shape
    fills = [float(value) for value in np.broadcast_to(fill, (channels,))]
    forward, backward = maps(homography, direction, "integer")
    sign = front(forward, backward, (width, height), size)
    m = np.array([[float(entry) for entry in row] for row in backward])
    # w of the map back has the sign of c h3 · p, with H M = c I.
    c = sum(float(forward[2][k] * backward[k][2]) for k in range(3))
    m *= sign * (1 if c > 0 else -1)
    levels = [pixels]
    for _ in range(16):
        levels.append(smaller(levels[-1], border == "constant", fills))
    out = np.zeros((size[1], size[0], channels))
    mask, averaged = np.zeros(out.shape[:2], bool), np.zeros(out.shape[:2], bool)
    for y in range(size[1]):
        for x in range(size[0]):
            level, points = footprint(m, x, y) if m[2] @ [x, y, 1] > 0 else (0, [])
            averaged[y, x] = mask[y, x] = bool(points)
            for point in points:
                p, q, w = m @ [*point, 1]
                value, inside = fills, False
                if w > 0:
                    at = [floor(v + 0.5) if abs(v - floor(v + 0.5)) < 1e-9 else v for v in (p / w, q / w)]
                    value, inside = interpolated(levels[level], at, (width, height), level, border, fills)
                out[y, x] += np.array(value) / len(points)
                mask[y, x] &= inside
    return (out if image.ndim == 3 else out[:, :, 0]), mask, averaged
