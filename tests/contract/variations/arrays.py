"""More calls of the arrays operations, besides their examples."""

from typing import Any

VARIATIONS: dict[str, list[dict[str, Any]]] = {
    "contract": [
        {"expression": "ij,ij->", "a": [[1, 2], [3, 4]], "b": {"data": [[1, 0], [0, 1]], "dtype": "uint8"}},
        {"expression": "ii", "a": {"data": [[1, 2], [3, 4]], "dtype": "float32"}},
        {
            "expression": "im, jm, km, m -> kji",
            "a": [[1, 2]],
            "b": {"data": [[1, 0], [0, 1]], "dtype": "float32"},
            "c": [[0.5, 1], [1, 1], [2, 0]],
            "d": {"data": [1, 0], "dtype": "uint8"},
            "output_dtype": "float32",
            "memory_limit": 1000,
        },
        {"expression": "ab,bc,cd,de,ef,fa", **{name: [[1, 2], [3, 4]] for name in "abcdef"}},
    ],
    "correlation-tree": [
        {
            "observations": [[1, 2, 3.5, None], [3, 1, 2, 2], [0, 0, 0, 1]],
            "variables": "rows",
            "distance": "one_minus_absolute",
            "tree": "maximum",
            "missing": "pairwise",
        },
        {"observations": [[1, 2, 5], [3, 2, 1], [4, 2, 4]]},
        {"observations": [[1, 2], [None, 3], [4, 5], [1, 1]], "missing": "complete", "distance": "one_minus"},
    ],
    "pairwise-distance": [
        {"x": {"data": [[1, 2], [3, 4]], "dtype": "float32"}, "metric": "squared"},
        {"x": [[1, 2], [3, 4]], "y": {"data": [[5, 6]], "dtype": "int16"}, "metric": "cosine"},
    ],
    "nearest": [
        {
            "queries": [[1, 2], [3, 4], [1, 1]],
            "points": {"data": [[5, 6], [1, 2], [0, 9]], "dtype": "float32"},
            "k": 2,
            "metric": "cosine",
            "ratio": 0.8,
            "mutual": True,
        },
    ],
    "arg-reduce": [
        {"data": [[3, None, 3], [None, None, None]], "operation": "min", "nan": "ignore"},
        {"data": {"data": [[[1, 2], [2, 1]]], "dtype": "uint8"}, "axis": -2},
    ],
    "window-mean": [
        {
            "values": {"data": [[[1, 2], [3, 4]], [[5, 6], [7, 8]], [[9, 10], [11, 12]]], "dtype": "float32"},
            "centers": [2, 5],
            "radius": 1,
        },
        {"values": {"data": [[1, 2], [3, 4]], "dtype": "int16"}, "centers": [0, 1], "radius": 0},
    ],
    "matrix-rank": [
        {"matrices": [[1, 2], [2, 4]]},
        {"matrices": {"data": [[[[1, 2, 3], [2, 4, 6]]]], "dtype": "float32"}, "tolerance": 1e-3},
    ],
}
