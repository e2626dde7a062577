"""`scatter-points`."""

from typing import Annotated, Literal

from pydantic import Field

import geometry
from geometry.depth import scattered_dtype
from geometry.depth.scattering.cells import segment_count
from service.arrays.types.depth import (
    Cloud,
    CloudValues,
    GridProjection,
    ResultCellCount,
    ResultCellIndex,
    ResultGrid,
)
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.shapes import Size

Reduce = Literal["min", "max", "nearest", "farthest", "mean", "sum", "count"]
Side = Annotated[float, Field(gt=0)]


class ScatterPointsParams(Document):
    points: Cloud = Field(description="The points.")
    size: Size = Field(description="Extent of the grid in cells.")
    projection: GridProjection | None = Field(
        None,
        description=(
            "P = K [R | t], up to scale and sign: depth is along the optical axis, and points that are not in front "
            "of the camera never fall in. Two rows, or a last row of 0 0 0 1: affine, such as orthographic, with depth "
            "along the viewing direction. Either this or `axes`."
        ),
    )
    axes: list[Annotated[int, Field(ge=0, le=2)]] | None = Field(
        None,
        min_length=2,
        max_length=3,
        description="Which coordinates are row, column and value, such as [1, 2, 0]; without a third, the one left.",
    )
    values: CloudValues | None = Field(
        None, description="What the image shows. Default: the depth, or the coordinate that `axes` call the value."
    )
    reduce: Reduce = Field(
        "min",
        description=(
            "`min`, `max`: the least or greatest value, of one channel. `nearest`, `farthest`: the value of the point "
            "with the least or greatest depth. Of equal ones the first point. `mean`, `sum`: of all values. `count`: "
            "how many points."
        ),
    )
    origin: Annotated[list[float], Field(min_length=2, max_length=2)] = Field(
        default_factory=lambda: [0.0, 0.0], description="Coordinates (x, y) of cell (0, 0)."
    )
    cell: Side | Annotated[list[Side], Field(min_length=2, max_length=2)] = Field(
        1.0, description="Side of a cell, or both (x, y)."
    )
    outside: Literal["drop", "clip"] = Field(
        "drop", description="Points beyond the grid are left out, or put into the nearest cell of its edge."
    )
    fill: float | None = Field(None, description="What empty cells hold. Default: NaN, or 0 in images of integers.")
    pixel_center: Literal["integer", "half"] = Field(
        "integer", description="Whether cell (0, 0) has its centre, or its upper left corner, at the origin."
    )


class ScatterPointsResult(Document):
    image: ResultGrid = Field(description="What each cell shows.")
    index: ResultCellIndex = Field(description="The point that each cell shows, or the first one that fell in.")
    count: ResultCellCount = Field(description="How many points fell into each cell.")
    fates: dict[str, int] = Field(
        description=(
            "How many points have a coordinate (`no_point`) or a value (`no_value`) that is not there, lay behind the "
            "camera or outside the grid, were clipped to its edge, or fell inside."
        )
    )
    reduce: Reduce = Field(description="What cells keep of their points.")
    pixel_center: str = Field(description="Where cells have their centres.")


def _scatter(params: ScatterPointsParams) -> ScatterPointsResult:
    found = geometry.scatter_points(
        params.points,
        params.size.pair(),
        projection=params.projection,
        axes=params.axes,
        values=params.values,
        reduce=params.reduce,
        origin=params.origin,
        cell=params.cell,
        outside=params.outside,
        fill=params.fill,
        pixel_center=params.pixel_center,
    )
    return ScatterPointsResult(
        image=found.image,
        index=found.index,
        count=found.count,
        fates=found.fates._asdict(),
        reduce=params.reduce,
        pixel_center=params.pixel_center,
    )


def _cost(params: ScatterPointsParams) -> Cost:
    grid = (params.size.height, params.size.width)
    cells = grid[0] * grid[1]
    number = 1
    for length in params.points.shape[:-1]:
        number *= length
    values = params.values
    several = values is not None and values.ndim == params.points.ndim
    channels = values.shape[-1] if values is not None and several else 1
    dtype = scattered_dtype(params.points.dtype, None if values is None else values.dtype, params.reduce)
    outputs = (
        OutputArray("image", (*grid, channels) if several and params.reduce != "count" else grid, dtype),
        OutputArray("index", grid, "int32"),
        OutputArray("count", grid, "int32"),
    )
    totals = channels if params.reduce in ("mean", "sum") else 1
    segments = segment_count(number, cells)
    scratch = segments * cells * (8 * totals + 12) + 8 * cells * (totals + channels) + 4096
    scratch += (0 if params.points.dtype.name in ("float32", "float64") else 24) * number
    scratch += (0 if values is None else 9 * channels + 1) * number
    return Cost(outputs, scratch, number * (60.0 + 2 * channels) + segments * cells * (4.0 + 2 * channels))


SCATTER_POINTS = Operation(
    name="scatter-points",
    family="depth",
    summary="Let points fall into the cells of a grid, seen by a camera or along an axis",
    params=ScatterPointsParams,
    result=ScatterPointsResult,
    run=_scatter,
    cost=_cost,
    examples=(
        Example(
            "The side view of a cube: coordinate 1 is the row, 2 the column, and the greatest of coordinate 0 stays",
            {
                "points": [[5, 0, 1], [7, 0, 1], [3, 2, 2], [9, 2, 8], [None, 0, 0]],
                "size": {"width": 4, "height": 3},
                "axes": [1, 2, 0],
                "reduce": "max",
                "outside": "clip",
                "fill": 0,
            },
        ),
        Example(
            "Colours of the nearest points, as a camera sees them",
            {
                "points": [[0, 0, 2], [0, 0, 1], [1, 0, 2], [0, 0, -1]],
                "values": {"data": [[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]], "dtype": "uint8"},
                "size": {"width": 3, "height": 2},
                "projection": [[2, 0, 1, 0], [0, 2, 0.5, 0], [0, 0, 1, 0]],
                "reduce": "nearest",
            },
        ),
    ),
)
