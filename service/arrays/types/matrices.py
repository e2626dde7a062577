"""Matrices as such."""

from typing import Annotated

from service.arrays.fields import ArrayField
from service.arrays.pending import Array

Matrices = Annotated[Array, ArrayField("Matrices in the last two axes.", (("...", "m", "n"),))]
ResultRank = Annotated[Array, ArrayField("Rank of each matrix.", (("...",),), ("int64",))]
ResultSingular = Annotated[
    Array, ArrayField("Singular values of each matrix, largest first.", (("...", "r"),), ("float64",))
]
