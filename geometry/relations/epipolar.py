"""What lines and distances of epipolar geometry share: checked arguments, and what rounding leaves of a line."""

import numpy as np
from numpy.typing import ArrayLike

from geometry.errors import InvalidInput
from geometry.inputs import Array, kernel_view, real_array
from geometry.kernel import inline

LARGEST = 1e100  # of a coordinate, so that products of two are finite
# Below this share of a line's largest possible length, squared, it is looked at again with care: products may have
# vanished, and the line may be rounding alone.
SMALL = 1e-24
# A line F x is a sum of three products, 3 roundings; an F and an epipole that were computed from projections are some
# tens of roundings off.
ROUNDING = 64 * 2.0**-53


@inline
def _component(f, g, h, x, y):  # type: ignore[no-untyped-def]
    value = f * x + g * y + h
    return 0.0 if abs(value) <= ROUNDING * (abs(f * x) + abs(g * y) + abs(h)) else value


@inline
def epipolar_line(F, x, y):  # type: ignore[no-untyped-def]
    """Compute F (x, y, 1), exactly 0 in each component that is no larger than rounding explains."""
    return (
        _component(F[0, 0], F[0, 1], F[0, 2], x, y),
        _component(F[1, 0], F[1, 1], F[1, 2], x, y),
        _component(F[2, 0], F[2, 1], F[2, 2], x, y),
    )


def fundamental_stack(value: ArrayLike, points: int) -> Array:
    """Fundamental matrices (1, 3, 3) for all points or (M, 3, 3), each scaled by a power of two to entries of about 1.

    Raises
    ------
    InvalidInput
        Neither one matrix nor one a point, not finite, or all zero.
    """
    F = real_array(value, "fundamental", (points, 3, 3) if np.ndim(value) == 3 else (3, 3)).reshape(-1, 3, 3)
    largest = np.abs(F).max(axis=(1, 2), initial=0.0)
    if not largest.all():
        at = f"/{int(np.argmin(largest))}" if np.ndim(value) == 3 else ""
        raise InvalidInput(f"fundamental{at}", "must not be zero")
    return kernel_view(np.ldexp(F, -np.frexp(largest)[1][:, np.newaxis, np.newaxis]))


def image_points(value: ArrayLike, name: str, count: int | str = "M") -> Array:
    """Points (M, 2) of moderate size.

    Raises
    ------
    InvalidInput
        Another shape; a coordinate that is not finite or above 1e100.
    """
    points = real_array(value, name, (count, 2), finite=False)
    if len(points) and not (points.min() >= -LARGEST and points.max() <= LARGEST):
        m, axis = np.argwhere(~(np.abs(points) <= LARGEST))[0]
        size = "a finite number" if not np.isfinite(points[m, axis]) else f"at most {LARGEST:g}"
        raise InvalidInput(f"{name}/{m}/{axis}", f"must be {size}")
    return points
