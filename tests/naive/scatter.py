"""Points into the cells of a grid, one point after the other."""

import math

import numpy as np


def place(point, projection, axes):
    """Column, row and depth of a point before rounding; None behind the camera."""
    if axes is not None:
        row, column, value = axes
        return point[column], point[row], point[value]
    P = [list(map(float, line)) for line in projection]
    x, y, *w = [sum(a * b for a, b in zip(line, [*point, 1.0], strict=True)) for line in P]
    if len(P) == 2 or P[2][:3] == [0, 0, 0]:
        scale = w[0] if w else 1.0
        a, b = ([c / scale for c in line[:3]] for line in P[:2])
        normal = np.cross(a, b) / np.linalg.norm(np.cross(a, b))
        return x / scale, y / scale, float(normal @ point)
    sign = math.copysign(1, np.linalg.det(np.array(P)[:, :3]))
    if not sign * w[0] > 0:
        return None
    return x / w[0], y / w[0], sign * w[0] / float(np.linalg.norm(P[2][:3]))


def scatter(points, size, projection=None, axes=None, values=None, reduce="min", origin=(0, 0), cell=(1, 1),
            outside="drop", fill=math.nan, half=False):  # fmt: skip
    """Image (h, w, C), index, count, and fates (no point, no value, behind, outside, clipped, inside)."""
    width, height = size
    fallen = {}
    fates = [0] * 6
    for m, raw in enumerate(points):
        point = [float(c) for c in raw]
        if not all(map(math.isfinite, point)):
            fates[0] += 1
            continue
        at = place(point, projection, axes)
        if at is None:
            fates[2] += 1
            continue
        if points.dtype == np.float32:
            at = (*at[:2], float(np.float32(at[2])))
        value = [at[2]] if values is None else [float(v) for v in values[m]]
        if any(map(math.isnan, value)):
            fates[1] += 1
            continue
        offset = 0.0 if half else 0.5
        column, row = (math.floor((at[k] - origin[k]) / cell[k] + offset) for k in (0, 1))
        inside = 0 <= column < width and 0 <= row < height
        if not inside and outside == "drop":
            fates[3] += 1
            continue
        fates[5 if inside else 4] += 1
        column, row = min(max(column, 0), width - 1), min(max(row, 0), height - 1)
        fallen.setdefault((row, column), []).append((m, at[2], value))
    channels = 1 if values is None else len(values[0]) if len(values) else 1
    image = np.full((height, width, channels), float(fill))
    index, count = np.full((height, width), -1), np.zeros((height, width), int)
    for where, found in fallen.items():
        count[where] = len(found)
        if reduce in ("min", "max", "nearest", "farthest"):
            least = reduce in ("min", "nearest")
            by_depth = values is None or reduce in ("nearest", "farthest")
            keys = [depth if by_depth else value[0] for _, depth, value in found]
            best = keys.index(min(keys) if least else max(keys))
            index[where], image[where] = found[best][0], found[best][2]
        else:
            index[where] = found[0][0]
            total = [math.fsum(value[c] for *_, value in found) for c in range(channels)]
            image[where] = len(found) if reduce == "count" else total
            if reduce == "mean":
                image[where] /= len(found)
    return image, index, count, tuple(fates)
