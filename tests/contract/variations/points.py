"""More calls of the operations on points seen by cameras, besides their examples."""

from typing import Any

_ROWS = [[0, 0, 0], [0, 0, -1], [0, 1, 0]]
_K = [[40, 0, 16], [0, 40, 12], [0, 0, 1]]
_TURN = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
_P = [[40, 0, 16, 0], [0, 40, 12, 0], [0, 0, 1, 0]]
_PAIR = [_P, [[40, 0, 16, -40], [0, 40, 12, 0], [0, 0, 1, 0]]]

VARIATIONS: dict[str, list[dict[str, Any]]] = {
    "epipolar-lines": [
        {"fundamental": [_ROWS, [[0, -1, 0], [1, 0, 0], [0, 0, 0]]], "points": [[3, 4], [0, 0]], "points_in": "right"},
        {
            "fundamental": _ROWS,
            "points": [[3, 4], [1, 9]],
            "size": {"width": 8, "height": 6},
            "pixel_center": "half",
        },
    ],
    "epipolar-distance": [
        {"fundamental": _ROWS, "left": [[3, 4]], "right": [[1, 6]], "kind": "reprojection", "squared": True},
        {"fundamental": [_ROWS, [[0, -1, 0], [1, 0, 0], [0, 0, 0]]], "left": [[3, 4], [0, 0]], "right": [[1, 6]] * 2},
        {"fundamental": _ROWS, "left": [[3, 4]], "right": [[1, 6]], "kind": "left"},
    ],
    "triangulate": [
        {"projections": _PAIR, "points": [[[26, 12]], [[22, 12.25]]], "method": "dlt"},
        {"projections": _PAIR, "points": [[[26, 12]], [[22, 12.25]]], "method": "gauss_newton", "min_parallax": 0.5},
    ],
    "decompose-projection": [{"projections": _P}],
    "rectify-stereo": [
        {
            "left_intrinsics": _K,
            "right_intrinsics": _K,
            "rotation": _TURN,
            "translation": [0, 0.5, 0.01],
            "size": {"width": 9, "height": 7},
            "zero_disparity": False,
            "pixel_center": "half",
            "maps": True,
        },
        {
            "left_intrinsics": _K,
            "right_intrinsics": _K,
            "rotation": _TURN,
            "translation": [1, 0, 0],
            "size": {"width": 9, "height": 7},
            "new_size": {"width": 5, "height": 4},
            "left_distortion": [-0.1, 0.01, 0, 0],
            "right_distortion": [-0.1, 0.01, 0, 0],
            "model": "fisheye",
            "alpha": 0.5,
            "maps": True,
        },
    ],
    "rectify-uncalibrated": [
        {
            "fundamental": [[0, 0, 1], [0, 0, 0], [-1, 0, -2]],
            "left": [[1, 5], [20, 8], [6, 19]],
            "right": [[-1, 4], [18, 6], [4, 18]],
            "size": {"width": 32, "height": 24},
            "pixel_center": "half",
        }
    ],
}
