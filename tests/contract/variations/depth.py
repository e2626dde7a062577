"""More calls of the depth operations, besides their examples."""

from typing import Any

_K = [[4, 0, 2], [0, 4, 2], [0, 0, 1]]

VARIATIONS: dict[str, list[dict[str, Any]]] = {
    "reproject-depth": [
        {
            "depth": {"data": [[1000, 2000, 0], [65535, 1500, 900]], "dtype": "uint16"},
            "source_intrinsics": _K,
            "target_intrinsics": _K,
            "transform": [[1, 0, 0, 0.25], [0, 1, 0, 0], [0, 0, 1, 0.5], [0, 0, 0, 1]],
            "size": {"width": 5, "height": 4},
            "depth_scale": 0.001,
            "no_reading": [65535],
            "depth_kind": "ray",
        }
    ],
    "depth-to-points": [
        {
            "depth": {"data": [[1.5, 2.5, 0.5]], "dtype": "float32"},
            "intrinsics": _K,
            "transform": [[0, -1, 0, 1], [1, 0, 0, 2], [0, 0, 1, 3], [0, 0, 0, 1]],
            "depth_kind": "ray",
        },
        {"depth": {"data": [[15, 25], [0, 30]], "dtype": "int32"}, "intrinsics": _K, "depth_scale": 0.5},
    ],
}
