"""Homographies put together from angles, factors and shifts."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from geometry.errors import Degenerate, InvalidInput
from geometry.inputs import Array, choice, extent, real_array


def _column(value: ArrayLike, name: str) -> Array:
    """Numbers (M,); a single one becomes (1,)."""
    return np.atleast_1d(real_array(value, name, ("M",) if np.ndim(value) else ()))


def _pairs(value: ArrayLike, name: str) -> Array:
    """Pairs (M, 2); a single one becomes (1, 2)."""
    return np.atleast_2d(real_array(value, name, ("M", 2) if np.ndim(value) == 2 else (2,)))


def homography_from_parameters(
    angle: ArrayLike = 0.0,
    *,
    scale: ArrayLike = 1.0,
    shear: ArrayLike = 0.0,
    translation: ArrayLike = (0.0, 0.0),
    perspective: ArrayLike = (0.0, 0.0),
    center: ArrayLike | None = None,
    size: Sequence[int] | None = None,
    pixel_center: str = "integer",
) -> Array:
    """Put together homographies: similarities, affine maps and perspective ones.

    `H = T(c + τ) · V(p) · R(α) · K(k) · S(s) · T(−c)`: about the centre c, first scale, then shear `x + k y`, turn,
    foreshorten `(x, y) / (1 + p·(x, y))`, and shift by τ. Without perspective the last row is exactly (0, 0, 1); it is
    (p, 1) about the centre otherwise.

    Parameters
    ----------
    angle
        Number or (M,), radians: turns the x axis towards the y axis, clockwise as seen with y downwards.
    scale
        Not 0: number or (M,) for both axes, or (M, 2) for x and y. Negative factors mirror.
    shear
        Number or (M,): tangent of the angle that the y axis leans by.
    translation
        (2,) or (M, 2), px.
    perspective
        (2,) or (M, 2), 1/px.
    center
        (2,) or (M, 2), px: what stays in place but for the translation. Default: the centre of `size`, or the origin.
    size
        (width, height), px: the default centre is this picture's, ((width − 1)/2, (height − 1)/2) with pixel centres
        at integers, (width/2, height/2) with halves.
    pixel_center
        `integer` or `half`: where the first pixel's centre is, in all coordinates here, the homographies' too.

    Returns
    -------
    (M, 3, 3), float64: M is the common length; arguments of length 1 serve all.

    Raises
    ------
    InvalidInput
        An argument is not as described above, both center and size are given, or lengths differ.
    Degenerate
        `overflow`: the numbers are too large.
    """
    choice(pixel_center, "pixel_center", ("integer", "half"))
    if center is not None and size is not None:
        raise InvalidInput("size", "is for the default centre; center is given")
    if center is None:
        center = np.zeros(2)
        if size is not None:
            center = (np.array(extent(size)) - (pixel_center == "integer")) / 2.0
    factors = real_array(scale, "scale", ("M", 2)) if np.ndim(scale) == 2 else _column(scale, "scale")[:, np.newaxis]
    parts = {
        "angle": _column(angle, "angle"),
        "scale": factors,
        "shear": _column(shear, "shear"),
        "translation": _pairs(translation, "translation"),
        "perspective": _pairs(perspective, "perspective"),
        "center": _pairs(center, "center"),
    }
    count = next((len(part) for part in parts.values() if len(part) != 1), 1)
    for name, part in parts.items():
        if len(part) not in (1, count):
            raise InvalidInput(name, f"has length {len(part)}, another argument {count}")
    if (factors == 0).any():
        raise InvalidInput(
            "/".join(["scale", *map(str, np.argwhere(factors == 0)[0][: np.ndim(scale)])]), "must not be 0"
        )
    turned, leaned = parts["angle"], parts["shear"]
    cosine, sine = np.cos(turned), np.sin(turned)
    linear = np.empty((count, 2, 2))
    with np.errstate(over="ignore", invalid="ignore"):
        linear[:, 0, 0], linear[:, 0, 1] = cosine, cosine * leaned - sine
        linear[:, 1, 0], linear[:, 1, 1] = sine, sine * leaned + cosine
        linear *= factors[:, np.newaxis, :]
        about, lean = parts["center"], parts["perspective"]
        H = np.zeros((count, 3, 3))
        H[:, 2, :2] = (lean[:, np.newaxis, :] @ linear)[:, 0]
        H[:, 2, 2] = 1.0
        shift = (about + parts["translation"])[:, :, np.newaxis]
        H[:, :2, :2] = linear + shift * H[:, 2:, :2]
        H[:, :2, 2] = shift[:, :, 0]
        H[:, :, 2] -= (H[:, :, :2] @ about[:, :, np.newaxis])[:, :, 0]
    if not np.isfinite(H).all():
        raise Degenerate("overflow", f"homography {int(np.argwhere(~np.isfinite(H))[0][0])} exceeds what floats hold")
    return H
