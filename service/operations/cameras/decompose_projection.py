"""Intrinsics and poses of projection matrices."""

from pydantic import Field

import geometry
from geometry.cameras import DECOMPOSITION_STATUS
from service.arrays.types.cameras import ResultStatus
from service.arrays.types.sightings import (
    AnyProjections,
    ResultIntrinsics,
    ResultQuaternions,
    ResultRotations,
    ResultScales,
    ResultVectors3,
)
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.cameras.pairs import RIGHT
from service.operations.statuses import STATUS_NAMES, status_counts


class DecomposeProjectionParams(Document):
    projections: AnyProjections = Field(
        description="The projections to take apart; a single one counts as a list of one."
    )


class DecomposeProjectionResult(Document):
    intrinsics: ResultIntrinsics = Field(description="K, upper triangular, positive diagonal, K33 = 1.")
    rotations: ResultRotations = Field(description="R of X_c = R X_w + t, determinant +1.")
    translations: ResultVectors3 = Field(description="The translations t of X_c = R X_w + t.")
    centers: ResultVectors3 = Field(description="Camera centres C in the world, t = −R C.")
    quaternions: ResultQuaternions = Field(description="The rotations as quaternions w, x, y, z of unit length, w ≥ 0.")
    scales: ResultScales = Field(
        description="The factors in P = scale · K [R | t]; negative where P had the other sign."
    )
    status: ResultStatus = Field(
        description=(
            "Status code of each camera. `camera_at_infinity`: no finite centre (affine). `rank_deficient`: rank below "
            "3, no camera."
        )
    )
    status_names: dict[int, str] = Field(description=STATUS_NAMES)
    status_counts: dict[str, int] = Field(description="How many cameras have each status.")
    convention: str = Field(description="What the parts give together.")


def _decompose(params: DecomposeProjectionParams) -> DecomposeProjectionResult:
    found = geometry.decompose_projection(params.projections)
    return DecomposeProjectionResult(
        **found._asdict(),
        status_names=dict(enumerate(DECOMPOSITION_STATUS)),
        status_counts=status_counts(found.status, DECOMPOSITION_STATUS),
        convention="P = scale K [R | t], camera-from-world: X_c = R X_w + t",
    )


def _cost(params: DecomposeProjectionParams) -> Cost:
    cameras = params.projections.shape[0] if len(params.projections.shape) == 3 else 1
    shapes = {
        "intrinsics": (3, 3),
        "rotations": (3, 3),
        "translations": (3,),
        "centers": (3,),
        "quaternions": (4,),
        "scales": (),
    }
    outputs = (
        *(OutputArray(name, (cameras, *shape), "float64") for name, shape in shapes.items()),
        OutputArray("status", (cameras,), "uint8"),
    )
    return Cost(outputs, 4096 + 3000 * cameras, 2000.0 * max(cameras, 1))


DECOMPOSE_PROJECTION = Operation(
    name="decompose-projection",
    family="cameras",
    summary="Take projection matrices apart into intrinsics and poses",
    params=DecomposeProjectionParams,
    result=DecomposeProjectionResult,
    run=_decompose,
    cost=_cost,
    examples=(
        Example(
            "A camera with the sign turned, one with whole numbers, and an affine one",
            {
                "projections": [
                    [[-800, 0, -320, 1600], [0, -800, -240, 0], [0, 0, -1, 0]],
                    RIGHT,
                    [[2, 0, 0, 1], [0, 2, 0, 1], [0, 0, 0, 1]],
                ]
            },
        ),
    ),
)
