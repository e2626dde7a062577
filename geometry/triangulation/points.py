"""Points in space from where several cameras see them."""

from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.cameras.world import local_cameras
from geometry.errors import InvalidInput
from geometry.inputs import Array, choice, finite_number, real_array
from geometry.kernel import kernel, routine
from geometry.relations.correction import corrected_pair
from geometry.relations.epipolar import LARGEST
from geometry.triangulation.orthogonal import add_row, clear, null_vector
from geometry.triangulation.rays import fundamental_of_rays, meeting_point, widest_angle
from geometry.triangulation.reprojection import covariance, image_of, refine, squared_error

TRIANGULATION_STATUS = (
    "ok",
    "too_few_views",
    "same_centre",
    "on_baseline",
    "parallel_rays",
    "behind_camera",
    "small_parallax",
    "no_convergence",
)
"""What the codes in `status` of points mean."""

TriangulationMethod = Literal["optimal", "gauss_newton", "dlt"]

_OK, _TOO_FEW_VIEWS, _SAME_CENTRE, _ON_BASELINE, _PARALLEL, _BEHIND, _SMALL_PARALLAX, _NO_CONVERGENCE = range(8)
_OPTIMAL, _GAUSS_NEWTON, _DLT = range(3)
# Sine of an angle between rays that counts as none, and 1 / distance that counts as infinitely far: rays are known to
# about 2^-50 from matrices in float64.
_PARALLEL_RAYS = 2.0**-40
_GRAIN = 256


class Triangulation(NamedTuple):
    """M points in space."""

    points: Array
    """(M, 3) float64, world; NaN for none: unless the status is `ok`, `behind_camera` or `small_parallax`, and with
    `no_convergence` where nothing finite was reached."""
    covariance: Array
    """(M, 3, 3) float64, world units²; NaN as `points`."""
    error: Array
    """(M,) float64, px: root mean square distance between where the point was seen and its images; NaN as `points`."""
    parallax: Array
    """(M,) float64, radians, 0 … π/2: the widest angle between two of its rays; NaN as `points`."""
    views: Array
    """(M,) int32: by how many cameras it was seen."""
    status: Array
    """(M,) uint8, codes of `TRIANGULATION_STATUS`."""


@routine
def _rays_apart(rays, centers, tolerances, views, count, seen, directions):  # type: ignore[no-untyped-def]
    """Write the unit rays of a point; returns what keeps them from meeting in one place, or that nothing does."""
    apart, parallel, along = False, True, True
    for i in range(count):
        n = views[i]
        length = 0.0
        for k in range(3):
            directions[i, k] = rays[n, k, 0] * seen[i, 0] + rays[n, k, 1] * seen[i, 1] + rays[n, k, 2]
            length += directions[i, k] * directions[i, k]
        length = np.sqrt(length)
        for k in range(3):
            directions[i, k] /= length
        if i == 0:
            continue
        first, allowed, distance, across = views[0], tolerances[n] + tolerances[views[0]], 0.0, 0.0
        sine = 0.0
        for k in range(3):
            j, m = (k + 1) % 3, (k + 2) % 3
            distance = max(distance, abs(centers[n, k] - centers[first, k]))
            cross = directions[0, j] * directions[i, m] - directions[0, m] * directions[i, j]
            sine = max(sine, abs(cross))
            cross = directions[0, j] * (centers[n, m] - centers[first, m])
            cross -= directions[0, m] * (centers[n, j] - centers[first, j])
            across = max(across, abs(cross))
        apart |= distance > allowed
        parallel &= sine <= _PARALLEL_RAYS
        along &= across <= _PARALLEL_RAYS * distance + allowed
    if not apart:
        return _SAME_CENTRE
    if parallel:
        return _ON_BASELINE if along else _PARALLEL
    return _OK


@routine
def _linear(P, views, count, seen, R, row, X, trial):  # type: ignore[no-untyped-def]
    clear(R)
    for i in range(count):
        n = views[i]
        for r in range(2):
            for k in range(4):
                row[k] = seen[i, r] * P[n, 2, k] - P[n, r, k]
            add_row(R, row, 4)
    null_vector(R, X, trial)


