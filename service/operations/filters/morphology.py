"""`morphology`."""

from math import prod
from typing import Annotated, Literal

from pydantic import Field

import geometry
from geometry.filters.extrema import scratch_bytes
from geometry.filters.window import Axis
from service.arrays.types.filters import Element, ResultMorphology
from service.arrays.types.images import Image
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.filters.window import Fill, Steps, pair

Name = Literal["erode", "dilate", "open", "close", "gradient", "tophat", "blackhat"]


class MorphologyParams(Document):
    image: Image = Field(description="The pixels.")
    operation: Name = Field(
        description=(
            "`open`: erode, then dilate; `close`: dilate, then erode; `gradient`: dilated less eroded; `tophat`: image "
            "less opened; `blackhat`: closed less image."
        )
    )
    element: Element | None = Field(None, description="The structuring element: its pixels that are not 0.")
    shape: Literal["rectangle", "ellipse", "cross", "diamond", "line"] | None = Field(
        None, description="A structuring element by name; a rectangle where nothing is said."
    )
    size: Steps | None = Field(None, description="Its size, 3 where nothing is said: one number, or [rows, columns].")
    heights: Element | None = Field(
        None, description="Grey-scale structuring function: added for a dilation, taken away for an erosion."
    )
    anchor: list[Annotated[int, Field(ge=0, le=65_535)]] | None = Field(
        None,
        min_length=2,
        max_length=2,
        description="Place of the element that lies at the pixel, [row, column]; the centre where none is given.",
    )
    iterations: int = Field(1, ge=1, le=65_536, description="How often erosion and dilation are each repeated.")
    border: Literal["ignore", "constant", "replicate", "reflect", "reflect_101", "wrap"] = Field(
        "ignore", description="What lies outside: nothing that wins, `fill`, the edge, its reflection or repetition."
    )
    fill: Fill = 0.0


class MorphologyResult(Document):
    image: ResultMorphology = Field(description="The result.")
    operation: str = Field(description="What was done.")


def _morphology(params: MorphologyParams) -> MorphologyResult:
    image = geometry.morphology(
        params.image,
        params.element,
        operation=params.operation,
        shape=params.shape,
        size=None if params.size is None else pair(params.size),
        heights=params.heights,
        anchor=params.anchor,
        iterations=params.iterations,
        border=params.border,
        fill=params.fill,
    )
    return MorphologyResult(image=image, operation=params.operation)


def _morphology_cost(params: MorphologyParams) -> Cost:
    shape = tuple(params.image.shape)
    if 0 in shape:
        raise geometry.InvalidInput("image", f"must not be empty, came as {shape}")
    height, width = _element_size(params)
    channels = prod(shape[2:])
    rectangle = params.element is None and params.heights is None and params.shape in (None, "rectangle")
    passes = params.iterations * (1 if params.operation in ("erode", "dilate") else 2)
    if rectangle and params.border == "ignore":
        height, width = (params.iterations * (side - 1) + 1 for side in (height, width))
        passes //= params.iterations
    itemsize = 8 if params.heights is not None else params.image.dtype.itemsize
    rows, columns = (
        Axis(length, taps, 1, 1, taps // 2, length) for length, taps in zip(shape[:2], (height, width), strict=True)
    )
    periodic = params.border in ("reflect", "reflect_101", "wrap")
    strips = 2 * scratch_bytes(rows, columns, channels, itemsize, periodic=periodic)
    looked_up = 20 if rectangle else 2 * height * width if params.heights is not None else 20 + 2 * (height + width)
    drawn = 0 if rectangle else 64 * height * width if params.element is not None else 64 * height
    images = 2 * prod(shape) * params.image.dtype.itemsize
    return Cost(
        (OutputArray("image", shape, params.image.dtype.name),),
        strips + drawn + images,
        float(passes * looked_up) * prod(shape),
    )


def _element_size(params: MorphologyParams) -> tuple[int, int]:
    given = params.element if params.element is not None else params.heights
    if given is not None:
        if 0 in given.shape:
            raise geometry.InvalidInput("heights" if params.element is None else "element", "must not be empty")
        return given.shape[0], given.shape[1]
    return (3, 3) if params.size is None else pair(params.size)


MORPHOLOGY = Operation(
    name="morphology",
    family="filters",
    summary="Erode, dilate, open or close an image with a structuring element",
    params=MorphologyParams,
    result=MorphologyResult,
    run=_morphology,
    cost=_morphology_cost,
    examples=(
        Example(
            "Dilate a dot by a cross",
            {
                "image": {"data": [[0, 0, 0, 0], [0, 200, 0, 0], [0, 0, 0, 0]], "dtype": "uint8"},
                "operation": "dilate",
                "element": [[0, 1, 0], [1, 1, 1], [0, 1, 0]],
            },
        ),
        Example(
            "Remove what is narrower than an ellipse of 3 × 5",
            {
                "image": [[1, 1, 1, 1, 1, 9], [1, 7, 7, 7, 7, 7], [1, 7, 7, 7, 7, 7], [1, 7, 7, 7, 7, 7]],
                "operation": "open",
                "shape": "ellipse",
                "size": [3, 5],
            },
        ),
    ),
)
