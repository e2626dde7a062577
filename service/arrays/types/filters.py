"""Filter kernels and what filters return."""

from typing import Annotated

from service.arrays.fields import PIXELS, ArrayField
from service.arrays.pending import Array

FilterKernel = Annotated[
    Array,
    ArrayField(
        "Filter weights: one kernel for every channel, or (rows, columns, input channels of a group, output channels).",
        (("kh", "kw"), ("kh", "kw", "Cin", "Cout")),
    ),
]
WindowKernel = Annotated[Array, ArrayField("Filter weights: one kernel for every channel.", (("kh", "kw"),))]
ResultValues = Annotated[
    Array,
    ArrayField("Value at each point, of every channel.", (("M",), ("M", "C")), ("float64",), finite=False),
]
ResultFiltered = Annotated[
    Array, ArrayField("The filtered pixels.", (("h", "w"), ("h", "w", "C")), PIXELS, finite=False)
]
