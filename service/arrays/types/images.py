"""Pixels: images, frames, patches and masks."""

from typing import Annotated

from service.arrays.fields import PIXELS, ArrayField
from service.arrays.pending import Array

_PIXEL_LIST = ("float64", *(dtype for dtype in PIXELS if dtype != "float64"))
Image = Annotated[
    Array,
    ArrayField(
        "Pixels, row by row; grey, or with any number of channels last. Lists become float64; write {data, "
        "dtype} for another dtype.",
        (("H", "W"), ("H", "W", "C")),
        _PIXEL_LIST,
        images=True,
        finite=False,
    ),
]
Frames = Annotated[
    Array,
    ArrayField(
        "Frames of one size in order of time; grey, or with any number of channels last. Lists become float64; write "
        "{data, dtype} for another dtype.",
        (("N", "H", "W"), ("N", "H", "W", "C")),
        _PIXEL_LIST,
        finite=False,
    ),
]
TimeMap = Annotated[
    Array,
    ArrayField("A time for each pixel; null or NaN for none.", (("H", "W"),), finite=False),
]
Timestamps = Annotated[Array, ArrayField("When each frame was taken, strictly increasing.", (("N",),))]
VectorImages = Annotated[
    Array,
    ArrayField(
        "Pixels of two channels or more, two of which hold a vector; one image, or a stack. Lists become float64; "
        "write {data, dtype} for another dtype.",
        (("H", "W", "C"), ("M", "H", "W", "C")),
        _PIXEL_LIST,
        images=True,
        finite=False,
    ),
]
Angles = Annotated[
    Array, ArrayField("Angles: one for each image, or one for each pixel.", (("M",), ("H", "W")), unit="radians")
]
ResultImage = Annotated[
    Array,
    ArrayField(
        "Pixels with the input's dtype and number of axes.",
        (("h", "w"), ("h", "w", "C")),
        PIXELS,
        finite=False,
    ),
]
ResultVectorImages = Annotated[
    Array,
    ArrayField(
        "Pixels with the input's dtype and channels; a stack where there are several images or angles.",
        (("h", "w", "C"), ("M", "h", "w", "C")),
        PIXELS,
        finite=False,
    ),
]
ResultPatches = Annotated[
    Array,
    ArrayField(
        "One patch a point, with the image's dtype and channels.",
        (("M", "height", "width"), ("M", "height", "width", "C")),
        PIXELS,
        finite=False,
    ),
]
ResultPatchMasks = Annotated[
    Array, ArrayField("True or false for each pixel of each patch.", (("M", "height", "width"),), ("bool",))
]
ResultMask = Annotated[Array, ArrayField("True or false for each pixel.", (("h", "w"),), ("bool",))]
