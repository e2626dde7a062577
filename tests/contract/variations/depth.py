"""More calls of the depth operations, besides their examples."""

from typing import Any

_K = [[4, 0, 2], [0, 4, 2], [0, 0, 1]]

_STEPS = [[[1, 0, 0, x], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]] for x in (0, -0.25, -0.5)]

VARIATIONS: dict[str, list[dict[str, Any]]] = {
    "scatter-points": [
        {
            "points": {"data": [[[0, 0, 1], [2, 1, 1]], [[-5, 2, 1], [1, None, 1]]], "dtype": "float32"},
            "values": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]],
            "size": {"width": 3, "height": 2},
            "projection": [[1, 0, 0, 0], [0, 1, 0, 0]],
            "reduce": "mean",
            "origin": [-0.5, -0.5],
            "cell": [1, 2],
            "outside": "clip",
            "fill": -1,
            "pixel_center": "half",
        },
        {
            "points": {"data": [[0, 0, 1], [1, 2, 1], [1, 2, 9]], "dtype": "int32"},
            "size": {"width": 2, "height": 3},
            "axes": [1, 0],
            "reduce": "count",
            "cell": 1.5,
        },
    ],
    "depth-normals": [
        {
            "depth": {"data": [[1500, 1510], [0, 1490], [1505, 1500]], "dtype": "uint16"},
            "intrinsics": _K,
            "distortion": [0.05, -0.01, 0, 0],
            "transform": [[0, -1, 0, 1], [1, 0, 0, 2], [0, 0, 1, 3], [0, 0, 0, 1]],
            "depth_kind": "ray",
            "no_reading": [1490],
        },
    ],
    "depth-discontinuities": [
        {"depth": {"data": [[1500, 1900, 65535]], "dtype": "uint16"}, "no_reading": [65535], "max_jump": 0.3},
    ],
    "fuse-depth": [
        {
            "depths": {"data": [[[1000, 2000, 0]], [[65535, 1500, 900]], [[1010, 1510, 905]]], "dtype": "uint16"},
            "intrinsics": [_K, _K, _K],
            "poses": _STEPS,
            "target_intrinsics": _K,
            "target_pose": _STEPS[1],
            "size": {"width": 5, "height": 4},
            "reduce": "mean",
            "tolerance": 0.02,
            "contradictions": True,
            "depth_kind": "ray",
            "depth_scale": 0.001,
            "no_reading": [65535],
        },
        {
            "depths": {"data": [[[1, 2, 3]], [[1, None, 3]]], "dtype": "float32"},
            "intrinsics": _K,
            "poses": _STEPS[:2],
            "target_intrinsics": _K,
            "target_pose": _STEPS[2],
            "splat": "triangle",
            "max_jump": 0.1,
            "distortion": [[0.1, 0.01, 0, 0], [0.05, 0, 0, 0]],
            "target_distortion": [0.01, 0, 0, 0],
            "target_model": "fisheye",
        },
    ],
    "depth-consistency": [
        {
            "depths": {"data": [[[1000, 2000, 0]], [[65535, 1500, 900]], [[1010, 1510, 905]]], "dtype": "uint16"},
            "intrinsics": [_K, _K, _K],
            "poses": _STEPS,
            "pairs": [[0, 1], [2, 1]],
            "tolerance": 0.05,
            "max_error": 1.0,
            "interpolation": "nearest",
            "depth_scale": 0.001,
            "no_reading": [65535],
        },
        {
            "depths": {"data": [[[1, 2, 3]], [[1, 0, 3]], [[0, 0, 0]]], "dtype": "int32"},
            "intrinsics": _K,
            "poses": _STEPS,
            "distortion": [0.1, 0.01, 0, 0],
            "model": "fisheye",
            "depth_kind": "ray",
            "maps": True,
        },
    ],
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
        },
        {
            "depth": {"data": [[2, 2, 2], [2, None, 2], [2, 2, 2]], "dtype": "float32"},
            "image": {"data": [[[1, 2], [3, 4], [5, 6]]] * 3, "dtype": "uint16"},
            "source_intrinsics": _K,
            "target_intrinsics": _K,
            "transform": [[1, 0, 0, 0.25], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
            "splat": "bilinear",
            "depth_tolerance": 0.1,
            "source_distortion": [0.1, 0, 0, 0],
            "target_distortion": [0.05, 0, 0, 0],
            "target_model": "fisheye",
            "fill": [8, 9],
            "source_status": True,
        },
        {
            "depth": {"data": [[2, 2, 3], [2, 2, 3]], "dtype": "float64"},
            "image": [[1, 2, 3], [4, 5, 6]],
            "source_intrinsics": _K,
            "target_intrinsics": [[12, 0, 6], [0, 12, 6], [0, 0, 1]],
            "transform": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
            "size": {"width": 9, "height": 8},
            "fill_holes": "footprint",
            "max_jump": 0.1,
        },
    ],
    "depth-to-points": [
        {
            "depth": {"data": [[1.5, 2.5, 0.5]], "dtype": "float32"},
            "intrinsics": _K,
            "transform": [[0, -1, 0, 1], [1, 0, 0, 2], [0, 0, 1, 3], [0, 0, 0, 1]],
            "depth_kind": "ray",
        },
        {"depth": {"data": [[15, 25], [0, 30]], "dtype": "int32"}, "intrinsics": _K, "depth_scale": 0.5},
        {
            "depth": {"data": [[1500, 1510], [0, 1490], [1505, 1500]], "dtype": "uint16"},
            "intrinsics": _K,
            "distortion": [0.05, -0.01, 0, 0],
            "model": "fisheye",
            "image": {
                "data": [[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [9, 8, 7]], [[6, 5, 4], [3, 2, 1]]],
                "dtype": "uint8",
            },
            "normals": True,
            "max_jump": 0.1,
            "depth_kind": "ray",
        },
    ],
}
