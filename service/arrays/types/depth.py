"""Depth maps and points in space."""

from typing import Annotated

from service.arrays.fields import FLOATS, ArrayField
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
