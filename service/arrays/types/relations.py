"""What relates the views of two and three cameras."""

from typing import Annotated

from service.arrays.fields import FLOATS, ArrayField
from service.arrays.pending import Array

ImageSizes = Annotated[Array, ArrayField("Width and height of each image.", (("N", 2),), unit="pixels")]
IndexTriplets = Annotated[
    Array,
    ArrayField(
        "Camera numbers (first, second, third), counted from 0.",
        (("M", 3),),
        ("int64", "int32", "uint32", "uint64"),
    ),
]
Planes = Annotated[
    Array, ArrayField("Planes n·X = d as (n₁, n₂, n₃, d), any scale: one for all, or one each.", ((4,), ("M", 4)))
]
Lines2 = Annotated[Array, ArrayField("Lines a x + b y + c = 0 as (a, b, c), any scale.", (("M", 3),))]
MatchingPoints = Annotated[Array, ArrayField("Points (x, y), one a match.", (("M", 2),))]
Tensor3 = Annotated[Array, ArrayField("A trifocal tensor T[i, j, k].", ((3, 3, 3),))]
ResultConditions = Annotated[
    Array, ArrayField("A relative error in units of 2^-53.", (("M",),), ("float64",), finite=False)
]
ResultEpipole = Annotated[Array, ArrayField("Homogeneous points, unit length, w ≥ 0.", ((2, 3),), ("float64",))]
ResultEpipoles = Annotated[Array, ArrayField("Homogeneous points, unit length, w ≥ 0.", (("M", 2, 3),), ("float64",))]
ResultFlags = Annotated[Array, ArrayField("True or false for each pair.", (("M",), ("N", "N")), ("bool",))]
ResultBlock = Annotated[
    Array, ArrayField("F of each pair of a left (row) and a right (column) camera.", (("R", "C", 3, 3),), FLOATS)
]
ResultBlockStatus = Annotated[
    Array, ArrayField("Status code of each pair; status_names says what they mean.", (("R", "C"),), ("uint8",))
]
ResultTensors = Annotated[Array, ArrayField("T[i, j, k] of each triplet.", (("M", 3, 3, 3),), ("float64",))]
ResultPoints2 = Annotated[
    Array, ArrayField("Points (x, y); NaN for none.", (("M", 2),), ("float64",), "pixels", finite=False)
]
ResultLines2 = Annotated[
    Array,
    ArrayField("Lines a x + b y + c = 0, a² + b² = 1; NaN for none.", (("M", 3),), ("float64",), finite=False),
]
ResultDistances = Annotated[
    Array, ArrayField("A distance of each point; NaN for none.", (("M",),), ("float64",), "pixels", finite=False)
]
ResultMatrix = Annotated[Array, ArrayField("A 3×3 matrix.", ((3, 3),), ("float64",))]
ResultVector3 = Annotated[Array, ArrayField("A vector in three dimensions.", ((3,),), ("float64",))]
ResultRotations = Annotated[Array, ArrayField("Rotation matrices.", (("M", 3, 3),), ("float64",))]
ResultVectors3 = Annotated[Array, ArrayField("Vectors in three dimensions.", (("M", 3),), ("float64",))]
ResultCounts = Annotated[Array, ArrayField("Whole numbers.", (("M",),), ("int64",))]
ResultViewHomographies = Annotated[
    Array, ArrayField("Homographies of points (x, y, 1), left to right.", (("M", 3, 3),), ("float64",))
]
