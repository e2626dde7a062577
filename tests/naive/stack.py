"""Interpolation in a stack by its definition: one pixel at a time, times as exact fractions."""

from fractions import Fraction
from math import isfinite, isnan


def place(t, stamps, outside, period):
    """The frame before, the weight of the one after, and whether t is inside; None for the fill."""
    inside = not isnan(t) and stamps[0] <= t <= stamps[-1]
    if isnan(t) or (not inside and outside == "mask") or (not isfinite(t) and outside == "wrap"):
        return None, 0, inside
    if not isfinite(t):
        return (0 if t < 0 else len(stamps) - 1), 0, inside
    t = Fraction(t)
    if outside == "clamp":
        t = min(max(t, stamps[0]), stamps[-1])
    elif outside == "wrap":
        t = stamps[0] + (t - stamps[0]) % period
    k = max(k for k, stamp in enumerate(stamps) if stamp <= t)
    after = stamps[k + 1] if k + 1 < len(stamps) else stamps[0] + period
    return k, (t - stamps[k]) / (after - stamps[k]), inside


def interpolate_stack(frames, time, timestamps=None, interpolation="linear", outside="clamp", period=None, fill=0):
    """Values as nested lists: exact fractions, or the fill, or what a frame holds (NaN and infinity, too); the mask."""
    stamps = [Fraction(float(s)) for s in (range(len(frames)) if timestamps is None else timestamps)]
    if period is None:
        step = (stamps[-1] - stamps[0]) / (len(stamps) - 1) if len(stamps) > 1 else Fraction(1)
        period = stamps[-1] - stamps[0] + step
    period = Fraction(period)
    values, mask = [], []
    for y in range(time.shape[0]):
        for x in range(time.shape[1]):
            k, w, inside = place(float(time[y, x]), stamps, outside, period)
            mask.append(inside)
            if interpolation == "nearest" and k is not None:
                k, w = ((k + 1) % len(stamps) if w >= Fraction(1, 2) else k), 0
            for c in range(frames.shape[3]):
                if k is None:
                    values.append(fill)
                    continue
                a, b = float(frames[k, y, x, c]), float(frames[(k + 1) % len(frames), y, x, c])
                if w == 0 or a == b:
                    values.append(a)
                elif isfinite(a) and isfinite(b):
                    values.append((1 - w) * Fraction(a) + w * Fraction(b))
                else:
                    values.append(a + b)
    return values, mask
