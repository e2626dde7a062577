"""The commonest windows, 2 × 2 side by side, of one channel: four vectors of pixels become one."""
# mypy: allow-untyped-defs, allow-untyped-calls

from collections.abc import Callable

import numpy as np

from geometry.bands import run_bands
from geometry.filters.keys import LARGEST, MAGNITUDE, MASK, NAN, Keys, key, pixel
from geometry.filters.window import Axis
from geometry.inputs import Array
from geometry.kernel import kernel
from geometry.lanes import LANES, Operand, cast, lanes, load, pick, ramp, select, store
from geometry.memory import fresh_arrays

_EVEN, _ODD = list(range(0, 2 * LANES, 2)), list(range(1, 2 * LANES, 2))
_BAND_PIXELS = 65536


def _quartering(with_places: bool) -> Callable[..., None]:
    def quarter(
        words: Operand, upper: Operand, lower: Operand, down: Operand, mask: Operand, magnitude: Operand, sign: Operand,
        largest: Operand, nan: Operand, place: Operand, out: Operand, places: Operand, at: Operand,
    ) -> None:  # fmt: skip
        rows = [cast(load(words, row, 2 * LANES), np.int32) for row in (upper, lower)]
        even, best, offset = ramp(down & 0) << 1, None, None
        for number, (row, lanes_) in enumerate(((0, _EVEN), (0, _ODD), (1, _EVEN), (1, _ODD))):
            word = pick(rows[row], lanes_)
            ordered = select(word < 0, (word ^ magnitude) + sign, word) ^ mask
            found = select((word & magnitude) > largest, nan, ordered)
            if best is None:
                best, offset = found, even
                continue
            beyond = even + (down + (number & 1) if row else number)
            nearer = found > best
            best, offset = select(nearer, found, best), select(nearer, beyond, offset)
        word = best ^ mask
        store(out, at, cast(select(word < 0, (word - sign) ^ magnitude, word), out.dtype))
        if with_places:
            store(places, at, cast(offset, np.int64) + place)

    return lanes(quarter)


_quarter_places, _quarter_pixels = _quartering(True), _quartering(False)
"""The first greatest key of windows side by side, as pixels, and as places if they are wanted; see `key`, `pixel`."""


@kernel(
    "void({T}[::1], {T}[::1], i8[::1], i4[::1], {T}[::1], UniTuple(i8, 4), i8, i8)",
    types=("u1", "u2", "i4"),
)
def _quarters(words, out, places, numbers, marks, layout, start, stop):
    height, width, down, across = layout
    mask, magnitude, largest, nan = numbers[MASK], numbers[MAGNITUDE], numbers[LARGEST], numbers[NAN]
    sign, vectors = np.int32(magnitude & np.int32(1)), across // LANES * LANES
    for row in range(start, stop):
        frame, y = row // down, 2 * (row % down)
        upper, place, begin = (frame * height + y) * width, y * width, row * across
        for x in range(0, vectors, LANES):
            if len(places) > 0:
                _quarter_places(
                    words, upper + 2 * x, upper + width + 2 * x, np.int32(width), mask, magnitude, sign, largest, nan,
                    place + 2 * x, out, places, begin + x,
                )  # fmt: skip
            else:
                _quarter_pixels(
                    words, upper + 2 * x, upper + width + 2 * x, np.int32(width), mask, magnitude, sign, largest, nan,
                    place + 2 * x, out, places, begin + x,
                )  # fmt: skip
        for x in range(vectors, across):
            best, which = key(words[upper + 2 * x], marks), 0
            for offset in (1, width, width + 1):
                other = key(words[upper + 2 * x + offset], marks)
                if other > best:
                    best, which = other, offset
            out[begin + x] = pixel(best, marks)
            if len(places) > 0:
                places[begin + x] = place + 2 * x + which


def in_quarters(frames: Array, rows: Axis, columns: Axis) -> bool:
    """Whether `quarter_extremes` knows these windows: 2 × 2 side by side, all inside frames (N, H, W, 1)."""
    return (
        frames.shape[3] == 1
        and frames.dtype != np.float64
        and all(
            axis.taps == axis.stride == 2 and axis.dilation == 1 and axis.before == 0 and 2 * axis.places <= axis.length
            for axis in (rows, columns)
        )
    )


def quarter_extremes(frames: Array, rows: Axis, columns: Axis, *, lowest: bool, places: Array | None = None) -> Array:
    """The greatest or lowest pixel of each window (N, h, w, 1), and where it is, if there is a place for that.

    Parameters
    ----------
    frames, rows, columns
        As `in_quarters` takes them.
    lowest
        Minima instead of maxima.
    places
        (N, h, w, 1), int64: overwritten with y · W + x of the first of equal ones.
    """
    count, height, width, _ = frames.shape
    keys, shape = Keys(frames.dtype, lowest), (count, rows.places, columns.places, 1)
    (pixels,) = fresh_arrays((shape, frames.dtype))
    words, out, marks = keys.words(frames), keys.words(pixels), keys.marks(None, 1)
    target, numbers = np.empty(0, np.int64) if places is None else places.reshape(-1), marks.astype(np.int32)
    layout = height, width, rows.places, columns.places
    run_bands(
        lambda start, stop: _quarters(words, out, target, numbers, marks, layout, start, stop),
        count * rows.places,
        grain=max(1, _BAND_PIXELS // width),
    )
    return pixels
