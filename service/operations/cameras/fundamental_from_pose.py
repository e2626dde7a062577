"""Fundamental matrix of two cameras from intrinsics and the relative pose."""

from pydantic import Field

import geometry
from service.arrays.types.cameras import ResultFundamental, Vector3
from service.arrays.types.plane import Matrix3
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.cameras.pairs import CONVENTION, CONVENTION_FIELD, NORMALIZATION, Normalization


class FundamentalFromPoseParams(Document):
    left_intrinsics: Matrix3 = Field(description="Camera matrix K of the left camera, in pixels; upper triangular.")
    right_intrinsics: Matrix3 = Field(description="Camera matrix K of the right camera.")
    rotation: Matrix3 = Field(description="Rotation R of the relative pose X_right = R X_left + t.")
    translation: Vector3 = Field(description="Translation t of the same, in any unit; not 0.")
    normalization: Normalization = Field("frobenius", description=NORMALIZATION)


class FundamentalFromPoseResult(Document):
    fundamental: ResultFundamental = Field(description="The fundamental matrix.")
    normalization: Normalization = Field(description="The normalization that was applied.")
    convention: str = Field(CONVENTION, description=CONVENTION_FIELD)


def _fundamental(params: FundamentalFromPoseParams) -> FundamentalFromPoseResult:
    matrix = geometry.fundamental_from_pose(
        params.left_intrinsics,
        params.right_intrinsics,
        params.rotation,
        params.translation,
        normalization=params.normalization,
    )
    return FundamentalFromPoseResult(fundamental=matrix, normalization=params.normalization, convention=CONVENTION)


FUNDAMENTAL_FROM_POSE = Operation(
    name="fundamental-from-pose",
    family="cameras",
    summary="Compute the fundamental matrix of two cameras from intrinsics and their relative pose",
    params=FundamentalFromPoseParams,
    result=FundamentalFromPoseResult,
    run=_fundamental,
    cost=lambda _: Cost((OutputArray("fundamental", (3, 3), "float64"),), 8192, 2000.0),
    examples=(
        Example(
            "Two cameras side by side",
            {
                "left_intrinsics": [[800, 0, 320], [0, 800, 240], [0, 0, 1]],
                "right_intrinsics": [[820, 0, 310], [0, 820, 250], [0, 0, 1]],
                "rotation": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
                "translation": [-0.1, 0, 0],
            },
        ),
    ),
)
