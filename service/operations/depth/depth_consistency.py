"""`depth-consistency`."""

from typing import Literal

from pydantic import Field

import geometry
from geometry.depth import CONSISTENCY_REASONS, PAIR_STATUS
from geometry.depth.jumps import MAX_JUMP
from service.arrays.types.cameras import IndexPairs, Intrinsics, Poses
from service.arrays.types.depth import (
    DepthMaps,
    ResultPairCounts,
    ResultPairErrors,
    ResultPairShares,
    ResultReasonErrors,
    ResultReasons,
)
from service.arrays.types.graph import ResultPairNumbers, ResultPairs, ResultPairStatus
from service.arrays.types.plane import DistortionEach
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.depth.depth_consistency_tiles import DEPTH_CONSISTENCY_TILING
from service.operations.depth.readings import (
    DISTORTION,
    INTRINSICS_EXAMPLE,
    DepthKind,
    DepthScale,
    LensModel,
    MaxJump,
    NoReading,
)
from service.operations.statuses import STATUS_NAMES, status_counts

_PREPARED_BYTES, _LENS_BYTES = 4, 16  # a pixel of every view, as long as the call lasts
_PASSING_BYTES = 120  # a pixel of the pair that is compared
_HISTOGRAM_BYTES = 1 << 18  # a thread
_FLOPS, _LENS_FLOPS = 80.0, 400.0  # a pixel and pair


class DepthConsistencyParams(Document):
    depths: DepthMaps = Field(description="Depth maps of the views.")
    intrinsics: Intrinsics = Field(description="Camera matrix K of all views, or one each.")
    poses: Poses = Field(description="Poses of the views, in units of the world.")
    pairs: IndexPairs | None = Field(
        None,
        description=(
            "Ordered pairs: the view whose readings are looked at, and the one that they are held against. Default: "
            "all of two different views, but for those where every reading of the first lies outside the second."
        ),
    )
    tolerance: float = Field(0.01, gt=0, description="Largest difference of consistent depths, relative to the lesser.")
    max_error: float = Field(
        2.0, gt=0, description="Largest forward-backward reprojection error of consistent readings, in pixels."
    )
    interpolation: Literal["linear", "nearest"] = Field(
        "linear",
        description=(
            "How the second view is read. `linear`: between four pixels, in 1/z, where they are of one surface, and "
            "otherwise the best of the four. `nearest`: at the nearest pixel."
        ),
    )
    max_jump: MaxJump = MAX_JUMP
    distortion: DistortionEach | None = Field(None, description=f"Lens of the views, or one each. {DISTORTION}")
    model: LensModel = "brown"
    depth_kind: DepthKind = "z"
    depth_scale: DepthScale = 1.0
    no_reading: NoReading = Field(default_factory=list)
    maps: bool = Field(False, description="Return the reason and the error of every pixel, too.")


class DepthConsistencyResult(Document):
    pairs: ResultPairs = Field(description="Ordered pairs of views, in the order of everything below.")
    score: ResultPairNumbers = Field(
        description=("Overlap times agreement, 0 … 1: the share of the first view's readings that the second confirms.")
    )
    overlap: ResultPairNumbers = Field(
        description="Share of the first view's readings that are comparable: consistent or inconsistent."
    )
    agreement: ResultPairShares = Field(description="Share of the comparable readings that are consistent.")
    loss: ResultPairShares = Field(
        description=(
            "Mean of r² / (1 + r²) over the comparable readings of both directions, r the relative difference of "
            "depths in units of the tolerance. The same for (i, j) and (j, i)."
        )
    )
    reprojection_error: ResultPairErrors = Field(
        description="Median forward-backward reprojection error of the comparable readings, in pixels."
    )
    depth_error: ResultPairErrors = Field(
        description="Median relative difference of depths of the comparable readings."
    )
    counts: ResultPairCounts = Field(description="Pixels of the first view by reason, in the order of reason_names.")
    reason_names: dict[int, str] = Field(
        description=(
            "What each reason code means, by its number. `inconsistent`: the reading is nearer than what the second "
            "view sees there, so that it would have been seen. `occluded`: it is further."
        )
    )
    status: ResultPairStatus = Field(description="Status code of each pair.")
    status_names: dict[int, str] = Field(description=STATUS_NAMES)
    status_counts: dict[str, int] = Field(description="How many pairs have each status.")
    skipped: ResultPairs = Field(
        description="Pairs that were not compared, as every reading of the first view lies outside the second."
    )
    reasons: ResultReasons | None = Field(None, description="Reason code of every pixel; only with `maps`.")
    errors: ResultReasonErrors | None = Field(
        None, description="Forward-backward reprojection error of every pixel; only with `maps`."
    )
    depth_kind: DepthKind = Field(description="What depth was taken to mean.")


def _consistency(params: DepthConsistencyParams) -> DepthConsistencyResult:
    options = params.model_dump(exclude={"depths", "intrinsics", "poses"})
    found = geometry.depth_consistency(params.depths, params.intrinsics, params.poses, **options)
    return DepthConsistencyResult(
        **found._asdict(),
        reason_names=dict(enumerate(CONSISTENCY_REASONS)),
        status_names=dict(enumerate(PAIR_STATUS)),
        status_counts=status_counts(found.status, PAIR_STATUS),
        depth_kind=params.depth_kind,
    )


def _cost(params: DepthConsistencyParams) -> Cost:
    """How many pairs overlap is not known before; all are counted."""
    views, height, width = params.depths.shape
    every = views * max(0, views - 1)
    pairs, free = (every, True) if params.pairs is None else (params.pairs.shape[0], False)
    numbers = ("score", "overlap", "agreement", "loss", "reprojection_error", "depth_error")
    outputs = [
        OutputArray("pairs", (pairs, 2), "int64", at_most=free),
        *(OutputArray(name, (pairs,), "float64", at_most=free) for name in numbers),
        OutputArray("counts", (pairs, len(CONSISTENCY_REASONS)), "int64", at_most=free),
        OutputArray("status", (pairs,), "uint8", at_most=free),
        OutputArray("skipped", (every if free else 0, 2), "int64", at_most=free),
    ]
    if params.maps:
        outputs += [
            OutputArray("reasons", (pairs, height, width), "uint8", at_most=free),
            OutputArray("errors", (pairs, height, width), "float32", at_most=free),
        ]
    lens = params.distortion is not None
    kept = views * height * width * (_PREPARED_BYTES + lens * _LENS_BYTES)
    scratch = kept + _PASSING_BYTES * height * width + _HISTOGRAM_BYTES * geometry.threads() + 500 * (every + pairs)
    compared = (pairs if free else 2 * pairs) * height * width
    return Cost(tuple(outputs), scratch, (compared + views * height * width) * (_FLOPS + lens * _LENS_FLOPS))


_ASIDE = [[[1, 0, 0, x], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]] for x in (0, -1, 30)]

DEPTH_CONSISTENCY = Operation(
    name="depth-consistency",
    family="depth",
    summary="Measure how well the depth maps of many views match",
    params=DepthConsistencyParams,
    result=DepthConsistencyResult,
    run=_consistency,
    cost=_cost,
    examples=(
        Example(
            "Two cameras before a wall, of which the second reads one pixel too far; the third looks elsewhere",
            {
                "depths": [[[2, 2, 2, 2]], [[2, 2.5, 2, 2]], [[2, 2, 2, None]]],
                "intrinsics": INTRINSICS_EXAMPLE,
                "poses": _ASIDE,
                "maps": True,
            },
        ),
    ),
    tiling=DEPTH_CONSISTENCY_TILING,
)
