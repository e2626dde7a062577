"""Homographies put together from angles, factors and shifts."""

from typing import Literal

from pydantic import Field

import geometry
from service.arrays.types.plane import NumberEach, ResultHomographies, ScaleEach, VectorEach
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.shapes import Size


class HomographyFromParametersParams(Document):
    angle: NumberEach = Field(
        description="Angles in radians; positive turns the x axis towards the y axis, clockwise with y downwards."
    )
    scale: ScaleEach | None = Field(
        None, description="Factors of lengths, not 0; negative ones mirror. (M,) for both axes. Default: 1."
    )
    shear: NumberEach | None = Field(None, description="Tangents of the angle that the y axis leans by. Default: 0.")
    translation: VectorEach | None = Field(None, description="Shifts in pixels. Default: none.")
    perspective: VectorEach | None = Field(
        None,
        description="First two entries p of the last row, about the centre: w = 1 + p·(x, y), 1/pixels. Default: 0.",
    )
    center: VectorEach | None = Field(
        None,
        description="What stays in place but for the translation, in pixels. Default: the centre of size, or (0, 0).",
    )
    size: Size | None = Field(None, description="The picture whose centre is the default centre.")
    pixel_center: Literal["integer", "half"] = Field(
        "integer",
        description="Where the first pixel's centre is, in these coordinates and the homographies': (0, 0) or (½, ½).",
    )


class HomographyFromParametersResult(Document):
    homographies: ResultHomographies = Field(
        description=(
            "T(center + translation) · perspective · rotation · shear · scale · T(−center) of each. Without "
            "perspective the last row is 0 0 1."
        )
    )
    direction: str = Field(description="What the homographies map to what.")
    pixel_center: str = Field(description="Where pixel centres were taken to lie.")


def _build(params: HomographyFromParametersParams) -> HomographyFromParametersResult:
    given = {name: array for name, array in params.arrays().items() if name != "angle"}
    homographies = geometry.homography_from_parameters(
        params.angle,
        **given,
        size=None if params.size is None else params.size.pair(),
        pixel_center=params.pixel_center,
    )
    return HomographyFromParametersResult(
        homographies=homographies, direction="source_to_output", pixel_center=params.pixel_center
    )


def _build_cost(params: HomographyFromParametersParams) -> Cost:
    counts = [params.angle.shape[0]]
    counts += [array.shape[0] for name, array in params.arrays().items() if name in ("scale", "shear")]
    counts += [array.shape[0] for array in params.arrays().values() if array.shape[1:] == (2,)]
    count = next((count for count in counts if count != 1), 1)
    return Cost((OutputArray("homographies", (count, 3, 3), "float64"),), 300 * count, 200.0 * max(count, 1))


HOMOGRAPHY_FROM_PARAMETERS = Operation(
    name="homography-from-parameters",
    family="warp",
    summary="Build homographies from angles, scales, shears, shifts and perspective",
    params=HomographyFromParametersParams,
    result=HomographyFromParametersResult,
    run=_build,
    cost=_build_cost,
    examples=(
        Example(
            "Turn a picture of 640 × 480 about its centre by 0°, 15° and 30°, enlarged by half",
            {
                "angle": [0, 0.2617993877991494, 0.5235987755982988],
                "scale": [1.5],
                "size": {"width": 640, "height": 480},
            },
        ),
    ),
)
