"""A homography from corresponding points."""

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.errors import Degenerate, InvalidInput
from geometry.homographies.consensus import consensus_homography
from geometry.homographies.four import homography_from_four_points
from geometry.homographies.linear import direct_linear_transform, robust_frame
from geometry.homographies.position import check_general_position
from geometry.homographies.rational import unit_norm
from geometry.homographies.refinement import refine_homography
from geometry.homographies.transfer import squared_errors
from geometry.inputs import Array, choice, finite_number, real_array

_REFINEMENTS = ("symmetric", "reprojection", "none")
_STEPS = 50
_ROUNDS = 3
_FEWEST = 5  # correspondences that a fit must keep
_LARGEST = 1e150  # its square is a number
_TOO_LARGE = "the coordinates are too large, or too unlike in size, for floats"


class HomographyFit(NamedTuple):
    """A homography and how well correspondences agree with it."""

    homography: Array
    """(3, 3), source to target, unit Frobenius norm, w > 0 at the inliers."""
    inliers: Array
    """(N,), bool: the correspondences of least squares, or those within RANSAC's threshold of H."""
    error: Array
    """(N,), px: symmetric transfer error √(d(u, H x)² + d(x, H⁻¹ u)²); infinite behind the horizon."""
    rms: float
    """Root of the inliers' weighted mean squared error, px."""
    iterations: int
    """Samples that RANSAC drew; 0 for least squares."""
    steps: int
    """Steps of the last refinement."""
    mirrored: bool
    """Whether det H < 0: the plane is seen from behind, or one side has y upwards."""


def _weights(weights: ArrayLike | None, count: int) -> Array:
    if weights is None:
        return np.ones(count)
    given = real_array(weights, "weights", (count,))
    if (given < 0).any():
        raise InvalidInput(f"weights/{int(np.argmax(given < 0))}", "must be ≥ 0")
    if np.count_nonzero(given) < 4:
        raise InvalidInput("weights", f"at least four must be positive, {np.count_nonzero(given)} are")
    scaled: Array = given / given.max()
    return scaled


