"""Scores of camera pairs: how much two frusta share, under which angles and at which scales."""

import math
from typing import NamedTuple

import numpy as np

from geometry.bands import run_bands
from geometry.graph.frusta import (
    AXIS,
    BALL,
    BLUR,
    CENTRE,
    FAR,
    FOCAL,
    IMAGE,
    MIDDLE,
    NEAR,
    RADIUS,
    RAYS,
    ROUNDING,
    Frusta,
)
from geometry.inputs import Array
from geometry.kernel import inline, kernel

_BAND_PAIRS = 4096


class Samples(NamedTuple):
    """Where frusta are compared: the centres of `grid` × `grid` cells of the image at `depths` depths.

    Depths divide near … far into steps of equal ratio; each is the (geometric) middle of its step.
    """

    s: Array
    """(grid²,), −1 … 1."""
    t: Array
    """(grid²,)."""
    depths: Array
    """(N, depths)."""
    points: float
    """How many points there are."""


class Preference(NamedTuple):
    """What makes a good pair."""

    best_angle: float
    """Radians."""
    weights: tuple[float, float, float, float]
    """Of overlap, baseline, direction and scale; they sum up to 1."""
    least: float
    """Lower scores become 0."""


def frustum_samples(frusta: Frusta, grid: int, depths: int) -> Samples:
    """Lay out `grid` × `grid` × `depths` points in every frustum."""
    centres = (2.0 * np.arange(grid) + 1.0) / grid - 1.0
    near, far = frusta.cameras[:, NEAR, np.newaxis], frusta.cameras[:, FAR, np.newaxis]
    steps = (np.arange(depths) + 0.5) / depths
    layers = np.ascontiguousarray(near ** (1 - steps) * far**steps)
    return Samples(np.tile(centres, grid), np.repeat(centres, grid), layers, float(grid * grid * depths))


@inline
def _share(a, b, s, t, depths, relative):  # type: ignore[no-untyped-def]
    """Count the sample points of frustum `a` that lie in frustum `b`: `|q₀|, |q₁| ≤ q₂` and near ≤ q₂ ≤ far."""
    for r in range(3):
        x, y, z = b[IMAGE + 3 * r], b[IMAGE + 3 * r + 1], b[IMAGE + 3 * r + 2]
        for c in range(3):
            relative[r, c] = x * a[RAYS + c] + y * a[RAYS + 3 + c] + z * a[RAYS + 6 + c]
        relative[r, 3] = (
            x * (a[CENTRE] - b[CENTRE]) + y * (a[CENTRE + 1] - b[CENTRE + 1]) + z * (a[CENTRE + 2] - b[CENTRE + 2])
        )
    near, far = b[NEAR], b[FAR]
    inside = 0
    for z in depths:
        a0, b0, c0 = relative[0, 3] + z * relative[0, 2], z * relative[0, 0], z * relative[0, 1]
        a1, b1, c1 = relative[1, 3] + z * relative[1, 2], z * relative[1, 0], z * relative[1, 1]
        a2, b2, c2 = relative[2, 3] + z * relative[2, 2], z * relative[2, 0], z * relative[2, 1]
        for n in range(len(s)):
            q0, q1, q2 = a0 + b0 * s[n] + c0 * t[n], a1 + b1 * s[n] + c1 * t[n], a2 + b2 * s[n] + c2 * t[n]
            inside += (abs(q0) <= q2) & (abs(q1) <= q2) & (near <= q2) & (q2 <= far)
    return inside


@inline
def _middle(a, b):  # type: ignore[no-untyped-def]
    """At the middle of frustum `a`: the angle between the lines to both centres, and the smaller scale by the larger.

    An angle that roundings explain is 0.
    """
    x, y, z = a[MIDDLE] * a[RAYS + 2], a[MIDDLE] * a[RAYS + 5], a[MIDDLE] * a[RAYS + 8]
    u = a[CENTRE] - b[CENTRE] + x
    v = a[CENTRE + 1] - b[CENTRE + 1] + y
    w = a[CENTRE + 2] - b[CENTRE + 2] + z
    p, q, r = y * w - z * v, z * u - x * w, x * v - y * u
    angle = math.atan2(math.sqrt(p * p + q * q + r * r), abs(x * u + y * v + z * w))
    nearest = math.sqrt(min(x * x + y * y + z * z, u * u + v * v + w * w))
    if angle * nearest <= ROUNDING * nearest + (a[BLUR] + b[BLUR]):
        angle = 0.0
    depth = b[IMAGE + 6] * u + b[IMAGE + 7] * v + b[IMAGE + 8] * w
    ratio = 0.0
    if depth > 0.0:
        one, other = a[FOCAL] * depth, b[FOCAL] * a[MIDDLE]
        ratio = min(one, other) / max(one, other)
    return angle, ratio


@inline
def _cosine(a, b):  # type: ignore[no-untyped-def]
    return a[AXIS] * b[AXIS] + a[AXIS + 1] * b[AXIS + 1] + a[AXIS + 2] * b[AXIS + 2]


