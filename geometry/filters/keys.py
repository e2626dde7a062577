"""Pixels as whole numbers in the order of their values, so that one kernel per word size finds maxima and minima.

A key is an integer of the pixel's size; the greatest key belongs to the pixel that wins. Complementing all bits turns
the order around, which makes minima maxima. A float's bits, read as sign and magnitude, are in order; -0 equals 0, and
NaN has the greatest key in either order, so it wins wherever it is.
"""
# mypy: allow-untyped-defs, allow-untyped-calls

from typing import Any, NamedTuple

import numpy as np

from geometry.inputs import Array
from geometry.kernel import inline, routine

MASK, MAGNITUDE, LARGEST, NAN, LEAST, FILL = range(6)
"""Places in the marks of a kernel: what turns the order around; of floats, the bits without the sign, those of
infinity, and the key of NaN; the least key; and from the last on, the key outside of each channel.
"""

WORDS = {
    "uint8": "uint8",
    "uint16": "uint16",
    "int16": "uint16",
    "int32": "int32",
    "float32": "int32",
    "float64": "int64",
}


class Keys(NamedTuple):
    """How pixels of one dtype become keys."""

    dtype: np.dtype[Any]
    lowest: bool
    """Whether the lowest pixel has the greatest key."""

    @property
    def word(self) -> np.dtype[Any]:
        """The dtype of keys."""
        return np.dtype(WORDS[self.dtype.name])

    @property
    def real(self) -> bool:
        """Whether pixels are floats."""
        return self.dtype.kind == "f"

    def words(self, pixels: Array) -> Array:
        """The memory of pixels as integers, in one axis."""
        return pixels.reshape(-1).view(self.word)

    def marks(self, fill: Array | None, channels: int) -> Array:
        """What kernels know about keys; `fill`, one value a channel, lies outside, or what never wins."""
        outside = np.full(channels, self.loser) if fill is None else fill.astype(self.dtype)
        return np.concatenate([np.array(self._numbers, self.word), self.encoded(outside)])

    @property
    def loser(self) -> Any:
        """The pixel that wins against none: the lowest of the dtype, or the highest where the lowest wins."""
        if self.real:
            return self.dtype.type(np.inf if self.lowest else -np.inf)
        info = np.iinfo(self.dtype)
        return self.dtype.type(info.max if self.lowest else info.min)

    @property
    def _mask(self) -> int:
        """What whole pixels are combined with by exclusive or."""
        if self.word.kind == "i":
            return -1 if self.lowest else 0
        return (int(np.iinfo(self.word).max) if self.lowest else 0) ^ (0x8000 if self.dtype == np.int16 else 0)

    @property
    def _numbers(self) -> tuple[int, ...]:
        info = np.iinfo(self.word)
        infinite = int(self.dtype.type(np.inf).view(self.word)) if self.real else 0
        floats = (int(info.max), infinite, int(info.max) - 1) if self.real else (0, 0, 0)
        return self._mask, *floats, int(info.min)

    def encoded(self, pixels: Array) -> Array:
        """Keys of pixels, in one axis."""
        words = self.words(np.ascontiguousarray(pixels))
        mask, magnitude, largest, nan, _ = np.array(self._numbers, self.word)
        ordered = np.where(words < 0, (words ^ magnitude) + (magnitude & 1), words) ^ mask
        found: Array = np.where((words & magnitude) > largest, nan, ordered)
        return found


@inline
def key(word, marks):
    """The key of a pixel's bits: of negative floats, the magnitude is taken away from nothing."""
    magnitude, nan = marks[MAGNITUDE], marks[NAN]
    ordered = ((word ^ magnitude) + (magnitude & 1) if word < 0 else word) ^ marks[MASK]
    return nan if (word & magnitude) > marks[LARGEST] else ordered


@inline
def pixel(number, marks):
    """The bits of the pixel that has a key."""
    word, magnitude = number ^ marks[MASK], marks[MAGNITUDE]
    return (word - (magnitude & 1)) ^ magnitude if word < 0 else word


@routine
def load_keys(line, at, words, origin, row, sources, first, count, before, width, marks):
    """`line[at + q·C + c]` = the key of pixel (row, sources[first + q], c) of the frame at `origin`, for q < count.

    Columns `before … before + width` of the padded row are the frame's own, in order. Row or source -1: the fill.
    """
    channels = len(marks) - FILL
    begin = end = 0
    if row >= 0:
        begin = min(max(before - first, 0), count)
        end = min(max(before + width - first, begin), count)
    target = np.uint64(at + begin * channels)
    inside = np.uint64(max(origin + (row * width + first + begin - before) * channels, 0))
    for x in range(np.uint64((end - begin) * channels)):
        line[target + x] = key(words[inside + x], marks)
    for outside in range(count - (end - begin)):
        q = outside if outside < begin else outside + end - begin
        column = sources[first + q]
        for c in range(channels):
            if row >= 0 and column >= 0:
                line[at + q * channels + c] = key(words[origin + (row * width + column) * channels + c], marks)
            else:
                line[at + q * channels + c] = marks[FILL + c]


@routine
def store_pixels(out, begin, line, at, stride, columns, marks):
    """`out[begin + o·C + c]` = the pixel whose key is `line[at + o·stride·C + c]`, for o < columns."""
    channels = len(marks) - FILL
    target, source = np.uint64(begin), np.uint64(at)
    if stride == 1:
        for x in range(np.uint64(columns * channels)):
            out[target + x] = pixel(line[source + x], marks)
    else:
        step, count = np.uint64(stride * channels), np.uint64(channels)
        for o in range(np.uint64(columns)):
            for c in range(count):
                out[target + o * count + c] = pixel(line[source + o * step + c], marks)
