"""`neighbourhood`."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

import geometry
from geometry.errors import InvalidInput
from service.arrays.types.filters import Element, ResultFiltered
from service.arrays.types.images import Image
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.filters.window import Fill, WindowBorder

_SIDES = Annotated[int, Field(ge=1, le=255)]
_MOST_INSTRUCTIONS = 8_192


class NeighbourhoodParams(Document):
    image: Image = Field(description="The pixels to look at; `w` in the expression.")
    expression: str = Field(
        min_length=1,
        max_length=2000,
        description=(
            "What each pixel becomes: w is its window, w[row, column] a place of it, counted from the centre; numbers, "
            "+ - * / // % **, comparisons, and, or, not, where, abs, sqrt, exp, log, floor, clip, minimum, maximum; "
            "over windows sum, mean, min, max, median, any, all, count, var, std, argmin, argmax."
        ),
    )
    window: _SIDES | Annotated[list[_SIDES], Field(min_length=2, max_length=2)] | None = Field(
        None, description="Rows and columns of the window, or one number for both; null: as `element`, or 3."
    )
    second: Image | None = Field(None, description="Another image of the same shape; `v` in the expression.")
    element: Element | None = Field(None, description="Numbers of the window's shape; `element` in the expression.")
    border: WindowBorder = "constant"
    fill: Fill = 0.0
    output_dtype: Literal["auto", "same", "uint8", "uint16", "int16", "int32", "float32", "float64"] = Field(
        "auto",
        description=(
            "`auto`: uint8 for comparisons and logic, otherwise as the image; integers saturate and round half to even."
        ),
    )


class NeighbourhoodResult(Document):
    image: ResultFiltered = Field(description="The expression's value for each pixel; 0 for NaN where it is whole.")
    arithmetic: str = Field(description="In which numbers it was computed: float32 or float64.")
    instructions: int = Field(description="Instructions for each pixel.")
    program: list[str] = Field(
        description="The instructions, a hundred of them at most: r1[0, 2] is what register 1 holds two columns on."
    )


def _program(params: NeighbourhoodParams, element: np.ndarray | None) -> geometry.NeighbourhoodProgram:
    return geometry.neighbourhood_program(
        params.expression,
        params.image.shape,
        params.image.dtype,
        window=params.window,
        second_dtype=None if params.second is None else params.second.dtype,
        element=element,
        output_dtype=params.output_dtype,
    )


def _neighbourhood(params: NeighbourhoodParams) -> NeighbourhoodResult:
    image = geometry.neighbourhood(
        params.image,
        params.expression,
        window=params.window,
        second=params.second,
        element=params.element,
        border=params.border,
        fill=params.fill,
        output_dtype=params.output_dtype,
    )
    program = _program(params, params.element)
    return NeighbourhoodResult(
        image=image,
        arithmetic=program.arithmetic,
        instructions=program.instructions,
        program=list(program.listing),
    )


def _expected(params: NeighbourhoodParams) -> tuple[geometry.NeighbourhoodProgram, int]:
    """The program and its number of instructions, where an element is not read yet one that saves none of them."""
    if params.element is None or isinstance(params.element, np.ndarray):
        program = _program(params, params.element)
        return program, program.instructions
    shape = params.element.shape
    try:
        program = _program(params, np.arange(1, shape[0] * shape[1] + 1).reshape(shape) * 0.618)
    except InvalidInput:
        return _program(params, np.zeros(shape)), _MOST_INSTRUCTIONS
    return program, program.instructions


def _neighbourhood_cost(params: NeighbourhoodParams) -> Cost:
    shape = tuple(params.image.shape)
    if params.second is not None and tuple(params.second.shape) != shape:
        raise InvalidInput("second", f"must have the image's shape {shape}, came as {tuple(params.second.shape)}")
    program, instructions = _expected(params)
    output = OutputArray("image", shape, program.output_dtype)
    values = float(np.prod(shape, dtype=np.float64))
    return Cost((output,), program.scratch_bytes * geometry.threads() + 2**20, values * (2.0 + 2.0 * instructions))


NEIGHBOURHOOD = Operation(
    name="neighbourhood",
    family="filters",
    summary="Evaluate an expression over the window around every pixel",
    params=NeighbourhoodParams,
    result=NeighbourhoodResult,
    run=_neighbourhood,
    cost=_neighbourhood_cost,
    examples=(
        Example(
            "Peaks: pixels that are the largest of their window",
            {
                "image": [[1, 2, 1, 0], [2, 5, 2, 1], [1, 2, 3, 7]],
                "expression": "where(w[0,0] == max(w), w[0,0], 0)",
            },
        ),
        Example(
            "Dilation by a cross",
            {
                "image": {"data": [[0, 0, 0, 0], [0, 9, 0, 0], [0, 0, 0, 4]], "dtype": "uint8"},
                "expression": "max(where(element, w, -inf))",
                "element": [[0, 1, 0], [1, 1, 1], [0, 1, 0]],
            },
        ),
    ),
)
