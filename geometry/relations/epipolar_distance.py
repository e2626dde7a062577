"""How far pairs of points are from satisfying an epipolar constraint."""

from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.inputs import Array, choice
from geometry.kernel import inline, kernel, routine
from geometry.memory import fresh_arrays
from geometry.relations.correction import corrected_pair
from geometry.relations.epipolar import SMALL, epipolar_line, fundamental_stack, image_points

DISTANCE_STATUS = ("ok", "at_infinity", "is_epipole", "no_convergence")
"""What the codes in `status` of distances mean."""

DistanceKind = Literal["sampson", "symmetric", "left", "right", "reprojection"]

_OK, _AT_INFINITY, _IS_EPIPOLE, _NO_CONVERGENCE = range(4)
_SAMPSON, _SYMMETRIC, _LEFT, _RIGHT, _REPROJECTION = range(5)
_GRAIN = 16384
_CHUNK = 512


class EpipolarDistances(NamedTuple):
    """Distances of M pairs of points."""

    distances: Array
    """(M,) float64, px (px² if squared), ≥ 0; NaN at an epipole, infinite to a line at infinity."""
    status: Array
    """(M,) uint8, codes of `DISTANCE_STATUS`."""


@routine
def _careful(F, kind, left_x, left_y, right_x, right_y):  # type: ignore[no-untyped-def]
    """One distance with every product in range; lines that rounding alone explains are taken as zero."""
    n_x, n_y, n_z = epipolar_line(F, left_x, left_y)
    o_x, o_y, o_z = epipolar_line(F.T, right_x, right_y)
    scale = max(abs(n_x), abs(n_y), abs(o_x), abs(o_y))
    no_right, no_left = n_x == 0.0 and n_y == 0.0, o_x == 0.0 and o_y == 0.0
    at_left, at_right = no_right and n_z == 0.0, no_left and o_z == 0.0
    if kind == _SAMPSON:
        lost, far = (no_right and no_left) and (at_left or at_right), no_right and no_left
    elif kind == _SYMMETRIC:
        lost, far = at_left or at_right, no_right or no_left
    elif kind == _LEFT:
        lost, far = at_right, no_left
    else:
        lost, far = at_left, no_right
    if lost:
        return np.nan, _IS_EPIPOLE
    if far:
        return np.inf, _AT_INFINITY
    n_x, n_y, n_z, o_x, o_y = n_x / scale, n_y / scale, n_z / scale, o_x / scale, o_y / scale
    residual = abs(right_x * n_x + right_y * n_y + n_z)
    right, left = n_x * n_x + n_y * n_y, o_x * o_x + o_y * o_y
    if kind == _SAMPSON:
        return residual / np.sqrt(right + left), _OK
    if kind == _SYMMETRIC:
        right, left = max(abs(n_x), abs(n_y)), max(abs(o_x), abs(o_y))
        right *= np.sqrt((n_x / right) * (n_x / right) + (n_y / right) * (n_y / right))
        left *= np.sqrt((o_x / left) * (o_x / left) + (o_y / left) * (o_y / left))
        return np.sqrt((residual / right) * (residual / right) + (residual / left) * (residual / left)), _OK
    return residual / np.sqrt(left if kind == _LEFT else right), _OK


