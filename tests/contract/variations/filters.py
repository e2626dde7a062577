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
}
