"""Warping of an image by an affine map."""

import numpy as np
from pydantic import Field

import geometry
from geometry.warp.perspective import fitted_size
from service.arrays.types.plane import Matrix23
from service.operation import Cost, Example, Operation
from service.operations.warp.options import WarpOptions, WarpResult, WarpSource, values, warp_cost, warp_result


class AffineMatrix(WarpSource):
    matrix: Matrix23 = Field(
        description="The map [A | t]: takes (x, y) of one image to A (x, y) + t of the other. Direction: `direction`."
    )


class WarpAffineParams(WarpOptions, AffineMatrix):
    pass


def _cost(params: WarpAffineParams) -> Cost:
    height, width = params.image.shape[:2]
    return warp_cost(
        params.image,
        params,
        lambda: fitted_size(
            np.vstack([values(params.matrix), [0, 0, 1]]),
            (width, height),
            direction=params.direction,
            pixel_center=params.pixel_center,
        ),
    )


def _warp(params: WarpAffineParams) -> WarpResult:
    warped = geometry.warp_affine(params.image, params.matrix, **params.arguments())
    return warp_result(warped, params)


WARP_AFFINE = Operation(
    name="warp-affine",
    family="warp",
    summary="Warp an image by an affine map",
    params=WarpAffineParams,
    result=WarpResult,
    run=_warp,
    cost=_cost,
    examples=(
        Example(
            "Halve a 4×2 image, pixel centres at halves",
            {
                "image": {"data": [[0, 20, 40, 60], [80, 100, 120, 140]], "dtype": "uint8"},
                "matrix": [[0.5, 0, 0], [0, 0.5, 0]],
                "size": {"width": 2, "height": 1},
                "pixel_center": "half",
            },
        ),
    ),
)
