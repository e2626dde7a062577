"""Cameras, their poses, and relations between them."""

from typing import Annotated

from service.arrays.fields import FLOATS, ArrayField
from service.arrays.pending import Array

Camera = Annotated[
    Array,
    ArrayField(
        "A camera: its intrinsics K, upper triangular, or its projection P = K [R | t].",
        ((3, 3), (3, 4)),
    ),
]
Vector3 = Annotated[Array, ArrayField("A vector in three dimensions.", ((3,),), unit="world units")]
Vectors3 = Annotated[Array, ArrayField("Vectors in three dimensions.", (("N", 3),), unit="world units")]
Transform = Annotated[
    Array, ArrayField("A rigid transform of space in homogeneous coordinates; last row 0 0 0 1.", ((4, 4),))
]
Poses = Annotated[
    Array,
    ArrayField("Rigid camera-from-world transforms of the views, X_c = R X_w + t; last rows 0 0 0 1.", (("N", 4, 4),)),
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
