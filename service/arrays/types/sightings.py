"""Where cameras see points, and what follows from it: lines, distances, points in space, rectified pairs."""

from typing import Annotated

from service.arrays.fields import ArrayField
from service.arrays.pending import Array

FundamentalEach = Annotated[
    Array,
    ArrayField(
        "F with right^T F left = 0, up to scale: one for all points, or one each.",
        ((3, 3), ("M", 3, 3)),
    ),
]
Sightings = Annotated[
    Array,
    ArrayField(
        "Where each camera sees each point, (x, y). In lists null means that it does not.",
        (("N", "M", 2),),
        ("float64", "float32"),
        unit="pixels",
        finite=False,
    ),
]
AnyProjections = Annotated[
    Array, ArrayField("Projection matrices P, up to scale and sign; one, or one a camera.", (("N", 3, 4), (3, 4)))
]
LensCoefficients = Annotated[Array, ArrayField("Distortion coefficients of a lens.", (("N",),))]
ResultLines = Annotated[
    Array,
    ArrayField("a, b, c of a x + b y + c = 0 with a² + b² = 1; NaN for none.", (("M", 3),), ("float64",), finite=False),
]
ResultSegments = Annotated[
    Array,
    ArrayField("Two ends (x, y) of each line; NaN for none.", (("M", 2, 2),), ("float64",), "pixels", finite=False),
]
ResultDistances = Annotated[
    Array, ArrayField("A distance of each pair; NaN for none.", (("M",),), ("float64",), "pixels", finite=False)
]
ResultPoints3 = Annotated[
    Array,
    ArrayField("Points in space; NaN for none.", (("M", 3),), ("float64",), "world units", finite=False),
]
ResultCovariances = Annotated[
    Array,
    ArrayField(
        "Covariance of each point; NaN for none.", (("M", 3, 3),), ("float64",), "squared world units", finite=False
    ),
]
ResultAngles = Annotated[
    Array, ArrayField("An angle for each point; NaN for none.", (("M",),), ("float64",), "radians", finite=False)
]
ResultCounts = Annotated[Array, ArrayField("A count for each point.", (("M",),), ("int32",))]
ResultIntrinsics = Annotated[
    Array,
    ArrayField(
        "Camera matrix K, upper triangular, K33 = 1; NaN for none.",
        (("N", 3, 3),),
        ("float64",),
        "pixels",
        finite=False,
    ),
]
ResultRotations = Annotated[
    Array, ArrayField("Rotation matrices, determinant +1; NaN for none.", (("N", 3, 3),), ("float64",), finite=False)
]
ResultQuaternions = Annotated[
    Array, ArrayField("Rotations as quaternions w, x, y, z; NaN for none.", (("N", 4),), ("float64",), finite=False)
]
ResultVectors3 = Annotated[
    Array,
    ArrayField("Vectors in three dimensions; NaN for none.", (("N", 3),), ("float64",), "world units", finite=False),
]
ResultScales = Annotated[
    Array, ArrayField("A factor of each camera; NaN for none.", (("N",),), ("float64",), finite=False)
]
ResultProjection = Annotated[Array, ArrayField("A projection matrix.", ((3, 4),), ("float64",))]
ResultMatrix4 = Annotated[Array, ArrayField("A 4×4 matrix of homogeneous points.", ((4, 4),), ("float64",))]
ResultPointMap = Annotated[
    Array,
    ArrayField(
        "The source point (x, y) that each pixel shows; NaN for none.",
        (("h", "w", 2),),
        ("float64",),
        "pixels",
        finite=False,
    ),
]
