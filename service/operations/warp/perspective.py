"""Warping of an image by a homography."""

from pydantic import Field

import geometry
from geometry.warp.perspective import fitted_size
from service.arrays.types.plane import Matrix3
from service.operation import Cost, Example, Operation
from service.operations.warp.options import WarpOptions, WarpResult, WarpSource, values, warp_cost, warp_result
from service.operations.warp.perspective_tiles import PERSPECTIVE_TILING


class Homography(WarpSource):
    homography: Matrix3 = Field(
        description=(
            "Maps (x, y, 1) of one image to the other; its scale and sign do not matter. Direction: see `direction`."
        )
    )


class WarpPerspectiveParams(WarpOptions, Homography):
    pass


def _cost(params: WarpPerspectiveParams) -> Cost:
    height, width = params.image.shape[:2]
    return warp_cost(
        params.image,
        params,
        lambda: fitted_size(
            values(params.homography),
            (width, height),
            direction=params.direction,
            pixel_center=params.pixel_center,
        ),
    )


def _warp(params: WarpPerspectiveParams) -> WarpResult:
    warped = geometry.warp_perspective(params.image, params.homography, **params.arguments())
    return warp_result(warped, params)


WARP_PERSPECTIVE = Operation(
    name="warp-perspective",
    family="warp",
    summary="Warp an image by a homography",
    params=WarpPerspectiveParams,
    result=WarpResult,
    run=_warp,
    cost=_cost,
    examples=(
        Example(
            "Shift a 3×3 image by half a pixel to the right",
            {
                "image": {"data": [[0, 60, 120], [0, 60, 120], [0, 60, 120]], "dtype": "uint8"},
                "homography": [[1, 0, 0.5], [0, 1, 0], [0, 0, 1]],
            },
        ),
        Example(
            "Turn an image by 90° onto a canvas that fits it",
            {
                "image": {"data": [[1, 2, 3], [4, 5, 6]], "dtype": "uint8"},
                "homography": [[0, -1, 0], [1, 0, 0], [0, 0, 1]],
                "size": "fit",
                "interpolation": "cubic",
            },
        ),
    ),
    tiling=PERSPECTIVE_TILING,
)
