"""Points of the plane and what maps them."""

from typing import Annotated

from service.arrays.fields import ArrayField
from service.arrays.pending import Array

Points2 = Annotated[Array, ArrayField("Points (x, y).", (("N", 2),), unit="pixels")]
PixelPoints = Annotated[Array, ArrayField("Points (x, y), pixel centres at integers.", (("M", 2),), unit="pixels")]
Centers = Annotated[Array, ArrayField("Points (x, y); their unit and origin are options.", (("M", 2),))]
Weights = Annotated[Array, ArrayField("A weight ≥ 0 of each point.", (("N",),))]
Corners = Annotated[
    Array,
    ArrayField(
        "Corners (x, y) of a quadrangle: top left, top right, bottom right, bottom left.", ((4, 2),), unit="pixels"
    ),
]
PlaneAxes = Annotated[Array, ArrayField("Two vectors in three dimensions.", ((2, 3),), unit="world units")]
NumberEach = Annotated[Array, ArrayField("One number for all, or one each.", (("M",),))]
ScaleEach = Annotated[Array, ArrayField("Factors: one for both axes, or (x, y), of each.", (("M",), ("M", 2)))]
VectorEach = Annotated[Array, ArrayField("A vector (x, y) for all, or one each.", ((2,), ("M", 2)))]
Matrix3 = Annotated[Array, ArrayField("A 3×3 matrix.", ((3, 3),))]
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
Distortion = Annotated[Array, ArrayField("Distortion coefficients of a lens.", (("N",),))]
DistortionEach = Annotated[
    Array, ArrayField("Distortion coefficients of lenses: one for all views, or one each.", (("K",), ("N", "K")))
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
