"""Locally optimized random sample consensus: one loop for every estimator."""

import math
from typing import NamedTuple, Protocol

import numpy as np

from geometry.bands import interrupt_point
from geometry.inputs import Array

_FIRST_BATCH, _LARGEST_BATCH = 64, 512


class Problem(Protocol):
    """What the loop needs to know of a model and its data."""

    count: int
    """Number of data."""
    sample_size: int
    """Number of data that determine a model."""

    def solve(self, samples: Array) -> Array:
        """Find the models (K, …) of the samples (B, sample_size), int64; a sample may have none or several."""

    def cheapest(self, models: Array, bound: float) -> tuple[int, float]:
        """Find the cheapest model and its cost; −1 where none costs less than `bound`."""

    def improve(self, model: Array) -> Array:
        """Fit the model to the data that agree with it."""

    def agreeing(self, model: Array) -> int:
        """Count the data that agree with the model."""


class Consensus(NamedTuple):
    """The best model found, None where no sample had one, and the number of samples drawn."""

    model: Array | None
    iterations: int


def distinct_samples(generator: np.random.Generator, samples: int, size: int, count: int) -> Array:
    """Draw `samples` sets of `size` distinct numbers below `count`, each set equally likely: (samples, size), int64."""
    drawn = np.empty((samples, size), np.int64)
    uniform = generator.random((samples, size))
    for k in range(size):
        number = (uniform[:, k] * (count - k)).astype(np.int64)
        for taken in np.sort(drawn[:, :k], axis=1).T:
            number += number >= taken
        drawn[:, k] = number
    return drawn


def samples_needed(share: float, size: int, confidence: float) -> float:
    """Compute `ln(1 − confidence) / ln(1 − shareˢⁱᶻᵉ)`: so many samples contain one without a wrong datum."""
    good = share**size
    if good >= 1.0:
        return 1.0
    return math.log1p(-confidence) / math.log1p(-good) if good > 0.0 else math.inf


def lo_ransac(problem: Problem, *, confidence: float, iterations: int, seed: int) -> Consensus:
    """Find the model of least cost among those of random samples, each new best one improved by a local fit.

    Samples are drawn until one of them was free of wrong data with probability `confidence`, by the share of data that
    agree with the best model so far. The same seed gives the same result.

    Parameters
    ----------
    problem
        Data and model.
    confidence
        In (0, 1).
    iterations
        Most samples to draw, ≥ 1.
    seed
        ≥ 0.

    References
    ----------
    Fischler, Bolles, Random sample consensus, CACM 24 (1981); Chum, Matas, Kittler, Locally optimized RANSAC, DAGM
    2003.
    """
    generator = np.random.default_rng(seed)
    best: Array | None = None
    cost, needed, drawn, batch = math.inf, float(iterations), 0, _FIRST_BATCH
    while drawn < needed:
        interrupt_point()
        size = min(batch, math.ceil(needed) - drawn)
        models = problem.solve(distinct_samples(generator, size, problem.sample_size, problem.count))
        drawn, batch = drawn + size, min(2 * batch, _LARGEST_BATCH)
        index, found = problem.cheapest(models, cost)
        if index < 0:
            continue
        best, cost = models[index], found
        improved = problem.improve(best)
        index, found = problem.cheapest(improved[np.newaxis], cost)
        if index == 0:
            best, cost = improved, found
        share = problem.agreeing(best) / problem.count
        needed = min(float(iterations), samples_needed(share, problem.sample_size, confidence))
    return Consensus(best, drawn)
