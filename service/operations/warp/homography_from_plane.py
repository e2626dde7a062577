"""The homography that a plane induces."""

from pydantic import Field

import geometry
from service.arrays.types.cameras import Camera, Vector3
from service.arrays.types.plane import Matrix3, PlaneAxes, ResultHomography
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray


class HomographyFromPlaneParams(Document):
    source: Camera = Field(
        description="The first camera: K, with the plane in its own frame, or P, with the plane in the world."
    )
    target: Camera | None = Field(
        None,
        description=(
            "The second camera, of the same kind. Default: none, for the homography from coordinates on the plane (see "
            "`origin`, `axes`) to the source."
        ),
    )
    normal: Vector3 | None = Field(
        None, description="Normal n of the plane n·X = d between two cameras. Default: the plane at infinity."
    )
    distance: float | None = Field(None, description="Distance d of the plane n·X = d; goes with `normal`.")
    rotation: Matrix3 | None = Field(
        None, description="Rotation R of the target's pose X₂ = R X₁ + t; for cameras given by K."
    )
    translation: Vector3 | None = Field(
        None, description="Translation t of the target's pose X₂ = R X₁ + t; for cameras given by K."
    )
    origin: Vector3 | None = Field(
        None, description="Where the plane's coordinates (a, b) are 0: the point is origin + a·axes[0] + b·axes[1]."
    )
    axes: PlaneAxes | None = Field(
        None,
        description=(
            "Steps of the plane's coordinates. As the steps from pixel to pixel of a map, the result warps a picture "
            "to that map (direction output_to_source): the ground from above."
        ),
    )


class HomographyFromPlaneResult(Document):
    homography: ResultHomography = Field(
        description="Unit Frobenius norm; w > 0 where the point is in front of both cameras, or behind both."
    )
    direction: str = Field(description="What the homography maps to what.")
    convention: str = Field(description="The relations of plane and poses.")


def _induce(params: HomographyFromPlaneParams) -> HomographyFromPlaneResult:
    homography = geometry.homography_from_plane(
        params.source,
        params.target,
        normal=params.normal,
        distance=params.distance,
        rotation=params.rotation,
        translation=params.translation,
        origin=params.origin,
        axes=params.axes,
    )
    return HomographyFromPlaneResult(
        homography=homography,
        direction="plane_to_source" if params.target is None else "source_to_target",
        convention="plane n·X = d, poses X_c = R X + t",
    )


HOMOGRAPHY_FROM_PLANE = Operation(
    name="homography-from-plane",
    family="warp",
    summary="Find the homography that a plane induces between two cameras, or to one",
    params=HomographyFromPlaneParams,
    result=HomographyFromPlaneResult,
    run=_induce,
    cost=lambda _: Cost((OutputArray("homography", (3, 3), "float64"),), 16_384, 20_000.0),
    examples=(
        Example(
            "A wall four units ahead, seen from one unit further right",
            {
                "source": [[800, 0, 320], [0, 800, 240], [0, 0, 1]],
                "target": [[800, 0, 320], [0, 800, 240], [0, 0, 1]],
                "rotation": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
                "translation": [-1, 0, 0],
                "normal": [0, 0, 1],
                "distance": 4,
            },
        ),
        Example(
            "The ground y = 0 from above, 5 cm a pixel: a camera 1.5 m above it (y downwards) that looks 20° down",
            {
                "source": [
                    [800, 109.446, 300.702, 164.17],
                    [0, 833.838, -48.09, 1250.759],
                    [0, 0.34202, 0.93969, 0.51303],
                ],
                "origin": [-5, 0, 20],
                "axes": [[0.05, 0, 0], [0, 0, -0.05]],
            },
        ),
    ),
)
