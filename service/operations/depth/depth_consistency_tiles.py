"""`depth-consistency` in tiles: some of the pairs each, of views that every process prepares once."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from geometry.depth import CONSISTENCY_REASONS, PAIR_STATUS
from geometry.depth.multiview.consistency import ComparedViews
from service.operation import Block, TiledArray, TileGrid, Tiling
from service.operations.statuses import status_counts

if TYPE_CHECKING:
    from service.operations.depth.depth_consistency import DepthConsistencyParams

_PIXEL_SECONDS = 1e-7  # of a pair, both directions
_TILE_SECONDS = 2.0  # a tile writes an object for each array: not too many of them
_FEWEST, _MOST = 16, 4096
_MAP_BYTES = 32 << 20

_NUMBERS = ("score", "overlap", "agreement", "loss", "reprojection_error", "depth_error")


def _prepare(params: "DepthConsistencyParams") -> ComparedViews:
    return ComparedViews(
        params.depths,
        params.intrinsics,
        params.poses,
        **params.model_dump(exclude={"depths", "intrinsics", "poses"}),
    )


def _grid(params: "DepthConsistencyParams", tile: int | None) -> TileGrid:
    _, height, width = params.depths.shape
    views = _prepare(params)
    pairs, skipped = len(views.pairs), len(views.skipped)
    seconds = height * width * _PIXEL_SECONDS
    length = min(_MOST, max(_FEWEST, int(_TILE_SECONDS / max(seconds, 1e-9))))
    if params.maps:
        length = max(1, min(length, _MAP_BYTES // max(1, 5 * height * width)))
    length = min(tile or length, max(1, pairs))
    arrays = [
        TiledArray("pairs", (pairs, 2), "int64", (length, 2)),
        *(TiledArray(name, (pairs,), "float64", (length,)) for name in _NUMBERS),
        TiledArray("counts", (pairs, len(CONSISTENCY_REASONS)), "int64", (length, len(CONSISTENCY_REASONS))),
        TiledArray("status", (pairs,), "uint8", (length,)),
        TiledArray("skipped", (skipped, 2), "int64", (max(1, skipped), 2)),
    ]
    if params.maps:
        arrays += [
            TiledArray(name, (pairs, height, width), dtype, (length, height, width))
            for name, dtype in (("reasons", "uint8"), ("errors", "float32"))
        ]
    detail = {"length": length, "depth_kind": params.depth_kind}
    return TileGrid(max(1, -(-pairs // length)), tuple(arrays), length * seconds, detail)


def _run(views: ComparedViews, grid: TileGrid, tile: int) -> Iterator[Block]:
    start = tile * grid.detail["length"]
    pairs = views.pairs[start : start + grid.detail["length"]]
    if tile == 0:
        yield Block("skipped", (0, 0), views.skipped)
    found = views.measure(pairs, views.skipped)
    for name, values in found._asdict().items():
        if name == "status":
            yield Block(name, (start,), values, status_counts(values, PAIR_STATUS))
        elif name != "skipped" and values is not None:
            yield Block(name, (start, *(0 for _ in np.shape(values)[1:])), values)


def _summary(detail: Mapping[str, Any], counts: Mapping[str, int]) -> dict[str, Any]:
    return {
        "reason_names": {str(code): name for code, name in enumerate(CONSISTENCY_REASONS)},
        "status_names": {str(code): name for code, name in enumerate(PAIR_STATUS)},
        "status_counts": {name: counts.get(name, 0) for name in PAIR_STATUS},
        "depth_kind": detail["depth_kind"],
    }


DEPTH_CONSISTENCY_TILING = Tiling(plan=_grid, prepare=_prepare, run=_run, summary=_summary, reads=True)
