"""Arrays with any number of axes, and tables of observations."""

from typing import Annotated

from service.arrays.fields import NUMBERS, ArrayField
from service.arrays.pending import Array

Tensor = Annotated[
    Array,
    ArrayField(
        "Numbers with any number of axes. Lists become float64; write {data, dtype} for another dtype.",
        (("...",),),
    ),
]
TensorWithGaps = Annotated[
    Array,
    ArrayField(
        "Numbers with any number of axes; null or NaN for a missing one. Lists become float64; write {data, dtype} for "
        "another dtype.",
        (("...",),),
        finite=False,
    ),
]
Indices = Annotated[
    Array,
    ArrayField(
        "Whole numbers, counted from 0, of any shape.",
        (("...",),),
        ("int64", "int32", "uint32", "uint64", "int16", "uint8"),
    ),
]
Vectors = Annotated[Array, ArrayField("Vectors of one length, one a row.", (("M", "D"),))]
Observations = Annotated[
    Array,
    ArrayField(
        "Values of several series; null or NaN for a missing one.",
        (("T", "N"),),
        finite=False,
    ),
]
ResultTensor = Annotated[Array, ArrayField("Numbers, an axis a letter.", (("...",),), ("float64", "float32", "int64"))]
ResultRelations = Annotated[
    Array, ArrayField("A number for each pair of series; NaN for none.", (("N", "N"),), ("float64",), finite=False)
]
ResultEdges = Annotated[Array, ArrayField("Pairs (i, j), i < j, counted from 0.", (("E", 2),), ("int64",))]
ResultEdgeWeights = Annotated[Array, ArrayField("A number for each edge.", (("E",),), ("float64",))]
ResultComponents = Annotated[Array, ArrayField("A number for each series.", (("N",),), ("int64",))]
ResultSeriesStatus = Annotated[
    Array, ArrayField("Status code of each series; status_names says what they mean.", (("N",),), ("uint8",))
]
ResultExtremes = Annotated[Array, ArrayField("Values with the input's dtype.", (("...",),), NUMBERS, finite=False)]
ResultMeans = Annotated[Array, ArrayField("Means; NaN for none.", (("...",),), ("float64",), finite=False)]
ResultIndices = Annotated[Array, ArrayField("Whole numbers.", (("...",),), ("int64",))]
ResultDistances = Annotated[Array, ArrayField("Distances, ≥ 0.", (("M", "N"), ("M", "k")), ("float64", "float32"))]
ResultNeighbours = Annotated[Array, ArrayField("Rows, counted from 0.", (("M", "k"),), ("int64",))]
ResultMatchStatus = Annotated[
    Array, ArrayField("Status code of each query; status_names says what they mean.", (("M",),), ("uint8",))
]
