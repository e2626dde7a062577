"""More calls of the cameras operations, besides their examples."""

from typing import Any

_P = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]
_RIGHT = [[1, 1, 1, 3], [0, 2, 0, 3], [0, 1, 1, 0]]
_THIRD = [[1, 0, 0, -1], [0, 1, 0, 2], [0, 0, 1, 4]]
_T = [[[1, 2, 0], [0, 1, 3], [2, 0, 1]], [[0, 1, 1], [1, 0, 2], [3, 1, 0]], [[2, 1, 1], [1, 3, 0], [0, 1, 2]]]
_K = [[4, 0, 2], [0, 4, 2], [0, 0, 1]]

VARIATIONS: dict[str, list[dict[str, Any]]] = {
    "fundamental": [
        {
            "left": _P,
            "right": [[0.9, 0, 0.1, -2], [0, 1, 0, 0.5], [-0.1, 0, 0.9, 0.25]],
            "right_size": {"width": 4, "height": 3},
        }
    ],
    "fundamental-from-pose": [
        {
            "left_intrinsics": _K,
            "right_intrinsics": _K,
            "rotation": [[0.8, 0, 0.6], [0, 1, 0], [-0.6, 0, 0.8]],
            "translation": [1, 2, 3],
            "normalization": "none",
        }
    ],
    "fundamental-pairs": [
        {"projections": [_P, _P], "pairs": [[0, 1], [1, 0], [0, 0]], "normalization": "none"},
        {"projections": [_P, _RIGHT], "pairs": [[0, 1], [1, 1]], "sizes": [[4, 3], [6, 5]]},
    ],
    "fundamental-all": [
        {"projections": [_P, [[1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0]]], "dtype": "float32"},
        {"projections": [_P], "layout": "condensed"},
        {"projections": [_P, _RIGHT, _THIRD], "layout": "condensed", "sizes": [[4, 3], [6, 5], [9, 9]]},
        {"projections": [_P, _RIGHT], "size": {"width": 4, "height": 3}},
        {"projections": [_P, [[1, 0, 0, 1], [0, 1, 0, 2], [0, 0, 1, 3]], _P], "layout": "full"},
    ],
    "projections-from-poses": [
        {
            "intrinsics": [_K, _K],
            "rotations": [[[1, 0, 0], [0, 1, 0], [0, 0, 1]]] * 2,
            "translations": [[0, 0, 0], [1, 2, 3]],
        }
    ],
    "view-graph": [
        {
            "projections": [[[4, 0, 2, -2 * x], [0, 4, 2, 0], [0, 0, 1, 0]] for x in (0, 1, 2, 90)] + [[[0] * 4] * 3],
            "sizes": [[5, 5]] * 5,
            "depth_range": [[2, 5]] * 5,
            "min_score": 0.01,
            "scale_weight": 0,
            "tree_weight": "distance",
            "grid": 3,
            "depths": 2,
            "pixel_center": "half",
        },
    ],
    "sample-pairs": [
        {"left_weights": [1, 2, 3], "right_weights": [1, 0, 3], "count": 3, "ordered": False, "self_pairs": False},
    ],
    "fundamental-block": [
        {
            "projections": [_P, _RIGHT],
            "added": [_THIRD],
            "rows": {"start": 1},
            "columns": {"start": 0, "stop": 2},
            "dtype": "float32",
            "normalization": "none",
        }
    ],
    "essential": [
        {
            "left": [[4, 0, 2, 0], [0, 4, 2, 0], [0, 0, 1, 0]],
            "right": [[4, 0, 2, -8], [0, 4, 2, -4], [0, 0, 1, -2]],
            "left_intrinsics": _K,
            "right_intrinsics": _K,
            "normalization": "none",
        }
    ],
    "decompose-essential": [
        {
            "matrix": [[0, -1, 0.5], [1, 0, -2], [-0.5, 2, 0]],
            "left_points": [[3, 2.5], [1, 1]],
            "right_points": [[2.5, 2.25], [0.5, 0.75]],
            "left_intrinsics": _K,
            "right_intrinsics": _K,
        }
    ],
    "trifocal": [{"projections": [_P, _RIGHT, _THIRD], "triplets": [[2, 1, 0], [0, 0, 1], [1, 1, 1]]}],
    "trifocal-transfer": [
        {"tensor": _T, "first_points": [[1, 2]], "third_points": [[3, 1]]},
        {"tensor": _T, "first_points": [[1, 2], [0, 0]], "second_lines": [[1, 2, 3], [0, 0, 1]]},
        {"tensor": _T, "second_lines": [[1, 2, 3]], "third_lines": [[0, 1, 1]]},
    ],
    "homography-between-views": [
        {
            "projections": [_P, _THIRD],
            "pairs": [[0, 1], [1, 0], [0, 0]],
            "planes": [[0, 0, 1, 5], [0, 1, 0, 3], [1, 0, 0, 0]],
            "frame": "left",
        }
    ],
}
