"""Filter kernels and what filters return."""

from typing import Annotated

from service.arrays.fields import PIXELS, ArrayField
from service.arrays.pending import Array
from service.arrays.stacks import StackField

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
    Array,
    ArrayField("The filtered pixels.", (("h", "w"), ("h", "w", "C"), ("N", "h", "w", "C")), PIXELS, finite=False),
]
Element = Annotated[
    Array,
    ArrayField("A number for each place of a window, such as a structuring element or weights.", (("kh", "kw"),)),
]
Spectrum = Annotated[
    Array,
    ArrayField(
        "Numbers, or the real or the imaginary part of complex ones; one to four axes. Lists become float64; write "
        "{data, dtype} for another dtype.",
        (("...",),),
        ("float64", "float32", "uint8", "uint16", "int16", "int32"),
        images=True,
    ),
]
Response = Annotated[
    Array,
    ArrayField(
        "What is done to each frequency, or the real or the imaginary part of it.",
        (("H", "K"),),
        ("float64", "float32"),
    ),
]
ResultSpectrum = Annotated[
    Array,
    ArrayField(
        "The real or the imaginary part of each number; not finite where it overflows.",
        (("...",),),
        ("float64", "float32"),
        finite=False,
    ),
]
_POOLED = ("float64", *(dtype for dtype in PIXELS if dtype != "float64"))
PoolImages = Annotated[
    Array,
    ArrayField(
        "Pixels: one image, grey or with channels last, or a stack of images with channels. Lists become float64; "
        "write {data, dtype} for another dtype.",
        (("H", "W"), ("H", "W", "C"), ("N", "H", "W", "C")),
        _POOLED,
        images=True,
        finite=False,
    ),
]
PooledImages = Annotated[
    Array,
    ArrayField(
        "A number for each window. Lists become float64; write {data, dtype} for another dtype.",
        (("h", "w"), ("h", "w", "C"), ("N", "h", "w", "C")),
        _POOLED,
        images=True,
        finite=False,
    ),
]
PoolIndices = Annotated[
    Array,
    ArrayField(
        "Where the number of each window was; -1 for nowhere.",
        (("h", "w"), ("h", "w", "C"), ("N", "h", "w", "C")),
        ("int64", "int32", "uint32", "int16", "uint16", "uint8"),
    ),
]
ResultPooled = Annotated[
    Array,
    ArrayField("A number for each window.", (("h", "w"), ("h", "w", "C"), ("N", "h", "w", "C")), PIXELS, finite=False),
]
ResultPoolIndices = Annotated[
    Array,
    ArrayField(
        "Where each maximum or minimum is; -1 for nowhere.",
        (("h", "w"), ("h", "w", "C"), ("N", "h", "w", "C")),
        ("int64",),
    ),
]
ResultUnpooled = Annotated[
    Array,
    ArrayField(
        "Pixels, 0 where no number went.", (("H", "W"), ("H", "W", "C"), ("N", "H", "W", "C")), PIXELS, finite=False
    ),
]
ResultSwitches = Annotated[
    Array,
    ArrayField("How many windows chose each pixel.", (("H", "W"), ("H", "W", "C"), ("N", "H", "W", "C")), ("int32",)),
]
ResultMorphology = Annotated[
    Array,
    ArrayField("Pixels of the image's shape and dtype.", (("H", "W"), ("H", "W", "C")), PIXELS, finite=False),
]
FilterImages = PoolImages
FilteredImages = Annotated[
    Array,
    ArrayField(
        "What a convolution gives: one image, grey or with channels last, or a stack of images with channels. Lists "
        "become float64; write {data, dtype} for another dtype.",
        (("h", "w"), ("h", "w", "C"), ("N", "h", "w", "C")),
        _POOLED,
        images=True,
        finite=False,
    ),
]
ResultTransposed = Annotated[
    Array,
    ArrayField("The pixels.", (("H", "W"), ("H", "W", "C"), ("N", "H", "W", "C")), PIXELS, finite=False),
]
LayoutImages = Annotated[
    Array,
    ArrayField(
        "Pixels: (H, W), or with channels where the layout has them. Lists become float64; write {data, dtype} for "
        "another dtype.",
        (("H", "W"), ("A", "B", "C"), ("N", "A", "B", "C")),
        _POOLED,
        images=True,
        finite=False,
    ),
]
WindowColumns = Annotated[
    Array, ArrayField("A row for each window.", (("rows", "taps"),), ("float64", "float32"), finite=False)
]
ResultWindowColumns = Annotated[Array, ArrayField("A row for each window.", (("rows", "taps"),), PIXELS, finite=False)]
ResultLayoutImages = Annotated[
    Array, ArrayField("Sums for each pixel, in the layout.", (("...",),), ("float64", "float32"), finite=False)
]
ResultOperatorData = Annotated[Array, ArrayField("Entries of the matrix, row by row.", (("entries",),), ("float64",))]
ResultOperatorIndices = Annotated[
    Array, ArrayField("Column of each entry, ascending within a row.", (("entries",),), ("int32", "int64"))
]
ResultOperatorRows = Annotated[
    Array, ArrayField("Where each row begins; one more at the end.", (("rows",),), ("int32", "int64"))
]
ResultOperatorTensor = Annotated[
    Array,
    ArrayField(
        "Entry for each number of the result and of the image.", (("h", "w", "c", "H", "W", "C"),), ("float64",)
    ),
]
ResultKernel = Annotated[Array, ArrayField("Weights.", (("kh", "kw"), ("kh", "kw", "Cin", "Cout")), ("float64",))]
KernelStack = Annotated[
    Array,
    StackField(
        "Filter weights of several kernels. Lists may differ in size; in arrays, NaN fills up smaller kernels at the "
        "end of each axis.",
        (("n", "kh", "kw"), ("n", "kh", "kw", "Cin", "Cout")),
        ("float64", "float32"),
    ),
]
WindowMask = Annotated[Array, ArrayField("0 for pixels that do not belong to a window.", (("h", "w"),))]
ResultDerivative = Annotated[
    Array,
    ArrayField("A derivative for each pixel.", (("h", "w"), ("h", "w", "C")), ("float32", "float64"), finite=False),
]
ResultThresholds = Annotated[
    Array, ArrayField("Threshold of each channel, in the image's units.", (("C",),), ("float64",), finite=False)
]
