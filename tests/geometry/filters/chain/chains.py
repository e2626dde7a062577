"""Steps of every kind, to be put together at random."""

import numpy as np

_RNG = np.random.default_rng(11)

STEPS = [
    {"filter": "convolve", "kernel": _RNG.normal(size=(3, 5)), "border": "replicate"},
    {"filter": "convolve", "kernel": _RNG.normal(size=(4, 3)), "dilation": 2, "border": "reflect"},
    {"filter": "convolve", "kernel": [[1, 2, 1], [2, 4, 2]], "padding": [[0, 1], [2, 0]], "fill": 7},
    {"filter": "convolve", "kernel": _RNG.normal(size=(9, 9)), "border": "reflect_101", "method": "fft"},
    {"filter": "gaussian", "sigma": 1.2},
    {"filter": "gaussian", "sigma": [0.7, 2], "output_dtype": "float32"},
    {"filter": "gaussian", "sigma": 2, "method": "recursive"},
    {"filter": "box", "window": [2, 3]},
    {"filter": "box", "window": 4, "border": "wrap"},
    {"filter": "bilateral", "sigma_color": 20, "sigma_space": 1},
    {"filter": "unsharp", "sigma": 1.5, "amount": 0.7, "threshold": 3},
    {"filter": "laplacian", "output_dtype": "same"},
    {"filter": "laplacian", "sigma": 1},
    {"filter": "gradient"},
    {"filter": "gradient", "output": "x", "size": 5},
    {"filter": "rank-filter", "window": [3, 4]},
    {"filter": "rank_filter", "mask": [[1, 0], [1, 1], [0, 1]], "rank": 1},
    {"filter": "morphology", "operation": "open", "shape": "ellipse", "size": 5, "border": "reflect_101"},
    {"filter": "morphology", "operation": "tophat", "anchor": [0, 1], "iterations": 2},
    {"filter": "morphology", "operation": "dilate", "heights": [[1, 2], [0, 3], [2, 1]], "border": "reflect"},
    {"filter": "threshold", "value": 90},
    {"filter": "threshold", "method": "otsu"},
    {"filter": "threshold", "method": "mean", "window": 5},
    {"filter": "threshold", "method": "gaussian", "window": [7, 3]},
    {"filter": "neighbourhood", "expression": "max(w) - mean(w)"},
    {"filter": "neighbourhood", "expression": "sum(w * element)", "element": _RNG.normal(size=(4, 3))},
    {"filter": "neighbourhood", "expression": "std(w) + median(w)", "window": 5, "border": "replicate"},
    {"filter": "pool", "window": 3, "stride": 1, "padding": "same"},
    {"filter": "pool", "window": [4, 3], "stride": 1, "padding": "same", "method": "mean"},
]

LINEAR = [
    {"filter": "convolve", "kernel": [[0.5, -1, 2], [1, 3, 0]]},
    {"filter": "convolve", "kernel": [[1, 2, 1], [2, 4, 2], [1, 2, 1]], "dilation": 2},
    {"filter": "gaussian", "sigma": 0.8},
    {"filter": "box", "window": [3, 5]},
    {"filter": "box", "window": 3, "normalized": False},
    {"filter": "unsharp", "sigma": 1.0, "amount": 0.5},
    {"filter": "laplacian"},
    {"filter": "laplacian", "sigma": 0.8},
    {"filter": "gradient", "output": "x"},
    {"filter": "gradient", "output": "y", "operator": "scharr", "normalization": "slope"},
]