@inline
def _quickly(F, left, right, residuals, to_left, to_right, again):  # type: ignore[no-untyped-def]
    """Residuals and squared lengths of the lines of a chunk of pairs; returns how many of them need care."""
    f, g, h = F[0, 0], F[0, 1], F[0, 2]
    p, q, r = F[1, 0], F[1, 1], F[1, 2]
    s, t, w = F[2, 0], F[2, 1], F[2, 2]
    one, two = np.uint64(1), np.uint64(2)
    found = 0
    for i in range(np.uint64(len(left) // 2)):
        x, y, u, v = left[two * i], left[two * i + one], right[two * i], right[two * i + one]
        n_x, n_y, n_z = f * x + g * y + h, p * x + q * y + r, s * x + t * y + w
        o_x, o_y = f * u + p * v + s, g * u + q * v + t
        right_squared, left_squared = n_x * n_x + n_y * n_y, o_x * o_x + o_y * o_y
        residuals[i] = abs(u * n_x + v * n_y + n_z)
        to_left[i], to_right[i] = left_squared, right_squared
        small = (right_squared <= SMALL * (x * x + y * y + 1.0)) | (left_squared <= SMALL * (u * u + v * v + 1.0))
        again[i] = 1.0 if small else 0.0
        found += small
    return found


@kernel("void(f8[:,:,::1], f8[:,::1], f8[:,::1], i8, f8[::1], u1[::1], i8, i8)")
def _distances(F, left, right, kind, distances, status, start, stop):  # type: ignore[no-untyped-def]
    residuals, to_left, to_right, again = np.empty(_CHUNK), np.empty(_CHUNK), np.empty(_CHUNK), np.empty(_CHUNK)
    chunk = _CHUNK if len(F) == 1 else 1
    for begin in range(start, stop, chunk):
        end = min(begin + chunk, stop)
        k = begin if len(F) > 1 else 0
        found = _quickly(
            F[k], left[begin:end].reshape(-1), right[begin:end].reshape(-1), residuals, to_left, to_right, again
        )
        out = distances[begin:end]
        status[begin:end] = _OK
        if kind == _REPROJECTION:
            for m in range(begin, end):
                a, b, c, d, settled = corrected_pair(F[k], left[m, 0], left[m, 1], right[m, 0], right[m, 1])
                distances[m] = np.sqrt(a * a + b * b + c * c + d * d)
                status[m] = _OK if settled else _NO_CONVERGENCE
        elif kind == _SYMMETRIC:
            for i in range(np.uint64(len(out))):
                out[i] = residuals[i] * np.sqrt(1.0 / to_left[i] + 1.0 / to_right[i])
        else:
            from_left, from_right = 0.0 if kind == _RIGHT else 1.0, 0.0 if kind == _LEFT else 1.0
            for i in range(np.uint64(len(out))):
                out[i] = residuals[i] / np.sqrt(from_left * to_left[i] + from_right * to_right[i])
        if found > 0:
            for m in range(begin, end):
                if again[m - begin] > 0.0:
                    known = _SAMPSON if kind == _REPROJECTION else kind
                    distance, code = _careful(F[k], known, left[m, 0], left[m, 1], right[m, 0], right[m, 1])
                    if kind != _REPROJECTION or code != _OK:
                        distances[m], status[m] = distance, code


def epipolar_distance(
    fundamental: ArrayLike,
    left: ArrayLike,
    right: ArrayLike,
    *,
    kind: DistanceKind = "sampson",
    squared: bool = False,
) -> EpipolarDistances:
    """Compute how far pairs of points are from `x_rightᵀ F x_left = 0`, in pixels.

    With r = x_rightᵀ F x_left, l = F x_left, l' = Fᵀ x_right and |·| of their first two components:

    - `left`: |r| / |l'|, of the left point to its line; `right`: |r| / |l|;
    - `symmetric`: √(left² + right²);
    - `sampson`: |r| / √(|l|² + |l'|²), the first order of `reprojection`;
    - `reprojection`: √(d_left² + d_right²) to the nearest pair that satisfies the constraint.

    Parameters
    ----------
    fundamental
        (3, 3), or (M, 3, 3) for one a pair; finite, not zero; scale and sign do not matter.
    left, right
        (M, 2), (x, y), px; finite, at most 1e100.
    kind
        Which distance.
    squared
        Return squares instead.

    Returns
    -------
    EpipolarDistances
        Status `is_epipole`: NaN, 0 / 0, because a point is the epipole (for `sampson` both are); `at_infinity`:
        infinite, the line has no finite point; `no_convergence` (`reprojection` only): the nearest pair was not found
        to the last digits. Zero is what rounding explains.

    Raises
    ------
    InvalidInput
        An argument is not as described above.

    References
    ----------
    Sampson, Fitting conic sections to very scattered data, 1982; Lindstrom, Triangulation made easy, 2010.
    """
    choice(kind, "kind", get_args(DistanceKind))
    one = image_points(left, "left")
    other = image_points(right, "right", len(one))
    F = fundamental_stack(fundamental, len(one))
    distances, status = fresh_arrays(((len(one),), np.dtype(np.float64)), ((len(one),), np.dtype(np.uint8)))
    number = get_args(DistanceKind).index(kind)

    def work(start: int, stop: int) -> None:
        with np.errstate(all="ignore"):  # where the kernel is not compiled, 0 / 0 would be reported
            _distances(F, one, other, number, distances, status, start, stop)

    run_bands(work, len(one), grain=_GRAIN)
    return EpipolarDistances(np.square(distances, out=distances) if squared else distances, status)