@kernel(
    "void(f8[:,:,::1], f8[:,::1], f8[:,:,::1], f8[::1], f8[:,:,::1], i8, f8, f8, f8[::1], f8, f8[:,::1], f8[:,:,::1], "
    "f8[::1], f8[::1], i4[::1], u1[::1], i8, i8)"
)
def _triangulate(  # type: ignore[no-untyped-def]
    P, centers, rays, tolerances, observed, method, sigma, least_parallax, origin, unit,
    points, covariances, errors, parallaxes, seen_by, status, start, stop,
):  # fmt: skip
    cameras = len(P)
    views, seen, near, directions = (
        np.empty(cameras, np.int64), np.empty((cameras, 2)), np.empty((2, 2)), np.empty((cameras, 3)),
    )  # fmt: skip
    R, row, X, trial, F = np.empty((4, 4)), np.empty(4), np.empty(4), np.empty(4), np.empty((3, 3))
    for m in range(start, stop):
        count = 0
        for n in range(cameras):
            x, y = observed[n, m, 0], observed[n, m, 1]
            if x == x and y == y:
                views[count], seen[count, 0], seen[count, 1] = n, x, y
                count += 1
        seen_by[m] = count
        found, reached = _TOO_FEW_VIEWS, False
        if count > 1:
            found = _rays_apart(rays, centers, tolerances, views, count, seen, directions)
        if found == _OK:
            refined = method != _DLT
            if method == _OPTIMAL and count == 2:
                fundamental_of_rays(rays, centers, views[0], views[1], F)
                a, b, c, d, settled = corrected_pair(F, seen[0, 0], seen[0, 1], seen[1, 0], seen[1, 1])
                if settled:
                    near[0, 0], near[0, 1] = seen[0, 0] + a, seen[0, 1] + b
                    near[1, 0], near[1, 1] = seen[1, 0] + c, seen[1, 1] + d
                    meeting_point(rays, centers, views[0], views[1], near, X)
                    refined = False
            if refined or method == _DLT:
                _linear(P, views, count, seen, R, row, X, trial)
            if refined and not refine(P, views, count, seen, X, R, row, trial):
                found = _NO_CONVERGENCE
            size = abs(X[0]) + abs(X[1]) + abs(X[2])
            reached = size + abs(X[3]) < np.inf
            if not reached:
                found = _NO_CONVERGENCE
            elif abs(X[3]) <= _PARALLEL_RAYS * size:
                found = _PARALLEL
                reached = False
        status[m] = found
        if not reached:
            continue
        for k in range(3):
            X[k] /= X[3]
            points[m, k] = X[k] * unit + origin[k]
        X[3] = 1.0
        errors[m] = np.sqrt(squared_error(P, views, count, seen, X) / count)
        parallaxes[m] = widest_angle(centers, views, count, X, directions)
        covariance(P, views, count, X, (sigma * unit) * (sigma * unit), R, row, covariances[m])
        behind = False
        for i in range(count):
            _, _, depth = image_of(P, views[i], X)
            behind |= not depth > 0.0
        if behind:
            status[m] = _BEHIND
        elif found == _OK and parallaxes[m] < least_parallax:
            status[m] = _SMALL_PARALLAX


def triangulate(
    projections: ArrayLike,
    points: ArrayLike,
    *,
    method: TriangulationMethod = "optimal",
    sigma: float = 1.0,
    min_parallax: float = 0.0,
) -> Triangulation:
    """Find points in space from where cameras see them.

    `optimal` and `gauss_newton` minimize the sum over the views of `|x − P X|²` in pixels; `dlt` minimizes that of
    `z² |x − P X|²` with |X| = 1 homogeneous, z the depth. All of them in a world with the mean of the camera centres
    as origin, so that map coordinates lose no digits.

    Parameters
    ----------
    projections
        (N, 3, 4), real, finite; from world to image, up to scale and sign.
    points
        (N, M, 2), (x, y), px, at most 1e100: where each camera sees each point; NaN where it does not.
    method
        `optimal`: of two views by Lindstrom's iteration, of more as `gauss_newton`; `gauss_newton`: from the result of
        `dlt`, on the sphere of homogeneous points, damped where it has to be; `dlt`: linear.
    sigma
        Standard deviation of the points in either direction, px, > 0: for the covariance σ² (Jᵀ J)⁻¹.
    min_parallax
        Points whose rays are all within this angle are marked, radians, ≥ 0.

    Returns
    -------
    Triangulation
        Status `too_few_views`: seen by fewer than two cameras; `same_centre`: only by cameras in one place;
        `on_baseline`: its rays lie on one line; `parallel_rays`: they meet at infinity; `behind_camera`: it lies
        behind one of the cameras that see it; `small_parallax`: below `min_parallax`; `no_convergence`: the smallest
        error was not found to the last digits.

    Raises
    ------
    InvalidInput
        An argument is not as described above.
    Degenerate
        `camera_at_infinity`, `rank_deficient`: a projection has no finite centre.

    References
    ----------
    Hartley, Sturm, Triangulation, 1997; Lindstrom, Triangulation made easy, 2010; Hartley and Zisserman, Multiple View
    Geometry, 2nd edition, section 12.2.
    """
    P = real_array(projections, "projections", ("N", 3, 4))
    seen = real_array(points, "points", (len(P), "M", 2), finite=False)
    if (np.abs(seen) > LARGEST).any():
        place = np.argwhere(np.abs(seen) > LARGEST)[0]
        raise InvalidInput("/".join(["points", *map(str, place)]), f"must not be above {LARGEST:g}")
    number = get_args(TriangulationMethod).index(choice(method, "method", get_args(TriangulationMethod)))
    deviation, least = finite_number(sigma, "sigma"), finite_number(min_parallax, "min_parallax")
    if not deviation > 0:
        raise InvalidInput("sigma", f"must be above 0, came as {deviation:g}")
    if least < 0:
        raise InvalidInput("min_parallax", f"must not be negative, came as {least:g}")
    count = seen.shape[1]
    result = Triangulation(
        np.full((count, 3), np.nan),
        np.full((count, 3, 3), np.nan),
        np.full(count, np.nan),
        np.full(count, np.nan),
        np.zeros(count, np.int32),
        np.full(count, _TOO_FEW_VIEWS, np.uint8),
    )
    if not len(P):
        return result
    cameras = local_cameras(P)

    def work(start: int, stop: int) -> None:
        with np.errstate(all="ignore"):  # where the kernel is not compiled, overflow would be reported
            _triangulate(
                cameras.projections,
                cameras.centers,
                cameras.rays,
                cameras.tolerances,
                seen,
                number,
                deviation,
                least,
                cameras.origin,
                cameras.unit,
                *result,
                start,
                stop,
            )

    run_bands(work, count, grain=_GRAIN)
    return result
