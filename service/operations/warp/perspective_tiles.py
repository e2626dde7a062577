"""`warp-perspective` in tiles of the output."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import geometry
from geometry.errors import InvalidInput
from geometry.warp.homography import output_to_source
from service.arrays.pending import ArrayStream
from service.operation import Block, TiledArray, TileGrid, Tiling
from service.operations.shapes import Roi, Size
from service.operations.warp.options import values, warp_result

if TYPE_CHECKING:
    from service.operations.warp.perspective import WarpPerspectiveParams

_PIXELS = 2048
_PIXEL_SECONDS = 3e-8


def _grid(params: "WarpPerspectiveParams", tile: int | None) -> TileGrid:
    height, width = params.image.shape[:2]
    size = params.size.pair() if isinstance(params.size, Size) else (width, height)
    placed = output_to_source(
        values(params.homography),
        direction=params.direction,
        pixel_center=params.pixel_center,
        source=(width, height),
        output=None if params.size == "fit" else size,
    )
    left, top, across, down = (0, 0, *placed.size) if params.roi is None else params.roi.box()
    if left + across > placed.size[0] or top + down > placed.size[1]:
        raise InvalidInput("roi", f"must lie inside the output of {placed.size[0]} × {placed.size[1]}")
    length = tile or _PIXELS
    columns, rows = -(-across // length), -(-down // length)
    part = min(length, down), min(length, across)
    channels = tuple(params.image.shape[2:])
    arrays = (
        TiledArray("image", (down, across, *channels), params.image.dtype.name, (*part, *channels)),
        TiledArray("mask", (down, across), "bool", part),
    )
    detail = {
        "length": length,
        "columns": columns,
        "box": [left, top, across, down],
        "direction": params.direction,
        "pixel_center": params.pixel_center,
        "translation": [-placed.origin[0], -placed.origin[1]],
    }
    return TileGrid(columns * rows, arrays, part[0] * part[1] * _PIXEL_SECONDS, detail)


def _run(params: "WarpPerspectiveParams", grid: TileGrid, tile: int) -> Iterator[Block]:
    length = grid.detail["length"]
    left, top, across, down = grid.detail["box"]
    row, column = (at * length for at in divmod(tile, grid.detail["columns"]))
    roi = Roi(x=left + column, y=top + row, width=min(length, across - column), height=min(length, down - row))
    part = params.model_copy(update={"roi": roi})
    result = warp_result(geometry.warp_perspective(part.image, part.homography, **part.arguments()), part)
    mask = result.mask
    yield Block("image", (row, column, *(0 for _ in result.image.shape[2:])), result.image)
    yield Block("mask", (row, column), mask.collect() if isinstance(mask, ArrayStream) else mask)


def _prepare(params: "WarpPerspectiveParams") -> "WarpPerspectiveParams":
    return params


def _summary(detail: Mapping[str, Any], _: Mapping[str, int]) -> dict[str, Any]:
    return {name: detail[name] for name in ("direction", "pixel_center", "translation")}


PERSPECTIVE_TILING = Tiling(plan=_grid, prepare=_prepare, run=_run, summary=_summary)
