"""The homography that most correspondences agree on."""

import math

import numpy as np

from geometry.errors import Degenerate
from geometry.homographies.refinement import refine_homography
from geometry.homographies.samples import four_point_models
from geometry.homographies.transfer import cheapest, squared_errors
from geometry.inputs import Array
from geometry.robust import lo_ransac

_SMALLEST_AREAS = 1e-8  # product of the doubled areas of a triangle on both sides, in units of the points' spread
_LOCAL_DATA = 1000  # correspondences that a local fit looks at; more cost time and add little
_LOCAL_LIMITS = (4.0, 2.0, 1.0)  # of squared errors, in turn: a fit to nearly right data draws more of them in
_LOCAL_STEPS = 2


class _Correspondences:
    """Correspondences in random order and in coordinates of unit size; errors in units of the threshold."""

    sample_size = 4

    def __init__(self, data: Array, weights: Array, target_weight: float, source_weight: float, seed: int) -> None:
        order = np.random.default_rng(seed).permutation(data.shape[1])
        self.data, self.weights = np.ascontiguousarray(data[:, order]), weights[order]
        self.count = data.shape[1]
        self.scales = (target_weight, source_weight)
        self.local_data = np.ascontiguousarray(self.data[:, :_LOCAL_DATA])

    def solve(self, samples: Array) -> Array:
        return four_point_models(self.data, samples, _SMALLEST_AREAS)

    def cheapest(self, models: Array, bound: float) -> tuple[int, float]:
        return cheapest(self.data, models, *self.scales, bound)

    def improve(self, model: Array) -> Array:
        target_weight, source_weight = self.scales
        for limit in _LOCAL_LIMITS:
            near = squared_errors(self.local_data, model, *self.scales) <= limit
            if np.count_nonzero(near) <= self.sample_size:
                break
            model, _ = refine_homography(
                self.local_data,
                self.weights[: len(near)] * near,
                model,
                target_weight=target_weight,
                source_weight=source_weight,
                steps=_LOCAL_STEPS,
            )
        return model

    def agreeing(self, model: Array) -> int:
        return int(np.count_nonzero(squared_errors(self.data, model, *self.scales) <= 1.0))


def _log_binomial(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def log_false_alarms(count: int, agreeing: int, chance: float) -> float:
    """Compute ln of how many homographies with so many agreeing correspondences chance alone would show.

    `(N − 4) C(N, k) C(k, 4) pᵏ⁻⁴`: p is the chance that a random target lies within the threshold (Moisan, Stival, A
    probabilistic criterion to detect rigid point matches, IJCV 57, 2004).
    """
    return (
        math.log(count - 4)
        + _log_binomial(count, agreeing)
        + _log_binomial(agreeing, 4)
        + (agreeing - 4) * math.log(chance)
    )


def consensus_homography(
    data: Array,
    weights: Array,
    *,
    target_weight: float,
    source_weight: float,
    chance: float,
    confidence: float,
    iterations: int,
    seed: int,
) -> tuple[Array, int]:
    """Find the homography with the least sum of truncated squared errors by LO-RANSAC.

    Parameters
    ----------
    data
        (4, N), N ≥ 5: x, y, u, v, in coordinates of about unit size.
    weights
        (N,), > 0; they count in the local fits.
    target_weight, source_weight
        Make a squared transfer error of 1 in these coordinates a multiple of the threshold's square.
    chance
        In (0, 1]: that a random target lies within the threshold.
    confidence, iterations, seed
        As in `lo_ransac`.

    Returns
    -------
    The entries (9,), unit norm, w > 0 at the points that agree, and the number of samples drawn.

    Raises
    ------
    Degenerate
        `no_consensus`: no sample has a homography, or so few correspondences agree that chance explains them.
    """
    problem = _Correspondences(data, weights, target_weight, source_weight, seed)
    found = lo_ransac(problem, confidence=confidence, iterations=iterations, seed=seed)
    if found.model is None:
        detail = f"none of {found.iterations} samples of four correspondences determines a homography"
        raise Degenerate("no_consensus", detail)
    agreeing = problem.agreeing(found.model)
    if agreeing < 5 or log_false_alarms(problem.count, agreeing, chance) >= 0.0:
        detail = f"at most {agreeing} of {problem.count} correspondences agree within the threshold, as by chance"
        raise Degenerate("no_consensus", detail)
    return found.model, found.iterations
