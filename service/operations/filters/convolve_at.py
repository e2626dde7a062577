"""`convolve-at`."""

from typing import Literal

from pydantic import Field

import geometry
from service.arrays.types.filters import ResultValues, WindowKernel
from service.arrays.types.images import Image
from service.arrays.types.plane import PixelPoints
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.filters.window import Dilation, Fill, Mode, WindowBorder, pair


class ConvolveAtParams(Document):
    image: Image = Field(description="The pixels to look at; only those under the windows are read.")
    kernel: WindowKernel = Field(description="The weights.")
    points: PixelPoints = Field(description="Where to evaluate: whole numbers (x, y).")
    mode: Mode = "convolution"
    anchor: Literal["center", "corner"] = Field(
        "center", description="Whether a point is the window's centre or its top left corner."
    )
    dilation: Dilation = 1
    border: WindowBorder = "constant"
    fill: Fill = 0.0


class ConvolveAtResult(Document):
    values: ResultValues = Field(description="The convolution's value at each point.")
    mode: Mode = Field(description="Whether the kernel was flipped.")
    anchor: str = Field(description="What the points mean.")


def _convolve_at(params: ConvolveAtParams) -> ConvolveAtResult:
    values = geometry.convolve_at(
        params.image,
        params.kernel,
        params.points,
        mode=params.mode,
        anchor=params.anchor,
        dilation=pair(params.dilation),
        border=params.border,
        fill=params.fill,
    )
    return ConvolveAtResult(values=values, mode=params.mode, anchor=params.anchor)


def _convolve_at_cost(params: ConvolveAtParams) -> Cost:
    points, channels = params.points.shape[0], params.image.shape[2:]
    values = points * (channels[0] if channels else 1)
    taps = params.kernel.shape[0] * params.kernel.shape[1]
    return Cost((OutputArray("values", (points, *channels), "float64"),), points * 16, 4.0 * values * taps)


CONVOLVE_AT = Operation(
    name="convolve-at",
    family="filters",
    summary="Evaluate a convolution at chosen points only",
    params=ConvolveAtParams,
    result=ConvolveAtResult,
    run=_convolve_at,
    cost=_convolve_at_cost,
    examples=(
        Example(
            "Two values of a box sum",
            {
                "image": [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
                "kernel": [[1, 1], [1, 1]],
                "points": [[0, 0], [1, 1]],
                "anchor": "corner",
            },
        ),
    ),
)
