"""Essential matrices from cameras, and relative poses from essential matrices."""

from typing import Literal

from pydantic import Field

import geometry
from service.arrays.types.cameras import Projection
from service.arrays.types.plane import Matrix3
from service.arrays.types.relations import (
    MatchingPoints,
    ResultCounts,
    ResultMatrix,
    ResultRotations,
    ResultVector3,
    ResultVectors3,
)
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray

_CONVENTION = "right^T E left = 0 in normalized coordinates, E = [t]x R, X_right = R X_left + t"
_CONVENTION_FIELD = "The relation that E satisfies, and the direction of the relative pose."
_K = [[800, 0, 320], [0, 800, 240], [0, 0, 1]]


class EssentialParams(Document):
    left: Projection = Field(
        description="Projection K [R | t] of the left camera, or its pose [R | t] if there are no intrinsics."
    )
    right: Projection = Field(description="The same of the right camera. For a relative pose, left is [I | 0].")
    left_intrinsics: Matrix3 | None = Field(
        None, description="Camera matrix K of the left camera, upper triangular. Default: the identity."
    )
    right_intrinsics: Matrix3 | None = Field(
        None, description="Camera matrix K of the right camera, upper triangular. Default: the identity."
    )
    normalization: Literal["frobenius", "none"] = Field(
        "frobenius", description="`frobenius`: unit norm. `none`: [t]x R in units of the world."
    )


class EssentialResult(Document):
    essential: ResultMatrix = Field(description="The essential matrix; its sign is that of [t]x R.")
    rotation: ResultMatrix = Field(description="Rotation R of the relative pose.")
    translation: ResultVector3 = Field(description="Translation t of the relative pose, in units of the world.")
    convention: str = Field(description=_CONVENTION_FIELD)


def _essential(params: EssentialParams) -> EssentialResult:
    found = geometry.essential(
        params.left,
        params.right,
        left_intrinsics=params.left_intrinsics,
        right_intrinsics=params.right_intrinsics,
        normalization=params.normalization,
    )
    return EssentialResult(**found._asdict(), convention=_CONVENTION)


def _essential_cost(_: EssentialParams) -> Cost:
    outputs = (
        OutputArray("essential", (3, 3), "float64"),
        OutputArray("rotation", (3, 3), "float64"),
        OutputArray("translation", (3,), "float64"),
    )
    return Cost(outputs, 8192, 5000.0)


ESSENTIAL = Operation(
    name="essential",
    family="cameras",
    summary="Compute the essential matrix and the relative pose of two cameras",
    params=EssentialParams,
    result=EssentialResult,
    run=_essential,
    cost=_essential_cost,
    examples=(
        Example(
            "A relative pose: no turn, one unit to the right",
            {
                "left": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]],
                "right": [[1, 0, 0, -1], [0, 1, 0, 0], [0, 0, 1, 0]],
                "normalization": "none",
            },
        ),
        Example(
            "Two projections and their intrinsics",
            {
                "left": [[800, 0, 320, 0], [0, 800, 240, 0], [0, 0, 1, 0]],
                "right": [[832, 0, -224, -800], [144, 800, 192, 0], [0.6, 0, 0.8, 0]],
                "left_intrinsics": _K,
                "right_intrinsics": _K,
            },
        ),
    ),
)


class DecomposeEssentialParams(Document):
    matrix: Matrix3 = Field(description="E, or F with both intrinsics; any scale and sign.")
    left_points: MatchingPoints | None = Field(
        None,
        description=(
            "Points of the left view, to choose the pose that has them in front of both cameras; in pixels with "
            "intrinsics, otherwise normalized coordinates."
        ),
    )
    right_points: MatchingPoints | None = Field(None, description="The matching points of the right view.")
    left_intrinsics: Matrix3 | None = Field(
        None, description="Camera matrix K of the left camera. Default: none, the matrix is E."
    )
    right_intrinsics: Matrix3 | None = Field(
        None, description="Camera matrix K of the right camera. Default: none, the matrix is E."
    )


class DecomposeEssentialResult(Document):
    rotations: ResultRotations = Field(
        description="Rotation R of the four relative poses (R₁, t), (R₁, −t), (R₂, t), (R₂, −t)."
    )
    translations: ResultVectors3 = Field(
        description="Translation t of each, of unit length: the matrix does not tell its length."
    )
    singular_values: ResultVector3 = Field(
        description="Of E with unit norm; √½, √½ and 0 if it is a true essential matrix."
    )
    counts: ResultCounts = Field(description="How many of the points each pose has in front of both cameras.")
    best: int | None = Field(
        description="Number of the pose with the most points in front; null without points, or if two have as many."
    )
    convention: str = Field(description=_CONVENTION_FIELD)


def _decompose(params: DecomposeEssentialParams) -> DecomposeEssentialResult:
    found = geometry.decompose_essential(
        params.matrix,
        params.left_points,
        params.right_points,
        left_intrinsics=params.left_intrinsics,
        right_intrinsics=params.right_intrinsics,
    )
    return DecomposeEssentialResult(**found._asdict(), convention=_CONVENTION)


def _decompose_cost(params: DecomposeEssentialParams) -> Cost:
    points = 0 if params.left_points is None else params.left_points.shape[0]
    outputs = (
        OutputArray("rotations", (4, 3, 3), "float64"),
        OutputArray("translations", (4, 3), "float64"),
        OutputArray("singular_values", (3,), "float64"),
        OutputArray("counts", (4,), "int64"),
    )
    return Cost(outputs, 8192 + points * 400, 5000.0 + points * 600.0)


DECOMPOSE_ESSENTIAL = Operation(
    name="decompose-essential",
    family="cameras",
    summary="Find the relative poses of an essential or fundamental matrix, and the one that shows the points",
    params=DecomposeEssentialParams,
    result=DecomposeEssentialResult,
    run=_decompose,
    cost=_decompose_cost,
    examples=(
        Example(
            "One unit to the right, and a point two units ahead",
            {
                "matrix": [[0, 0, 0], [0, 0, 1], [0, -1, 0]],
                "left_points": [[0.5, 0.25]],
                "right_points": [[0, 0.25]],
            },
        ),
        Example(
            "A fundamental matrix and the intrinsics: four poses",
            {
                "matrix": [[0, 0, 0], [0, 0, 0.70711], [0, -0.70711, 0]],
                "left_intrinsics": _K,
                "right_intrinsics": _K,
            },
        ),
    ),
)
