"""The array types that operations share.

A type says shape, dtype, unit and meaning once; fields refine the meaning in their description.
"""

from typing import Annotated, Any

import numpy as np

from service.arrays.fields import FLOATS, PIXELS, ArrayField

Array = np.ndarray[Any, Any]

DEPTHS = ("float64", "float32", "uint16", "int32")
_PIXEL_LIST = ("float64", *(dtype for dtype in PIXELS if dtype != "float64"))

Image = Annotated[
    Array,
    ArrayField(
        "Pixels, row by row; grey, or with any number of channels last. Lists become float64; write {data, "
        "dtype} for another dtype.",
        (("H", "W"), ("H", "W", "C")),
        _PIXEL_LIST,
        images=True,
        finite=False,
    ),
]
Matrix3 = Annotated[Array, ArrayField("A 3×3 matrix.", ((3, 3),))]
Transform = Annotated[
    Array, ArrayField("A rigid transform of space in homogeneous coordinates; last row 0 0 0 1.", ((4, 4),))
]
Projection = Annotated[
    Array, ArrayField("A camera's projection matrix P = K [R | t]: world point to pixel.", ((3, 4),))
]
Projections = Annotated[Array, ArrayField("Projection matrices P = K [R | t], one a camera.", (("N", 3, 4),))]
IndexPairs = Annotated[
    Array,
    ArrayField("Camera numbers (left, right), counted from 0.", (("M", 2),), ("int64", "int32", "uint32", "uint64")),
]
Intrinsics = Annotated[
    Array,
    ArrayField(
        "Camera matrix K, upper triangular, K33 = 1: one for all cameras, or one each.",
        ((3, 3), ("N", 3, 3)),
        unit="pixels",
    ),
]
Rotations = Annotated[Array, ArrayField("Rotation matrices R of camera-from-world poses.", (("N", 3, 3),))]
Quaternions = Annotated[
    Array, ArrayField("Rotations of camera-from-world poses as quaternions w, x, y, z.", (("N", 4),))
]
Vectors3 = Annotated[Array, ArrayField("Vectors in three dimensions.", (("N", 3),), unit="world units")]
Depth = Annotated[
    Array,
    ArrayField(
        "Depth of each pixel; no reading is 0, NaN or infinite. Lists become float64, null means no reading.",
        (("H", "W"),),
        DEPTHS,
        unit="depth units",
        images=True,
        finite=False,
    ),
]
PixelPoints = Annotated[Array, ArrayField("Points (x, y), pixel centres at integers.", (("M", 2),), unit="pixels")]
FilterKernel = Annotated[
    Array,
    ArrayField(
        "Filter weights: one kernel for every channel, or (rows, columns, input channels of a group, output channels).",
        (("kh", "kw"), ("kh", "kw", "Cin", "Cout")),
    ),
]
WindowKernel = Annotated[Array, ArrayField("Filter weights: one kernel for every channel.", (("kh", "kw"),))]
Matrices = Annotated[Array, ArrayField("Matrices in the last two axes.", (("...", "m", "n"),))]

ResultImage = Annotated[
    Array,
    ArrayField(
        "Pixels with the input's dtype and number of axes.",
        (("h", "w"), ("h", "w", "C")),
        PIXELS,
        finite=False,
    ),
]
ResultMask = Annotated[Array, ArrayField("True or false for each pixel.", (("h", "w"),), ("bool",))]
ResultFundamental = Annotated[Array, ArrayField("F with right^T F left = 0.", ((3, 3),), FLOATS)]
ResultFundamentals = Annotated[Array, ArrayField("F of each pair, right^T F left = 0.", (("M", 3, 3),), FLOATS)]
ResultRig = Annotated[
    Array,
    ArrayField(
        "F of each pair of cameras: [left, right] in full, or left < right in row order when condensed.",
        (("N", "N", 3, 3), ("M", 3, 3)),
        FLOATS,
    ),
]
ResultStatus = Annotated[
    Array,
    ArrayField("Status code of each item; status_names says what they mean.", (("M",), ("N", "N")), ("uint8",)),
]
ResultProjections = Annotated[Array, ArrayField("P = K [R | t] of each camera.", (("N", 3, 4),), FLOATS)]
ResultDepth = Annotated[
    Array,
    ArrayField(
        "Depth in the target view; no reading is NaN (float) or 0 (integer).",
        (("h", "w"),),
        DEPTHS,
        "depth units",
        finite=False,
    ),
]
ResultIndex = Annotated[
    Array,
    ArrayField(
        "Source pixel y·W + x that each target pixel came from; −1 for none.",
        (("h", "w"),),
        ("int32", "int64"),
    ),
]
ResultPixelStatus = Annotated[
    Array,
    ArrayField("Status code of each pixel; status_names says what they mean.", (("h", "w"),), ("uint8",)),
]
ResultPoints = Annotated[
    Array,
    ArrayField(
        "Point (X, Y, Z) of each pixel; NaN where there is no reading.",
        (("H", "W", 3),),
        FLOATS,
        "transform's unit",
        finite=False,
    ),
]
ResultValues = Annotated[
    Array,
    ArrayField("Value at each point, of every channel.", (("M",), ("M", "C")), ("float64",), finite=False),
]
ResultFiltered = Annotated[
    Array, ArrayField("The filtered pixels.", (("h", "w"), ("h", "w", "C")), PIXELS, finite=False)
]
ResultRank = Annotated[Array, ArrayField("Rank of each matrix.", (("...",),), ("int64",))]
ResultSingular = Annotated[
    Array, ArrayField("Singular values of each matrix, largest first.", (("...", "r"),), ("float64",))
]
