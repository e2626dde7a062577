"""Rotation of vectors by its definition: one pixel at a time, in exact fractions of cosine and sine."""

from fractions import Fraction
from math import floor


def neutral_value(dtype, encoding):
    if encoding == "signed":
        return Fraction(0)
    top = {"uint8": 255, "uint16": 65_535}.get(str(dtype), 1)
    return Fraction(top, 2) if encoding == "unorm" else Fraction(top + 1, 2)


def rotate_pair(x, y, cosine, sine, neutral):
    """The exact result, neither rounded nor saturated."""
    c, s = Fraction(float(cosine)), Fraction(float(sine))
    u, v = Fraction(x) - neutral, Fraction(y) - neutral
    return c * u - s * v + neutral, s * u + c * v + neutral


def rounded(value, rounding, low, high):
    return min(max(floor(value + (Fraction(1, 2) if rounding == "nearest" else 0)), low), high)
