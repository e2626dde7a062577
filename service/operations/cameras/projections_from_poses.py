"""Projection matrices from intrinsics and poses."""

from pydantic import Field

import geometry
from service.arrays.types.cameras import Intrinsics, Quaternions, ResultProjections, Rotations, Vectors3
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray


class ProjectionsFromPosesParams(Document):
    intrinsics: Intrinsics = Field(description="Camera matrix K: one for all cameras, or one each.")
    rotations: Rotations | None = Field(
        None, description="Rotation matrices R of X_c = R X_w + t. Give these or quaternions."
    )
    quaternions: Quaternions | None = Field(
        None, description="The rotations as quaternions w, x, y, z; normalized here. Give these or rotations."
    )
    translations: Vectors3 | None = Field(None, description="Translations t of X_c = R X_w + t. Give these or centers.")
    centers: Vectors3 | None = Field(
        None, description="Camera centres C in the world, t = −R C. Give these or translations."
    )


class ProjectionsFromPosesResult(Document):
    projections: ResultProjections = Field(description="P = K [R | t].")
    convention: str = Field(description="The direction of the poses.")


def _projections(params: ProjectionsFromPosesParams) -> ProjectionsFromPosesResult:
    projections = geometry.projections_from_poses(
        params.intrinsics,
        params.translations,
        rotations=params.rotations,
        quaternions=params.quaternions,
        centers=params.centers,
    )
    return ProjectionsFromPosesResult(projections=projections, convention="camera-from-world: X_c = R X_w + t")


def _projections_cost(params: ProjectionsFromPosesParams) -> Cost:
    counts = [array.shape[0] for name, array in params.arrays().items() if name != "intrinsics"]
    cameras = max(counts, default=0)
    return Cost((OutputArray("projections", (cameras, 3, 4), "float64"),), cameras * 400, cameras * 200.0)


PROJECTIONS_FROM_POSES = Operation(
    name="projections-from-poses",
    family="cameras",
    summary="Build projection matrices from intrinsics and poses",
    params=ProjectionsFromPosesParams,
    result=ProjectionsFromPosesResult,
    run=_projections,
    cost=_projections_cost,
    examples=(
        Example(
            "Two cameras side by side",
            {
                "intrinsics": [[800, 0, 320], [0, 800, 240], [0, 0, 1]],
                "quaternions": [[1, 0, 0, 0], [1, 0, 0, 0]],
                "centers": [[0, 0, 0], [0.1, 0, 0]],
            },
        ),
    ),
)
