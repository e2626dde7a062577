"""More calls of the filters operations, besides their examples."""

from typing import Any

VARIATIONS: dict[str, list[dict[str, Any]]] = {
    "convolve": [
        {
            "image": {"data": [[[3, 250], [90, 8], [1, 2]], [[30, 50], [0, 80], [10, 20]]], "dtype": "uint8"},
            "kernel": [[1, 2, 1], [0.5, 4, 0.25]],
            "stride": [2, 1],
            "dilation": 2,
            "padding": [[1, 1], [2, 3]],
            "border": "reflect",
            "output_dtype": "float32",
        },
        {
            "image": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]],
            "kernel": [[[[1, 0, 2], [0, 1, 3]]]],
            "padding": "valid",
            "fill": 2,
        },
        {"image": [[1, 2], [3, 4]], "kernel": [[1, 2, 1]], "method": "separable"},
        {"image": [[1, 2, 3], [3, 4, 0]], "kernel": [[1, 2.5, 1], [0, 3, 1]], "method": "fft", "border": "wrap"},
        {
            "image": {"data": [[[[1, 2], [3, 4]]], [[[5, 6], [7, 8]]]], "dtype": "int16"},
            "kernel": [[[[1, 0], [0, 1]], [[2, 1], [0, 3]]]],
            "method": "im2col",
        },
    ],
    "convolve-transpose": [
        {
            "image": {"data": [[[[1, 2], [3, 4]]], [[[5, 6], [7, 8]]]], "dtype": "uint8"},
            "kernel": [[[[1, 0.5], [2, 1]]], [[[0, 1], [3, 1]]]],
            "stride": [2, 1],
            "dilation": [1, 2],
            "padding": [[1, 0], [0, 0]],
            "output_padding": [1, 0],
            "border": "replicate",
            "output_dtype": "float32",
        },
        {"image": [[1, 2], [3, 4]], "kernel": [[1, 2, 1]], "stride": 2, "shape": [3, 4]},
    ],
    "convolution-matrix": [
        {
            "kernel": [[[[1, 2], [3, 4]], [[0, 1], [1, 0]]]],
            "shape": [2, 3, 2],
            "stride": [1, 2],
            "border": "reflect",
        },
        {"kernel": [[1, 2], [3, 4]], "shape": [2, 2, 2], "form": "dense", "border": "wrap", "dilation": 2},
    ],
    "im2col": [
        {
            "image": {"data": [[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [0, 1, 2]]], "dtype": "uint8"},
            "window": [2, 1],
            "padding": [[1, 0], [0, 1]],
            "stride": [1, 2],
            "fill": 7,
            "layout": "nchw",
        },
        {"image": [[1, 2], [3, 4]], "window": 3, "padding": "same", "border": "reflect"},
    ],
    "col2im": [
        {
            "columns": {"data": [[1, 2, 3, 4], [5, 6, 7, 8]], "dtype": "float32"},
            "window": [2, 1],
            "shape": [2, 2, 2],
            "layout": "nchw",
        },
        {"columns": [[1, 2, 3]], "window": [1, 3], "shape": [1, 1], "padding": "same", "border": "wrap"},
    ],
    "merge-kernels": [
        {"kernels": [[[1, 2]]], "dilations": [[1, 3]], "require_exact": True},
        {
            "kernels": [[[[[1, 2], [3, 4]]]], [[[[1, 0], [2, 1]]]]],
            "strides": [[1, 2], 1],
            "paddings": ["valid", [[0, 1], [1, 0]]],
            "border": "replicate",
        },
    ],
    "convolve-at": [
        {
            "image": {"data": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]], "dtype": "int16"},
            "kernel": [[1, 2], [3, 4]],
            "points": [[0, 0], [1, 1], [5, -3]],
            "mode": "correlation",
            "border": "wrap",
            "dilation": [1, 2],
        },
        {"image": [[1, 2], [3, 4]], "kernel": [[1]], "points": [[1, 0]], "anchor": "corner"},
    ],
    "neighbourhood": [
        {
            "image": {"data": [[[3, 250], [90, 8], [1, 2]], [[30, 50], [0, 80], [10, 20]]], "dtype": "uint8"},
            "expression": "sum(abs(w - w[0,0]) < 10) >= 2",
            "window": [2, 3],
            "border": "reflect",
        },
        {
            "image": [[1, 2], [3, 4]],
            "second": {"data": [[2, 2], [3, 5]], "dtype": "float32"},
            "expression": "sum(w * v * element) / 4 - std(w)",
            "element": [[1, 2], [0, 1]],
            "fill": 1.5,
            "output_dtype": "float32",
        },
    ],
    "fourier": [
        {"image": [[1, 2, 3], [4, 5, 6]], "kind": "real", "norm": "ortho", "origin": "center"},
        {
            "image": {"data": [[1, 2], [3, 4]], "dtype": "float32"},
            "imaginary": {"data": [[0, 2], [0, 4]], "dtype": "float32"},
            "transform": "inverse",
            "kind": "real",
            "length": 3,
            "axes": [0, -1],
        },
        {
            "image": {"data": [[1, 2, 3], [4, 5, 6]], "dtype": "uint8"},
            "transform": "filter",
            "transfer": [[1, 0.5], [0.5, 0]],
            "transfer_imaginary": [[0, 0.5], [0.5, 0]],
        },
    ],
    "pool": [
        {
            "image": {
                "data": [[[[3, 250], [90, 8], [1, 2]], [[30, 50], [0, 80], [10, 20]]]],
                "dtype": "uint8",
            },
            "window": [1, 2],
            "stride": [1, 1],
            "method": "min",
            "indices": "window",
            "padding": "same",
        },
        {
            "image": [[1, 2, 4], [-3, 5, 0]],
            "window": 2,
            "method": "mean",
            "count_padding": True,
            "padding": [[1, 1], [0, 1]],
        },
        {"image": [[3, 4, 1], [0, 0, 2]], "window": 2, "method": "lp", "p": 3, "ceil_mode": True},
        {"image": [[[1, 7], [2, 5]]], "window": [1, 2], "indices": "plane_channels"},
        {"image": [[1, None, 2]], "window": [1, 2], "stride": 1, "indices": True},
    ],
    "unpool": [
        {
            "pooled": {"data": [[[5, 6], [7, 8]]], "dtype": "uint8"},
            "indices": [[[0, 1], [0, 3]]],
            "shape": [2, 1],
            "layout": "plane_channels",
            "duplicates": "sum",
        },
        {
            "pooled": [[5, 6]],
            "indices": {"data": [[1, 0]], "dtype": "int32"},
            "shape": [1, 3],
            "layout": "window",
            "window": [1, 2],
            "stride": 1,
            "duplicates": "mean",
        },
    ],
    "pool-switches": [
        {
            "image": {"data": [[[5, 1], [5, 2], [4, 9]]], "dtype": "int16"},
            "window": [1, 2],
            "stride": 1,
            "method": "min",
            "padding": "same",
            "binary": True,
        },
    ],
    "morphology": [
        {
            "image": {"data": [[[3, 250], [90, 8], [1, 2]], [[30, 50], [0, 80], [10, 20]]], "dtype": "uint16"},
            "operation": "gradient",
            "shape": "cross",
            "border": "constant",
            "fill": [7, 9],
            "iterations": 2,
        },
        {
            "image": [[1, 2, 4], [-3, 5, 0]],
            "operation": "close",
            "heights": [[0, 1], [-1, 0.5]],
            "element": [[1, 1], [0, 1]],
            "anchor": [0, 1],
            "border": "reflect",
        },
        {"image": [[1, 2], [3, 4]], "operation": "erode", "size": 2},
    ],
    "gaussian": [
        {
            "image": {"data": [[[3, 250], [90, 8], [1, 2]], [[30, 50], [0, 80], [10, 20]]], "dtype": "uint8"},
            "sigma": [1.5, 0],
            "truncate": 3,
            "border": "constant",
            "fill": [7, 9],
            "output_dtype": "float32",
        },
        {"image": [[1, 2, 4], [-3, 5, 0]], "sigma": [5, 2], "method": "recursive", "border": "wrap"},
    ],
    "box": [
        {"image": {"data": [[1, 200], [3, 255]], "dtype": "uint8"}, "window": [2, 5], "normalized": False},
        {"image": [[[1, 2], [None, 4]]], "window": 2, "border": "constant", "fill": [1, 0.5]},
    ],
    "gradient": [
        {
            "image": {"data": [[[3, 250], [90, 8], [1, 2]]], "dtype": "uint8"},
            "operator": "scharr",
            "magnitude": True,
            "direction": True,
            "border": "replicate",
        },
        {"image": [[1, 2, 4], [-3, 5, 0]], "size": 5},
    ],
    "laplacian": [
        {"image": {"data": [[1, 200], [3, 255]], "dtype": "uint8"}, "neighbours": 8, "output_dtype": "same"},
        {"image": [[1, 2, 4], [-3, 5, 0]], "sigma": [1, 2], "truncate": 3, "border": "constant", "fill": 2},
    ],
    "unsharp": [
        {"image": {"data": [[1, 200], [3, 255]], "dtype": "uint8"}, "sigma": [1, 2], "amount": 2, "threshold": 9},
    ],
    "threshold": [
        {"image": {"data": [[[1, 200], [3, 255]]], "dtype": "uint16"}, "value": [2, 210.5], "kind": "truncate"},
        {"image": [[1, 2, 4], [-3, 5, 0]], "method": "gaussian", "window": 3, "offset": -0.5, "maximum": 7},
        {"image": [[1, 2, 4], [-3, 5, 0]], "method": "mean", "window": [1, 3], "kind": "binary_inverse"},
    ],
    "rank-filter": [
        {
            "image": {"data": [[[3, 250], [90, 8], [1, 2]], [[30, 50], [0, 80], [10, 20]]], "dtype": "uint8"},
            "mask": [[0, 1], [1, 1]],
            "percentile": 30,
            "border": "wrap",
        },
        {"image": [[1, None, 4], [-3, 5, 0]], "window": [1, 2], "rank": "max"},
        {"image": [[1, 2, 4], [-3, 5, 0]], "window": 3, "rank": -2, "border": "constant", "fill": 2},
    ],
    "bilateral": [
        {
            "image": {"data": [[[3, 250], [90, 8], [1, 2]], [[30, 50], [0, 80], [10, 20]]], "dtype": "uint8"},
            "guide": [[1, 2, 4], [-3, 5, 0]],
            "sigma_color": 2,
            "sigma_space": 1.5,
            "border": "constant",
            "fill": 2,
            "output_dtype": "float64",
        },
    ],
    "filter-chain": [
        {
            "image": {"data": [[[3, 250], [90, 8], [1, 2]], [[30, 50], [0, 80], [10, 20]]], "dtype": "uint8"},
            "steps": [
                {"filter": "convolve", "kernel": [[0, 1, 0], [1, 4, 1]], "output_dtype": "float32"},
                {"filter": "gaussian", "sigma": [1.5, 0], "border": "constant"},
                {"filter": "morphology", "operation": "close", "element": [[0, 1], [1, 1]]},
                {"filter": "pool", "window": 2, "stride": 1, "padding": "same", "method": "mean"},
                {"filter": "neighbourhood", "expression": "max(w) - min(w) > 3"},
            ],
            "merge": False,
        },
        {
            "image": [[1, 2, 4], [-3, 5, 0]],
            "steps": [
                {"filter": "box", "window": 3},
                {"filter": "unsharp", "sigma": 1},
                {"filter": "laplacian"},
                {"filter": "bilateral", "sigma_color": 2, "sigma_space": 1.5},
                {"filter": "gradient", "output": "direction"},
                {"filter": "threshold", "method": "otsu"},
            ],
        },
    ],
}