@inline
def _combined(overlap, angle, cosine, ratio, preference):  # type: ignore[no-untyped-def]
    """Weighted geometric mean; 0 where nothing is shared or a quantity that counts is 0."""
    best = preference[0]
    baseline = 2.0 * angle * best / (angle * angle + best * best)
    if overlap <= 0.0:
        return 0.0
    if preference[1] == 0.25 and preference[2] == 0.25 and preference[3] == 0.25 and preference[4] == 0.25:
        product = overlap * baseline * max(0.0, cosine) * ratio
        score = min(1.0, math.sqrt(math.sqrt(product)))  # spares five transcendental functions
        return score if score >= preference[5] else 0.0
    total = 0.0
    for k in range(4):
        weight = preference[1 + k]
        if weight > 0.0:
            value = overlap if k == 0 else baseline if k == 1 else cosine if k == 2 else ratio
            if value <= 0.0:
                return 0.0
            total += weight * math.log(value)
    score = min(1.0, math.exp(total))
    return score if score >= preference[5] else 0.0


@kernel("void(f8[:,::1], u1[::1], f8[::1], f8[::1], f8[:,::1], f8, f8[::1], i8, i8, i8, f8[:,::1])")
def _score_rows(cameras, status, s, t, depths, points, preference, first, start, stop, scores):  # type: ignore[no-untyped-def]
    relative = np.empty((3, 4))
    for i in range(start, stop):
        row, a = scores[i - first], cameras[i]
        row[:] = 0.0
        if status[i] != 0:
            continue
        for j in range(i + 1, len(cameras)):
            b = cameras[j]
            x, y, z = a[BALL] - b[BALL], a[BALL + 1] - b[BALL + 1], a[BALL + 2] - b[BALL + 2]
            reach = a[RADIUS] + b[RADIUS]
            cosine = _cosine(a, b)
            if status[j] != 0 or x * x + y * y + z * z > reach * reach or (cosine <= 0.0 and preference[3] > 0.0):
                continue
            inside = _share(a, b, s, t, depths[i], relative) + _share(b, a, s, t, depths[j], relative)
            if inside > 0:
                angle, ratio = _middle(a, b)
                other_angle, other_ratio = _middle(b, a)
                row[j] = _combined(
                    inside / (2.0 * points),
                    0.5 * (angle + other_angle),
                    cosine,
                    0.5 * (ratio + other_ratio),
                    preference,
                )


@kernel("void(f8[:,::1], i8[:,::1], f8[::1], f8[::1], f8[:,::1], f8, f8[::1], i8, i8, f8[:,::1])")
def _score_pairs(cameras, pairs, s, t, depths, points, preference, start, stop, out):  # type: ignore[no-untyped-def]
    relative = np.empty((3, 4))
    for m in range(start, stop):
        i, j = pairs[m, 0], pairs[m, 1]
        a, b = cameras[i], cameras[j]
        inside = _share(a, b, s, t, depths[i], relative) + _share(b, a, s, t, depths[j], relative)
        angle, ratio = _middle(a, b)
        other_angle, other_ratio = _middle(b, a)
        cosine = _cosine(a, b)
        overlap, angle, ratio = inside / (2.0 * points), 0.5 * (angle + other_angle), 0.5 * (ratio + other_ratio)
        x = a[AXIS + 1] * b[AXIS + 2] - a[AXIS + 2] * b[AXIS + 1]
        y = a[AXIS + 2] * b[AXIS] - a[AXIS] * b[AXIS + 2]
        z = a[AXIS] * b[AXIS + 1] - a[AXIS + 1] * b[AXIS]
        u, v, w = a[CENTRE] - b[CENTRE], a[CENTRE + 1] - b[CENTRE + 1], a[CENTRE + 2] - b[CENTRE + 2]
        out[0, m] = _combined(overlap, angle, cosine, ratio, preference)
        out[1, m] = angle
        out[2, m] = math.atan2(math.sqrt(x * x + y * y + z * z), cosine)
        out[3, m] = overlap
        out[4, m] = ratio
        out[5, m] = math.sqrt(u * u + v * v + w * w)


def _numbers(preference: Preference) -> Array:
    return np.array([preference.best_angle, *preference.weights, preference.least])


def score_rows(frusta: Frusta, samples: Samples, preference: Preference, first: int, stop: int, scores: Array) -> None:
    """Score cameras `first:stop` with all of a higher number into `scores` (≥ stop − first, N); the rest is 0."""
    cameras = len(frusta.cameras)
    run_bands(
        lambda start, end: _score_rows(
            frusta.cameras, frusta.status, *samples, _numbers(preference), first, first + start, first + end, scores
        ),
        stop - first,
        grain=max(1, _BAND_PAIRS // max(1, cameras - first)),
    )


def score_pairs(frusta: Frusta, samples: Samples, preference: Preference, pairs: Array) -> Array:
    """Measure the pairs (M, 2) of cameras that are ok: (6, M) score, baseline angle, direction angle, overlap, scale
    ratio, distance of the centres.
    """
    out = np.empty((6, len(pairs)))
    run_bands(
        lambda start, stop: _score_pairs(frusta.cameras, pairs, *samples, _numbers(preference), start, stop, out),
        len(pairs),
        grain=_BAND_PAIRS,
    )
    return out
