"""How the time of each family grows with its size: four sizes, a straight line through the logarithms, the slope
beside the expected one."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from geometry import (
    contract,
    convolve,
    convolve_at,
    fundamental_all,
    matrix_rank,
    pairwise_distance,
    reproject_depth,
    warp_perspective,
)
from tests.benchmarks.depth import MOVE, K
from tests.benchmarks.inputs import noise, rig, room_depth
from tests.benchmarks.warp import H


@dataclass(frozen=True)
class Growth:
    """Sizes, median seconds and exponent of one operation. `size` says what is counted."""

    work: str
    size: str
    sizes: list[int]
    seconds: list[float]
    exponent: float
    expected: float


def growths() -> list[Growth]:
    """The curves of every family."""
    kernel = np.random.default_rng(6).normal(size=(9, 9)).astype(np.float32)
    picture = {side: noise((side, side, 3), np.uint8) for side in (512, 1024, 2048, 4096)}
    plane = {side: noise((side, side), np.float32) for side in (512, 1024, 2048, 4096)}
    rigs = {n: rig(n) for n in (250, 500, 1000, 2000)}
    depths = {side: room_depth(side, side) for side in (256, 512, 1024, 2048)}
    terms = {m: noise((3, 60, m), np.float64) for m in (2000, 4000, 8000, 16_000)}
    vectors = {n: noise((n, 64), np.float32) for n in (1000, 2000, 4000, 8000)}
    ranks = {n: noise((n, 2, 2), np.float64) for n in (10_000, 40_000, 160_000, 640_000)}
    points = {n: np.random.default_rng(7).integers(0, 4096, (n, 2)) for n in (1000, 4000, 16_000, 64_000)}
    return [
        _grow(
            "warp-perspective linear u8×3",
            "pixels",
            {s * s: lambda s=s: warp_perspective(picture[s], H) for s in picture},
            1.0,
        ),
        _grow("fundamental-all, full", "cameras", {n: lambda n=n: fundamental_all(rigs[n]) for n in rigs}, 2.0),
        _grow(
            "reproject-depth",
            "pixels",
            {s * s: lambda s=s: reproject_depth(depths[s], K, K, MOVE) for s in depths},
            1.0,
        ),
        _grow("convolve f32, 9×9", "pixels", {s * s: lambda s=s: convolve(plane[s], kernel) for s in plane}, 1.0),
        _grow(
            "convolve-at, 9×9",
            "points",
            {n: lambda n=n: convolve_at(plane[4096], kernel, points[n]) for n in points},
            1.0,
        ),
        _grow(
            "contract im,jm,km->ijk, 60 rows each",
            "columns",
            {m: lambda m=m: contract("im,jm,km->ijk", *terms[m]) for m in terms},
            1.0,
        ),
        _grow(
            "pairwise-distance f32, 64 numbers each",
            "vectors",
            {n: lambda n=n: pairwise_distance(vectors[n]) for n in vectors},
            2.0,
        ),
        _grow("matrix-rank 2×2", "matrices", {n: lambda n=n: matrix_rank(ranks[n]) for n in ranks}, 1.0),
    ]


def _grow(work: str, size: str, works: dict[int, Callable[[], object]], expected: float) -> Growth:
    seconds = []
    for call in works.values():
        call()
        seconds.append(statistics.median(_timed(call) for _ in range(7)))
    slope = float(np.polyfit(np.log(list(works)), np.log(seconds), 1)[0])
    return Growth(work, size, list(works), seconds, slope, expected)


def _timed(call: Callable[[], object]) -> float:
    before = time.perf_counter()
    call()
    return time.perf_counter() - before
