"""More calls of every operation, besides its examples."""

from typing import Any

from tests.contract.variations import arrays, cameras, depth, filters, points, warp

VARIATIONS: dict[str, list[dict[str, Any]]] = {
    **arrays.VARIATIONS,
    **cameras.VARIATIONS,
    **depth.VARIATIONS,
    **filters.VARIATIONS,
    **points.VARIATIONS,
    **warp.VARIATIONS,
}
