"""Uncalibrated stereo pairs turned so that rows match."""

from typing import Literal

from pydantic import Field

import geometry
from service.arrays.types.plane import Matrix3, PixelPoints, ResultHomography
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.shapes import Size


class RectifyUncalibratedParams(Document):
    fundamental: Matrix3 = Field(description="Fundamental matrix, right^T F left = 0; the nearest of rank 2 is taken.")
    left: PixelPoints = Field(description="Points in the left image, at least three.")
    right: PixelPoints = Field(description="The same points in the right image, in the same order.")
    size: Size = Field(description="Size of both images.")
    pixel_center: Literal["integer", "half"] = Field(
        "integer", description="`integer`: an image covers −0.5 to width − 0.5. `half`: 0 to width."
    )


class RectifyUncalibratedResult(Document):
    left_homography: ResultHomography = Field(description="From the left image to its rectified one.")
    right_homography: ResultHomography = Field(description="From the right image to its rectified one.")
    axis: Literal["horizontal", "vertical"] = Field(
        description="`horizontal`: matching points lie on one row. `vertical`: in one column."
    )
    error: float = Field(description="Root mean square difference of the points across that axis, in pixels.")
    direction: str = Field("source_to_output", description="What the homographies map.")


def _rectify(params: RectifyUncalibratedParams) -> RectifyUncalibratedResult:
    found = geometry.rectify_uncalibrated(
        params.fundamental, params.left, params.right, params.size.pair(), pixel_center=params.pixel_center
    )
    return RectifyUncalibratedResult(
        left_homography=found.left_homography,
        right_homography=found.right_homography,
        axis=found.axis,
        error=found.error,
    )


def _cost(params: RectifyUncalibratedParams) -> Cost:
    points = params.left.shape[0]
    outputs = tuple(OutputArray(f"{side}_homography", (3, 3), "float64") for side in ("left", "right"))
    return Cost(outputs, 16_384 + 400 * points, 20_000.0 + 200.0 * points)


RECTIFY_UNCALIBRATED = Operation(
    name="rectify-uncalibrated",
    family="cameras",
    summary="Turn a stereo pair so that matching points lie on one row, without calibration",
    params=RectifyUncalibratedParams,
    result=RectifyUncalibratedResult,
    run=_rectify,
    cost=_cost,
    examples=(
        Example(
            "A pair whose right image lies 5 pixels lower",
            {
                "fundamental": [[0, 0, 0], [0, 0, -1], [0, 1, 5]],
                "left": [[100, 50], [200, 80], [60, 90], [150, 20]],
                "right": [[90, 55], [180, 85], [55, 95], [142, 25]],
                "size": {"width": 320, "height": 240},
            },
        ),
    ),
)
