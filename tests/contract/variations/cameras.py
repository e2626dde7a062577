"""More calls of the cameras operations, besides their examples."""

from typing import Any

_P = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]
_K = [[4, 0, 2], [0, 4, 2], [0, 0, 1]]

VARIATIONS: dict[str, list[dict[str, Any]]] = {
    "fundamental": [{"left": _P, "right": [[0.9, 0, 0.1, -2], [0, 1, 0, 0.5], [-0.1, 0, 0.9, 0.25]]}],
    "fundamental-pairs": [{"projections": [_P, _P], "pairs": [[0, 1], [1, 0], [0, 0]], "normalization": "none"}],
    "fundamental-all": [
        {"projections": [_P, [[1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0]]], "dtype": "float32"},
        {"projections": [_P], "layout": "condensed"},
        {"projections": [_P, [[1, 0, 0, 1], [0, 1, 0, 2], [0, 0, 1, 3]], _P], "layout": "full"},
    ],
    "projections-from-poses": [
        {
            "intrinsics": [_K, _K],
            "rotations": [[[1, 0, 0], [0, 1, 0], [0, 0, 1]]] * 2,
            "translations": [[0, 0, 0], [1, 2, 3]],
        }
    ],
}
