"""More calls of the arrays operations, besides their examples."""

from typing import Any

VARIATIONS: dict[str, list[dict[str, Any]]] = {
    "matrix-rank": [
        {"matrices": [[1, 2], [2, 4]]},
        {"matrices": {"data": [[[[1, 2, 3], [2, 4, 6]]]], "dtype": "float32"}, "tolerance": 1e-3},
    ],
}
