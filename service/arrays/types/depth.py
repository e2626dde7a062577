"""Depth maps and points in space."""

from typing import Annotated

from service.arrays.fields import FLOATS, PIXELS, ArrayField
from service.arrays.pending import Array

DEPTHS = ("float64", "float32", "uint16", "int32")
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
DepthMaps = Annotated[
    Array,
    ArrayField(
        "Depth maps of N views; no reading is 0, NaN or infinite. Lists become float64, null means no reading.",
        (("N", "H", "W"),),
        DEPTHS,
        unit="depth units",
        finite=False,
    ),
]
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
ResultSourceStatus = Annotated[
    Array,
    ArrayField("Status code of each source pixel; source_status_names says what they mean.", (("H", "W"),), ("uint8",)),
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
ResultColors = Annotated[
    Array,
    ArrayField("The pixel that each point shows, with the image's dtype.", (("H", "W", "C"),), PIXELS, finite=False),
]
ResultNormals = Annotated[
    Array,
    ArrayField(
        "Unit vector (X, Y, Z) of each pixel, towards the camera; NaN for none.",
        (("H", "W", 3),),
        ("float32",),
        finite=False,
    ),
]
Cloud = Annotated[
    Array,
    ArrayField(
        "Points (X, Y, Z), one by one or one a pixel; null or NaN in one leaves it out.",
        (("M", 3), ("H", "W", 3)),
        ("float64", "float32", "int32", "uint16", "int16", "uint8"),
        finite=False,
    ),
]
CloudValues = Annotated[
    Array,
    ArrayField(
        "A value of each point, or several; null or NaN leaves the point out. Lists become float64; write {data, "
        "dtype} for another dtype.",
        (("M",), ("M", "C"), ("H", "W"), ("H", "W", "C")),
        ("float64", *(dtype for dtype in PIXELS if dtype != "float64")),
        images=True,
        finite=False,
    ),
]
GridProjection = Annotated[Array, ArrayField("A projection matrix: point to column, row.", ((3, 4), (2, 4)))]
ResultGrid = Annotated[
    Array,
    ArrayField("What each cell shows; `fill` in empty ones.", (("h", "w"), ("h", "w", "C")), PIXELS, finite=False),
]
ResultCellIndex = Annotated[
    Array,
    ArrayField("A point's number, y·W + x where points come one a pixel; −1 for none.", (("h", "w"),), ("int32",)),
]
ResultCellCount = Annotated[Array, ArrayField("A number of points.", (("h", "w"),), ("int32",))]
ResultView = Annotated[Array, ArrayField("Number of a view, counted from 0; −1 for none.", (("h", "w"),), ("int32",))]
ResultViewCount = Annotated[Array, ArrayField("A number of views.", (("h", "w"),), ("int32",))]
ResultPairShares = Annotated[
    Array, ArrayField("Share for each pair, 0 … 1; NaN where there is nothing.", (("M",),), ("float64",), finite=False)
]
ResultPairErrors = Annotated[
    Array, ArrayField("An error for each pair; NaN where there is nothing.", (("M",),), ("float64",), finite=False)
]
ResultPairCounts = Annotated[Array, ArrayField("Pixels of the first view by reason.", (("M", 7),), ("int64",))]
ResultReasons = Annotated[
    Array, ArrayField("Reason code of each pixel of each pair's first view.", (("M", "H", "W"),), ("uint8",))
]
ResultReasonErrors = Annotated[
    Array,
    ArrayField(
        "Forward-backward error of each pixel; NaN where there is nothing.",
        (("M", "H", "W"),),
        ("float32",),
        "pixels",
        finite=False,
    ),
]
