"""Images without the distortion of their lens."""

from typing import Literal

from pydantic import Field

import geometry
from service.arrays.types.images import ResultImage, ResultMask
from service.arrays.types.plane import Distortion, Matrix3, ResultMatrix3
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.shapes import Border, Numbers, Size
from service.operations.warp.mask import mask_stream
from service.operations.warp.options import BORDER, INTERPOLATION, Interpolation, PixelCenter, WarpSource, pixel_cost


class UndistortParams(WarpSource):
    intrinsics: Matrix3 = Field(description="Camera matrix K of the source, in pixels; upper triangular.")
    distortion: Distortion = Field(
        description="`brown`: k1 k2 p1 p2, or with k3, or with k3 k4 k5 k6 (OpenCV's order). `fisheye`: k1 k2 k3 k4."
    )
    model: Literal["brown", "fisheye"] = Field(
        "brown", description="`brown`: Brown–Conrady. `fisheye`: Kannala–Brandt (OpenCV's fisheye)."
    )
    new_intrinsics: Matrix3 | None = Field(
        None, description="Camera matrix of the output, in pixels; upper triangular. Default: see `view`."
    )
    view: Literal["same", "all", "valid"] = Field(
        "same",
        description=(
            "Camera matrix of the output where none is given. `same`: as the source. `all`: the output just holds "
            "every pixel of the source. `valid`: the largest view in which every pixel comes from inside the source."
        ),
    )
    rotation: Matrix3 | None = Field(
        None, description="Rotation from the camera's frame to the output's (rectification). Default: none."
    )
    size: Size | None = Field(None, description="Size of the output. Default: the source's.")
    interpolation: Interpolation = Field("linear", description=INTERPOLATION)
    border: Border = Field("constant", description=BORDER)
    fill: Numbers = Field(
        0.0,
        description="Value outside the source and where the model turns back: one for all channels, or one each.",
    )
    pixel_center: PixelCenter = Field(
        "integer", description="Where the matrices have pixel centres: at integers (OpenCV), or at halves (COLMAP)."
    )


class UndistortResult(Document):
    image: ResultImage = Field(description="The pixels without distortion, of the source's dtype and channels.")
    mask: ResultMask = Field(description="Where a pixel came wholly from inside the source.")
    intrinsics: ResultMatrix3 = Field(description="Camera matrix of the output, in pixels.")
    model: str = Field(description="The model that the coefficients were read as.")
    view: str = Field(description="How the camera matrix was chosen, if none was given.")
    pixel_center: str = Field(description="Where pixel centres were taken to lie.")


def _undistort_cost(params: UndistortParams) -> Cost:
    height, width = params.image.shape[:2]
    if params.size is not None:
        width, height = params.size.pair()
    cost = pixel_cost(params.image, width, height, params.interpolation)
    # Source points are made band by band, 16 bytes a pixel; views look at all points along the edges.
    scratch = cost.scratch + (1 << 20) * geometry.threads() + 256 * (width + height + sum(params.image.shape[:2]))
    outputs = (*cost.outputs, OutputArray("intrinsics", (3, 3), "float64"))
    return Cost(outputs, scratch, cost.flops + 60.0 * width * height)


def _undistort(params: UndistortParams) -> UndistortResult:
    found = geometry.undistort(
        params.image,
        params.intrinsics,
        params.distortion,
        model=params.model,
        new_intrinsics=params.new_intrinsics,
        view=params.view,
        rotation=params.rotation,
        size=None if params.size is None else params.size.pair(),
        interpolation=params.interpolation,
        border=params.border,
        fill=params.fill,
        pixel_center=params.pixel_center,
    )
    return UndistortResult(
        image=found.image,
        mask=mask_stream(found),
        intrinsics=found.intrinsics,
        model=params.model,
        view=params.view,
        pixel_center=params.pixel_center,
    )


UNDISTORT = Operation(
    name="undistort",
    family="warp",
    summary="Remove the distortion of a lens from an image",
    params=UndistortParams,
    result=UndistortResult,
    run=_undistort,
    cost=_undistort_cost,
    examples=(
        Example(
            "A barrel-distorted picture of 5 × 5 pixels, with all of it in the output",
            {
                "image": {
                    "data": [
                        [10, 20, 30, 20, 10],
                        [20, 90, 120, 90, 20],
                        [30, 120, 250, 120, 30],
                        [20, 90, 120, 90, 20],
                        [10, 20, 30, 20, 10],
                    ],
                    "dtype": "uint8",
                },
                "intrinsics": [[5, 0, 2], [0, 5, 2], [0, 0, 1]],
                "distortion": [-0.2, 0.05, 0, 0],
                "view": "all",
            },
        ),
    ),
)
