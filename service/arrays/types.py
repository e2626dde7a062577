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
Frames = Annotated[
    Array,
    ArrayField(
        "Frames of one size in order of time; grey, or with any number of channels last. Lists become float64; write "
        "{data, dtype} for another dtype.",
        (("N", "H", "W"), ("N", "H", "W", "C")),
        _PIXEL_LIST,
        finite=False,
    ),
]
TimeMap = Annotated[
    Array,
    ArrayField("A time for each pixel; null or NaN for none.", (("H", "W"),), finite=False),
]
Timestamps = Annotated[Array, ArrayField("When each frame was taken, strictly increasing.", (("N",),))]
VectorImages = Annotated[
    Array,
    ArrayField(
        "Pixels of two channels or more, two of which hold a vector; one image, or a stack. Lists become float64; "
        "write {data, dtype} for another dtype.",
        (("H", "W", "C"), ("M", "H", "W", "C")),
        _PIXEL_LIST,
        images=True,
        finite=False,
    ),
]
Angles = Annotated[
    Array, ArrayField("Angles: one for each image, or one for each pixel.", (("M",), ("H", "W")), unit="radians")
]
Points2 = Annotated[Array, ArrayField("Points (x, y).", (("N", 2),), unit="pixels")]
Weights = Annotated[Array, ArrayField("A weight ≥ 0 of each point.", (("N",),))]
Corners = Annotated[
    Array,
    ArrayField(
        "Corners (x, y) of a quadrangle: top left, top right, bottom right, bottom left.", ((4, 2),), unit="pixels"
    ),
]
Camera = Annotated[
    Array,
    ArrayField(
        "A camera: its intrinsics K, upper triangular, or its projection P = K [R | t].",
        ((3, 3), (3, 4)),
    ),
]
Vector3 = Annotated[Array, ArrayField("A vector in three dimensions.", ((3,),), unit="world units")]
PlaneAxes = Annotated[Array, ArrayField("Two vectors in three dimensions.", ((2, 3),), unit="world units")]
NumberEach = Annotated[Array, ArrayField("One number for all, or one each.", (("M",),))]
ScaleEach = Annotated[Array, ArrayField("Factors: one for both axes, or (x, y), of each.", (("M",), ("M", 2)))]
VectorEach = Annotated[Array, ArrayField("A vector (x, y) for all, or one each.", ((2,), ("M", 2)))]
Matrix3 = Annotated[Array, ArrayField("A 3×3 matrix.", ((3, 3),))]
Distortion = Annotated[Array, ArrayField("Distortion coefficients of a lens.", (("N",),))]
Matrix23 = Annotated[Array, ArrayField("An affine map [A | t] of the plane.", ((2, 3),))]
PointMap = Annotated[
    Array,
    ArrayField(
        "A point (x, y) for each pixel. In lists null means no point, which shows the fill.",
        (("h", "w", 2),),
        ("float64", "float32"),
        unit="pixels",
        finite=False,
    ),
]
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
Centers = Annotated[Array, ArrayField("Points (x, y); their unit and origin are options.", (("M", 2),))]
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
ResultVectorImages = Annotated[
    Array,
    ArrayField(
        "Pixels with the input's dtype and channels; a stack where there are several images or angles.",
        (("h", "w", "C"), ("M", "h", "w", "C")),
        PIXELS,
        finite=False,
    ),
]
ResultPatches = Annotated[
    Array,
    ArrayField(
        "One patch a point, with the image's dtype and channels.",
        (("M", "height", "width"), ("M", "height", "width", "C")),
        PIXELS,
        finite=False,
    ),
]
ResultPatchMasks = Annotated[
    Array, ArrayField("True or false for each pixel of each patch.", (("M", "height", "width"),), ("bool",))
]
ResultMatrix3 = Annotated[Array, ArrayField("A 3×3 matrix.", ((3, 3),), ("float64",))]
ResultPixelPoints = Annotated[
    Array, ArrayField("Points (x, y); NaN for none.", (("M", 2),), ("float64",), "pixels", finite=False)
]
ResultHomography = Annotated[Array, ArrayField("A homography of points (x, y, 1).", ((3, 3),), ("float64",))]
ResultHomographies = Annotated[Array, ArrayField("Homographies of points (x, y, 1).", (("M", 3, 3),), ("float64",))]
ResultInliers = Annotated[Array, ArrayField("True or false for each correspondence.", (("N",),), ("bool",))]
ResultErrors = Annotated[
    Array, ArrayField("The error of each correspondence.", (("N",),), ("float64",), "pixels", finite=False)
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
