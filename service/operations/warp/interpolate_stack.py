"""Interpolation in a stack of frames, at a time of its own for every pixel."""

from typing import Literal

from pydantic import Field

import geometry
from service.arrays.types.images import Frames, ResultImage, ResultMask, TimeMap, Timestamps
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.shapes import Numbers


class InterpolateStackParams(Document):
    frames: Frames = Field(description="The frames to blend.")
    time: TimeMap = Field(
        description="When each pixel of the result is: a fractional frame index, or a time in the timestamps' unit."
    )
    timestamps: Timestamps | None = Field(
        None, description="When each frame was taken, at any spacing. Default: 0, 1, 2 and so on."
    )
    interpolation: Literal["nearest", "linear"] = Field(
        "linear",
        description=(
            "`linear` blends the two frames around the time; `nearest` takes the closer, at the middle the later one."
        ),
    )
    outside: Literal["clamp", "wrap", "mask"] = Field(
        "clamp",
        description=(
            "For times before the first frame or after the last: that frame, the stack repeated for ever, or `fill`."
        ),
    )
    period: float | None = Field(
        None,
        description=(
            "With `wrap`: time from the first frame to its repetition; the last frame blends into the first. Default: "
            "N, or N / (N − 1) times the span of the timestamps."
        ),
    )
    fill: Numbers = Field(0.0, description="Value where there is no time: one for all channels, or one each.")


class InterpolateStackResult(Document):
    image: ResultImage = Field(description="The blended pixels, of the frames' dtype and channels.")
    mask: ResultMask = Field(description="Where the time lies from the first frame's to the last one's.")


def _interpolate_stack_cost(params: InterpolateStackParams) -> Cost:
    shape = params.frames.shape[1:]
    height, width = shape[:2]
    channels = shape[2] if len(shape) == 3 else 1
    outputs = (
        OutputArray("image", shape, params.frames.dtype.name),
        OutputArray("mask", (height, width), "bool"),
    )
    return Cost(outputs, 16 * height * width + (1 << 20), height * width * (20.0 + 5.0 * channels))


def _interpolate_stack(params: InterpolateStackParams) -> InterpolateStackResult:
    blended = geometry.interpolate_stack(
        params.frames,
        params.time,
        timestamps=params.timestamps,
        interpolation=params.interpolation,
        outside=params.outside,
        period=params.period,
        fill=params.fill,
    )
    return InterpolateStackResult(image=blended.image, mask=blended.mask)


INTERPOLATE_STACK = Operation(
    name="interpolate-stack",
    family="warp",
    summary="Blend frames by a time of its own for every pixel",
    params=InterpolateStackParams,
    result=InterpolateStackResult,
    run=_interpolate_stack,
    cost=_interpolate_stack_cost,
    examples=(
        Example(
            "A slit scan of three frames: each row a frame and a half later",
            {
                "frames": {
                    "data": [[[0, 10], [0, 10]], [[100, 20], [100, 20]], [[200, 40], [200, 40]]],
                    "dtype": "uint8",
                },
                "time": [[0, 0], [1.5, 1.5]],
            },
        ),
    ),
)
