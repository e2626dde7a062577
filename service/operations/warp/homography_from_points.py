"""A homography from corresponding points."""

from typing import Literal

from pydantic import Field

import geometry
from service.arrays.types.plane import Points2, ResultErrors, ResultHomography, ResultInliers, Weights
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray


class HomographyFromPointsParams(Document):
    source: Points2 = Field(description="Points in the source, at least four.")
    target: Points2 = Field(description="The same points in the target, in the same order.")
    weights: Weights | None = Field(
        None, description="Weights of the squared errors, so 1/σ²; 0 leaves a correspondence out. Default: all equal."
    )
    method: Literal["least_squares", "ransac"] = Field(
        "least_squares",
        description="`least_squares` fits all correspondences; `ransac` (LO-RANSAC) those that agree on a homography.",
    )
    refine: Literal["symmetric", "reprojection", "none"] = Field(
        "symmetric",
        description=(
            "What is minimized after the linear fit: squared errors in both images, in the target alone, or nothing. "
            "Four correspondences are met exactly either way."
        ),
    )
    threshold: float = Field(
        4.0,
        gt=0,
        description="`ransac` keeps correspondences with an error up to this, in pixels; 4.2 is about 3 in each image.",
    )
    confidence: float = Field(
        0.999,
        gt=0,
        lt=1,
        description="`ransac` stops when it has drawn a sample without a wrong correspondence this surely.",
    )
    iterations: int = Field(10_000, ge=1, le=1_000_000, description="`ransac` draws no more samples than this.")
    seed: int = Field(0, ge=0, lt=2**63, description="Of the samples; the same seed gives the same result.")


class HomographyFromPointsResult(Document):
    homography: ResultHomography = Field(
        description="H with target ~ H source; unit Frobenius norm, w > 0 at the inliers."
    )
    inliers: ResultInliers = Field(description="Which correspondences the homography stands for.")
    error: ResultErrors = Field(
        description=(
            "Symmetric transfer error √(d(target, H source)² + d(source, H⁻¹ target)²); infinite (null) behind the "
            "horizon."
        )
    )
    rms: float = Field(description="Root of the inliers' weighted mean squared error, in pixels.")
    iterations: int = Field(description="Samples that `ransac` drew; 0 for `least_squares`.")
    steps: int = Field(description="Steps that the refinement took.")
    mirrored: bool = Field(description="Whether det H < 0: one side sees the plane from behind, or has y upwards.")
    direction: str = Field(description="What the homography maps to what.")


def _fit(params: HomographyFromPointsParams) -> HomographyFromPointsResult:
    found = geometry.homography_from_points(
        params.source,
        params.target,
        weights=params.weights,
        method=params.method,
        refine=params.refine,
        threshold=params.threshold,
        confidence=params.confidence,
        iterations=params.iterations,
        seed=params.seed,
    )
    return HomographyFromPointsResult(**found._asdict(), direction="source_to_target")


def _fit_cost(params: HomographyFromPointsParams) -> Cost:
    count = params.source.shape[0]
    outputs = (
        OutputArray("homography", (3, 3), "float64"),
        OutputArray("inliers", (count,), "bool"),
        OutputArray("error", (count,), "float64"),
    )
    # Most samples are dropped after a look at a part of the correspondences.
    samples = params.iterations * (300.0 + min(count, 20_000) * 30.0) if params.method == "ransac" else 0.0
    return Cost(outputs, 65_536 + 400 * count, 20_000.0 * max(count, 1) + samples)


HOMOGRAPHY_FROM_POINTS = Operation(
    name="homography-from-points",
    family="warp",
    summary="Fit a homography to corresponding points",
    params=HomographyFromPointsParams,
    result=HomographyFromPointsResult,
    run=_fit,
    cost=_fit_cost,
    examples=(
        Example(
            "The corners of a sheet of paper in a photo, to a page of 210 × 297 mm",
            {
                "source": [[105, 62], [518, 90], [560, 432], [80, 401]],
                "target": [[0, 0], [210, 0], [210, 297], [0, 297]],
            },
        ),
        Example(
            "A shift by (10, −5) from eight correspondences, two of them wrong",
            {
                "source": [[0, 0], [90, 10], [80, 70], [10, 60], [40, 35], [70, 30], [20, 20], [50, 60]],
                "target": [[10, -5], [100, 5], [90, 65], [20, 55], [50, 30], [80, 25], [70, 70], [5, 9]],
                "method": "ransac",
                "threshold": 1,
            },
        ),
    ),
)