def homography_from_points(
    source: ArrayLike,
    target: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    method: str = "least_squares",
    refine: str = "symmetric",
    threshold: float = 4.0,
    confidence: float = 0.999,
    iterations: int = 10_000,
    seed: int = 0,
) -> HomographyFit:
    """Fit the homography `u ~ H x` that takes source points to target points.

    Four correspondences have exactly one, computed without rounding but the last. More are fitted by the normalized
    direct linear transform and then by minimizing `Σ weight·e²`, with the symmetric transfer error
    `e² = d(u, H x)² + d(x, H⁻¹ u)²`, or its first term alone.

    H has unit Frobenius norm and w = h3·(x, y, 1) > 0 at the inliers. Points on both sides of the horizon are refused;
    a mirrored plane (det H < 0) is not.

    Parameters
    ----------
    source, target
        (N, 2), N ≥ 4, px: points (x, y) and where they are in the target.
    weights
        (N,), ≥ 0, at least four positive: of the squared errors, so 1/σ². A correspondence of weight 0 has no
        influence and is no inlier.
    method
        `least_squares` takes all correspondences; `ransac` (LO-RANSAC) those that agree on a homography.
    refine
        `symmetric`, `reprojection` (errors in the target only), or `none`.
    threshold
        > 0, px: `ransac` takes correspondences with e ≤ threshold; 4.2 is about 3 px in each image.
    confidence
        In (0, 1): of having drawn a sample without a wrong correspondence.
    iterations
        ≥ 1: most samples to draw.
    seed
        ≥ 0: of the samples; the same seed gives the same result.

    Returns
    -------
    HomographyFit
        homography, inliers, error, rms, iterations, steps, mirrored.

    Raises
    ------
    InvalidInput
        An argument is not as described above.
    Degenerate
        `coincident_points`: fewer than four distinct points on one side. `collinear_points`: three of four, or all
        but one of more, lie on a line. `behind_camera`: the points lie on both sides of the horizon.
        `singular_homography`: the fit has no inverse. `no_consensus`: no more agree than would by chance. `overflow`:
        the numbers are too large.

    References
    ----------
    Hartley, Zisserman, Multiple View Geometry, 2nd ed., algorithms 4.2 and 4.6.
    """
    points = real_array(source, "source", ("N", 2))
    images = real_array(target, "target", (len(points), 2))
    if len(points) < 4:
        raise InvalidInput("source", f"at least four correspondences are needed, there are {len(points)}")
    choice(method, "method", ("least_squares", "ransac"))
    choice(refine, "refine", _REFINEMENTS)
    limit = finite_number(threshold, "threshold")
    if limit <= 0:
        raise InvalidInput("threshold", "must be > 0")
    if not 0 < finite_number(confidence, "confidence") < 1:
        raise InvalidInput("confidence", "must lie between 0 and 1")
    if iterations < 1:
        raise InvalidInput("iterations", "must be ≥ 1")
    if seed < 0:
        raise InvalidInput("seed", "must be ≥ 0")
    weighing = _weights(weights, len(points))
    used = weighing > 0
    part: slice | Array = slice(None) if used.all() else used
    for name, side in (("source", points), ("target", images)):
        check_general_position(side[part], name)
    frames = robust_frame(points[part]), robust_frame(images[part])
    data = np.concatenate([frames[0].apply(points), frames[1].apply(images)])
    unit = 1.0 / frames[1].scale  # of all errors from here on, px
    ratio = frames[1].scale / frames[0].scale
    scales = 1.0, ratio * ratio
    if not (math.isfinite(scales[1]) and np.abs(data).max() < _LARGEST):
        raise Degenerate("overflow", _TOO_LARGE)
    inliers, drawn, steps = used.copy(), 0, 0
    if np.count_nonzero(used) == 4:
        matrix = homography_from_four_points(points[part], images[part])
        h = unit_norm(frames[1].matrix() @ matrix @ frames[0].inverse()).reshape(9)
    else:
        kept, kept_weights = np.ascontiguousarray(data[:, part]), weighing[part]
        fit = partial(_fit, kept, kept_weights, scales=scales, refine=refine)
        if method == "ransac":
            # No coordinates are so coarse or so fine that a threshold beyond these bounds could matter.
            reach = min(max(limit / unit, 1e-100), 1e100) ** 2
            extent = np.ptp(kept[2:], axis=1)
            start, drawn = consensus_homography(
                kept,
                kept_weights,
                target_weight=scales[0] / reach,
                source_weight=scales[1] / reach,
                chance=min(1.0, math.pi * reach / float(extent[0] * extent[1])),
                confidence=confidence,
                iterations=int(iterations),
                seed=int(seed),
            )
            h, steps, inliers[used] = _settle(kept, scales, reach, start, fit)
        else:
            h, steps = fit(None, None)
        matrix = unit_norm(frames[1].inverse() @ h.reshape(3, 3) @ frames[0].matrix())
    error = np.sqrt(squared_errors(data, h, *scales))
    rms = unit * math.sqrt(float(weighing[inliers] @ error[inliers] ** 2 / weighing[inliers].sum()))
    if not (np.isfinite(matrix).all() and math.isfinite(rms)):
        raise Degenerate("overflow", _TOO_LARGE)
    return HomographyFit(matrix, inliers, error * unit, rms, drawn, steps, bool(np.linalg.det(h.reshape(3, 3)) < 0))


def _fit(
    data: Array, weights: Array, start: Array | None, chosen: Array | None, *, scales: tuple[float, float], refine: str
) -> tuple[Array, int]:
    """Fit to the chosen correspondences, from `start` on where it is refined; the entries (9,) and steps taken."""
    if chosen is not None:
        data, weights = np.ascontiguousarray(data[:, chosen]), weights[chosen]
    if start is None or refine == "none":
        start = direct_linear_transform(data, weights)
    if refine == "none":
        return start, 0
    target_weight, source_weight = scales
    if refine == "reprojection":
        source_weight = 0.0
    return refine_homography(
        data, weights, start, target_weight=target_weight, source_weight=source_weight, steps=_STEPS
    )


def _settle(
    data: Array, scales: tuple[float, float], limit: float, h: Array, fit: Callable[[Array, Array], tuple[Array, int]]
) -> tuple[Array, int, Array]:
    """Fit and choose the correspondences within the limit in turn, until they stay the same."""
    steps, chosen = 0, squared_errors(data, h, *scales) <= limit
    for _ in range(_ROUNDS):
        fitted, taken = fit(h, chosen)
        agreeing = squared_errors(data, fitted, *scales) <= limit
        if np.count_nonzero(agreeing) < _FEWEST:
            break
        same = bool((agreeing == chosen).all())
        h, steps, chosen = fitted, taken, agreeing
        if same:
            break
    return h, steps, chosen
