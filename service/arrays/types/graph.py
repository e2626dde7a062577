"""Graphs whose nodes are cameras, and what they are made from."""

from typing import Annotated

from service.arrays.fields import ArrayField
from service.arrays.pending import Array

SizeEach = Annotated[
    Array, ArrayField("Image size (width, height): one for all cameras, or one each.", ((2,), ("N", 2)), unit="pixels")
]
DepthRange = Annotated[
    Array,
    ArrayField(
        "Near and far depth along the optical axis: one range for all cameras, or one each.",
        ((2,), ("N", 2)),
        unit="world units",
    ),
]
DrawWeights = Annotated[Array, ArrayField("A weight ≥ 0 of each index.", (("N",),))]
ResultPairs = Annotated[Array, ArrayField("Pairs of indices, counted from 0.", (("M", 2),), ("int64",))]
ResultPairNumbers = Annotated[Array, ArrayField("A number for each pair.", (("M",),), ("float64",))]
ResultPairAngles = Annotated[Array, ArrayField("An angle for each pair.", (("M",),), ("float64",), "radians")]
ResultPairDistances = Annotated[Array, ArrayField("A distance for each pair.", (("M",),), ("float64",), "world units")]
ResultPairStatus = Annotated[
    Array, ArrayField("Status code of each pair; status_names says what they mean.", (("M",),), ("uint8",))
]
ResultNeighbours = Annotated[Array, ArrayField("Camera numbers, best first; −1 for none.", (("N", "k"),), ("int64",))]
ResultNeighbourScores = Annotated[Array, ArrayField("Scores of these; 0 for none.", (("N", "k"),), ("float64",))]
ResultComponents = Annotated[Array, ArrayField("A component's number for each camera.", (("N",),), ("int64",))]
ResultCameraStatus = Annotated[
    Array, ArrayField("Status code of each camera; status_names says what they mean.", (("N",),), ("uint8",))
]
