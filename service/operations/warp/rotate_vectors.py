"""Rotation of the vectors that two channels of an image hold."""

from typing import Annotated, Any, Literal

from pydantic import Field

import geometry
from geometry.errors import InvalidInput
from service.arrays.types.images import Angles, ResultVectorImages, VectorImages
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray

Channel = Annotated[int, Field(ge=0, le=2**31 - 1)]


class RotateVectorsParams(Document):
    image: VectorImages = Field(description="The image or images whose vectors are turned; the pixels stay in place.")
    angle: float | None = Field(
        None,
        description=(
            "One angle for all, in radians. Positive turns the first channel's axis towards the second's: "
            "counter-clockwise where y points up (OpenGL), clockwise where it points down (DirectX). Give this or "
            "angles."
        ),
    )
    angles: Angles | None = Field(
        None,
        description=(
            "An angle for each image, or several for one image, which becomes a stack; or one for each pixel. Give "
            "these or angle."
        ),
    )
    channels: Annotated[list[Channel], Field(min_length=2, max_length=2)] = Field(
        [0, 1], description="The channels of the vector's x and y, counted from 0."
    )
    encoding: Literal["unorm", "unorm128", "signed"] | None = Field(
        None,
        description=(
            "`unorm`: 0 … max stands for −1 … 1 and 127.5 in bytes for zero; floats 0 … 1. `unorm128`: 128 stands for "
            "zero (32768 in uint16). `signed`: the numbers themselves. Default: unorm for unsigned integers, signed "
            "for all others."
        ),
    )
    rounding: Literal["nearest", "floor"] = Field(
        "nearest", description="How integers are rounded, once, from the exact value; ties go up. They saturate."
    )


class RotateVectorsResult(Document):
    image: ResultVectorImages = Field(
        description="The image or images with turned vectors; other channels as they were."
    )
    encoding: str = Field(description="The encoding that the vectors were read in.")


def _shape(params: RotateVectorsParams) -> tuple[int, ...]:
    if (params.angle is None) == (params.angles is None):
        raise InvalidInput("angle", "give either angle or angles")
    shape = tuple(params.image.shape)
    if params.angles is not None and len(params.angles.shape) == 1 and len(shape) == 3:
        return (params.angles.shape[0], *shape)
    return shape


def _rotate_vectors_cost(params: RotateVectorsParams) -> Cost:
    outputs = (OutputArray("image", _shape(params), params.image.dtype.name),)
    return Cost(outputs, 16 << 20, 2.0 * outputs[0].nbytes)


def _rotate_vectors(params: RotateVectorsParams) -> RotateVectorsResult:
    angle: Any = params.angle if params.angles is None else params.angles
    image = geometry.rotate_vectors(
        params.image,
        angle,
        channels=params.channels,
        encoding=params.encoding,
        rounding=params.rounding,
    )
    encoding = params.encoding or ("unorm" if image.dtype.kind == "u" else "signed")
    return RotateVectorsResult(image=image, encoding=encoding)


ROTATE_VECTORS = Operation(
    name="rotate-vectors",
    family="warp",
    summary="Rotate the vectors in two channels of an image, such as a normal map",
    params=RotateVectorsParams,
    result=RotateVectorsResult,
    run=_rotate_vectors,
    cost=_rotate_vectors_cost,
    examples=(
        Example(
            "Two normals of a byte normal map, turned by a quarter",
            {
                "image": {"data": [[[128, 128, 255], [230, 128, 200]]], "dtype": "uint8"},
                "angle": 1.5707963267948966,
            },
        ),
    ),
)
