"""More calls of the warp operations, besides their examples."""

from typing import Any

_P = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]
_K = [[4, 0, 2], [0, 4, 2], [0, 0, 1]]

VARIATIONS: dict[str, list[dict[str, Any]]] = {
    "warp-perspective": [
        {
            "image": {"data": [[[y * 9 + x, 200 - x, 80] for x in range(9)] for y in range(7)], "dtype": "uint8"},
            "homography": [[0.4, 0.1, 1], [0, 0.3, 1], [0.001, 0.05, 1]],
            "size": {"width": 6, "height": 4},
            "antialias": True,
        },
        {
            "image": {"data": [[[y * 9 + x, 200 - x, 80] for x in range(9)] for y in range(7)], "dtype": "uint8"},
            "homography": [[1, 0.1, 1], [0, 1.2, -1], [0.001, 0, 1]],
            "size": {"width": 11, "height": 6},
            "roi": {"x": 2, "y": 1, "width": 7, "height": 4},
            "interpolation": "nearest",
            "direction": "output_to_source",
            "border": "replicate",
            "pixel_center": "half",
        },
        {
            "image": {"data": [[x * x + y for x in range(40)] for y in range(12)], "dtype": "int16"},
            "homography": [[0.9, 0.1, 1], [0, 1.2, -1], [0.001, 0, 1]],
            "size": "fit",
            "interpolation": "lanczos",
            "border": "wrap",
        },
    ],
    "warp-affine": [
        {
            "image": {
                "data": [[[x * y + c for c in range(5)] for x in range(9)] for y in range(8)],
                "dtype": "float32",
            },
            "matrix": [[0.9, 0.2, 1], [-0.2, 0.8, 2.5]],
            "size": "fit",
            "roi": {"x": 1, "y": 2, "width": 5, "height": 4},
            "direction": "output_to_source",
            "interpolation": "cubic_opencv",
            "border": "reflect_101",
        }
    ],
    "remap": [
        {
            "image": {"data": [[[x, 200 - x, 80] for x in range(9)] for y in range(7)], "dtype": "uint8"},
            "map": [[[0.5, 0.5], [2.25, 3.5]], [[None, 1], [8, 7.5]]],
            "interpolation": "nearest",
            "fill": [1, 2, 3],
            "pixel_center": "half",
        }
    ],
    "crop-patches": [
        {
            "image": {"data": [[[y * 9 + x, 200 - x] for x in range(9)] for y in range(7)], "dtype": "uint8"},
            "centers": [[0.25, -0.5], [2, 0], [-1, 1]],
            "size": {"width": 3, "height": 4},
            "anchor": "corner",
            "normalized": True,
            "centered": True,
            "border": "reflect_101",
            "pixel_center": "half",
        },
        {
            "image": [[1, 2, 3], [4, 5, 6]],
            "centers": [[1.25, 0.75]],
            "size": {"width": 2, "height": 2},
            "interpolation": "truncate",
            "fill": -1,
        },
    ],
    "interpolate-stack": [
        {
            "frames": {
                "data": [[[[1, 2]], [[3, 4]]], [[[50, 60]], [[70, 80]]], [[[9, 8]], [[7, 6]]]],
                "dtype": "int16",
            },
            "time": [[-1.25], [3.5]],
            "timestamps": [-1, 2, 2.5],
            "outside": "wrap",
            "period": 4.5,
            "fill": -3,
        },
        {
            "frames": {"data": [[[1, 2, 3]], [[50, 60, 70]]], "dtype": "float32"},
            "time": [[0.75, None, 1.5]],
            "interpolation": "nearest",
            "outside": "mask",
            "fill": 7,
        },
    ],
    "rotate-vectors": [
        {
            "image": {"data": [[[[1, 255, 9], [3, 4, 9]]], [[[50, 60, 9], [0, 80, 9]]]], "dtype": "uint16"},
            "angles": [0.5, -2.5],
            "channels": [2, 0],
            "encoding": "unorm128",
            "rounding": "floor",
        },
        {"image": {"data": [[[1.5, 0.25], [2, -1]]], "dtype": "float32"}, "angles": [[0.125, 3]]},
        {"image": {"data": [[[100, -20], [32767, 1]]], "dtype": "int16"}, "angles": [0, 1, 2]},
    ],
    "crop-quad": [
        {
            "image": {"data": [[[y * 9 + x, 200 - x, 80] for x in range(9)] for y in range(7)], "dtype": "uint8"},
            "corners": [[6.5, 5], [1, 1.25], [7, 2], [0.5, 6]],
            "order": "sort",
            "aspect": "rectangle",
            "focal_length": 12.5,
            "corners_at": "edges",
            "interpolation": "nearest",
            "border": "reflect",
            "pixel_center": "half",
        },
        {
            "image": [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
            "corners": {"data": [[0, 0], [2, 0], [2, 2], [0, 2]], "dtype": "int16"},
            "size": {"width": 4, "height": 5},
            "fill": 2,
        },
    ],
    "homography-from-plane": [
        {"source": _P, "target": [[0.9, 0, 0.1, -2], [0, 1, 0, 0.5], [-0.1, 0, 0.9, 0.25]]},
        {"source": _P, "origin": [0, 1, 4], "axes": [[0.1, 0, 0], [0, 0, 0.1]]},
    ],
    "homography-from-parameters": [
        {
            "angle": [0.5, -1],
            "scale": [[1, 2], [0.5, -0.5]],
            "shear": [0.25],
            "translation": [[1, 2], [3, 4]],
            "perspective": [0.001, -0.002],
            "center": [[5, 6]],
        },
        {"angle": [1.5], "scale": [2], "size": {"width": 7, "height": 5}, "pixel_center": "half"},
    ],
    "homography-from-points": [
        {
            "source": [[0, 0], [9, 1], [8, 7], [1, 6], [4, 3], [7, 3], [2, 2]],
            "target": {
                "data": [[1, 0], [10, 1], [9, 7], [2, 6], [5, 3], [1, 9], [3, 2]],
                "dtype": "float32",
            },
            "weights": [1, 2, 1, 1, 0.5, 1, 0],
            "method": "ransac",
            "refine": "reprojection",
            "threshold": 0.5,
            "confidence": 0.9,
            "iterations": 100,
            "seed": 3,
        },
        {
            "source": [[0, 0], [9, 1], [8, 7], [1, 6], [4, 3]],
            "target": [[1, 0], [10, 2], [9, 7], [2, 6], [5, 3]],
            "refine": "none",
        },
    ],
    "undistort": [
        {
            "image": {"data": [[[y * 9 + x, 200 - x, 80] for x in range(9)] for y in range(7)], "dtype": "uint8"},
            "intrinsics": [[6, 0.1, 4.5], [0, 6.5, 3.5], [0, 0, 1]],
            "distortion": [0.01, -0.02, 0.001, 0.002],
            "model": "fisheye",
            "new_intrinsics": [[5, 0, 4], [0, 5, 3], [0, 0, 1]],
            "rotation": [[0.8, 0, 0.6], [0, 1, 0], [-0.6, 0, 0.8]],
            "size": {"width": 8, "height": 5},
            "interpolation": "nearest",
            "border": "replicate",
            "pixel_center": "half",
        },
        {
            "image": [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
            "intrinsics": _K,
            "distortion": [0.1, 0.02, 0.001, 0.002, 0.1, 0.2, 0, 0.01],
            "view": "valid",
            "fill": 2,
        },
    ],
    "undistort-points": [
        {
            "points": {"data": [[1, 2], [3, 1], [0, 0]], "dtype": "float32"},
            "intrinsics": _K,
            "distortion": [-0.1, 0.02, 0.001, 0.002, 0.1, 0.2, 0, 0.01],
            "new_intrinsics": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        },
        {
            "points": [[1, 2], [900, 1]],
            "intrinsics": _K,
            "distortion": [0.1, 0.02, 0.001, 0.002],
            "model": "fisheye",
            "rotation": [[0.8, 0, 0.6], [0, 1, 0], [-0.6, 0, 0.8]],
        },
    ],
    "distort-points": [
        {
            "points": [[1, 2], [900, 1]],
            "intrinsics": _K,
            "distortion": [0.1, 0.02, 0.001, 0.002],
            "model": "fisheye",
            "new_intrinsics": [[2, 0, 1], [0, 2, 1], [0, 0, 1]],
            "rotation": [[0.8, 0, 0.6], [0, 1, 0], [-0.6, 0, 0.8]],
        },
    ],
}
