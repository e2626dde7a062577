"""The pixel of a given rank in every window: bit by bit for any window, by a sorting network for small medians."""
# mypy: allow-untyped-defs, allow-untyped-calls

from collections.abc import Callable
from functools import cache

import numpy as np

from geometry.bands import run_bands
from geometry.filters.keys import FILL, Keys, load_keys, store_pixels
from geometry.filters.window import Axis
from geometry.fold import fold
from geometry.inputs import Array
from geometry.kernel import kernel
from geometry.lanes import Operand, lanes, load, select, store
from geometry.memory import fresh_arrays

NETWORK_SIDES = (3, 5)
_BLOCK_BYTES = 256
_NETWORK_BYTES = 64
_STRIP_ROWS = 16
_TILE_BYTES = 2048

_Later = Callable[[], Operand]
"""A value of a network, computed when first asked for: what nobody asks for costs nothing."""


@lanes
def _bisect(
    into: Operand, at: Operand, keys: Operand, start: Operand, offsets: Operand, taps: Operand, steps: Operand,
    bits: Operand, first: Operand,
) -> None:  # fmt: skip
    """A block of `into[at]` = the key k with as many as `rank` keys below it, its bits found from the highest down."""
    count = _BLOCK_BYTES // keys.dtype.itemsize
    rank = load(first, count, 1)

    def halve(bit: Operand, found: list[Operand]) -> list[Operand]:
        trial = found[0] + load(steps, bit, 1)

        def below(tap: Operand, less: list[Operand]) -> list[Operand]:
            key = load(keys, start + load(offsets, tap, 1), count)
            return [select(key < trial, less[0] + 1, less[0])]

        (less,) = fold(taps, [load(first, count + 1, count)], below)
        return [select(less > rank, found[0], trial)]

    (found,) = fold(bits, [load(first, 0, count)], halve)
    store(into, at, found)


def _sorted_pair(a: _Later, b: _Later) -> tuple[_Later, _Later]:
    def pick(lower: bool) -> _Later:
        @cache
        def value() -> Operand:
            left, right = a(), b()
            return select(left < right, left, right) if lower else select(left < right, right, left)

        return value

    return pick(True), pick(False)


def _merged(a: list[_Later], b: list[_Later]) -> list[_Later]:
    """Two sorted lists as one, by Batcher's odd–even merge."""
    if not a or not b:
        return a or b
    if len(a) == len(b) == 1:
        return list(_sorted_pair(a[0], b[0]))
    even, odd = _merged(a[::2], b[::2]), _merged(a[1::2], b[1::2])
    joined = [even[0]]
    for one, other in zip(odd, even[1:], strict=False):
        joined.extend(_sorted_pair(one, other))
    return joined + even[1 + len(odd) :] + odd[len(even) - 1 :]


def _sorted(values: list[_Later]) -> list[_Later]:
    half = len(values) // 2
    return _merged(_sorted(values[:half]), _sorted(values[half:])) if half else values


def _column_sort(side: int) -> Callable[..., None]:
    """Sort `side` keys that lie `pitch` apart, a block of columns at once."""

    @lanes
    def sort(into: Operand, at: Operand, keys: Operand, start: Operand, pitch: Operand) -> None:
        count = _NETWORK_BYTES // keys.dtype.itemsize
        column = [load(keys, start + pitch * row, count) for row in range(side)]
        for row, value in enumerate(_sorted([lambda key=key: key for key in column])):  # type: ignore[misc]
            store(into, at + pitch * row, value())

    return sort


def _column_median(side: int) -> Callable[..., None]:
    """The middle one of the keys of `side` sorted columns that lie `step` apart, a block of windows at once."""

    @lanes
    def median(into: Operand, at: Operand, columns: Operand, pitch: Operand, step: Operand) -> None:
        count = _NETWORK_BYTES // columns.dtype.itemsize

        def key(place: Operand) -> _Later:
            return cache(lambda: load(columns, place, count))

        lists = [[key(at + step * column + pitch * row) for row in range(side)] for column in range(side)]
        while len(lists) > 1:
            lists = [_merged(*lists[n : n + 2]) if n + 1 < len(lists) else lists[n] for n in range(0, len(lists), 2)]
        store(into, at, lists[0][side * side // 2]())

    return median


_sort_3, _sort_5 = (_column_sort(side) for side in NETWORK_SIDES)
_median_3, _median_5 = (_column_median(side) for side in NETWORK_SIDES)


@kernel(
    "void({T}[::1], {T}[::1], i8[::1], i8[::1], {T}[::1], {T}[::1], {T}[::1], {T}[::1], i8[::1], {T}[::1], {T}[::1],"
    " UniTuple(i8, 8), i8, i8)",
    types=("u1", "u2", "i4", "i8"),
)
def _rank(
    words, out, row_sources, column_sources, marks, strip, columns, best, offsets, steps, first, layout, start, stop
):
    width, before, height, span, pitch, strip_rows, tile, side = layout
    channels = len(marks) - FILL
    block, small = _BLOCK_BYTES // strip.itemsize, _NETWORK_BYTES // strip.itemsize
    for y in range(start, stop, strip_rows):
        rows = min(strip_rows, stop - y)
        for x0 in range(0, width, tile):
            count = min(tile, width - x0)
            for s in range(rows + height - 1):
                load_keys(
                    strip, s * pitch, words, 0, row_sources[y + s], column_sources, x0, count + span - 1, before, width,
                    marks,
                )  # fmt: skip
            for r in range(rows):
                if side == 0:
                    for x in range(0, count * channels, block):
                        _bisect(best, x, strip, r * pitch + x, offsets, len(offsets), steps, len(steps), first)
                elif side == 3:
                    for x in range(0, (count + 2) * channels, small):
                        _sort_3(columns, x, strip, r * pitch + x, pitch)
                    for x in range(0, count * channels, small):
                        _median_3(best, x, columns, pitch, channels)
                else:
                    for x in range(0, (count + 4) * channels, small):
                        _sort_5(columns, x, strip, r * pitch + x, pitch)
                    for x in range(0, count * channels, small):
                        _median_5(best, x, columns, pitch, channels)
                store_pixels(out, ((y + r) * width + x0) * channels, best, 0, 1, count, marks)


def select_rank(image: Array, mask: Array, rank: int, rows: Axis, columns: Axis, border: str, fill: Array) -> Array:
    """The pixel of rank `rank`, from 0 for the lowest, of every window; NaN ranks highest.

    Parameters
    ----------
    image
        (H, W, C), C-contiguous and native. The mask has at most 255 taps for uint8, 65 535 for 16-bit pixels.
    mask
        (kh, kw), bool: the pixels of a window.
    rows, columns
        How windows lie, at stride 1.

    Returns
    -------
    Array
        (H, W, C), of the same dtype.
    """
    height, width, channels = image.shape
    keys = Keys(image.dtype, lowest=False)
    word, bits = keys.word, 8 * keys.word.itemsize
    full_median = bool(mask.all()) and rank == mask.size // 2
    side = mask.shape[0] if full_median and mask.shape in [(one, one) for one in NETWORK_SIDES] else 0
    tile = min(width, max(_TILE_BYTES // (word.itemsize * channels), columns.taps, 1))
    strip_rows = min(height, max(_STRIP_ROWS, rows.taps))
    block = _BLOCK_BYTES // word.itemsize
    pitch = -(-(tile + columns.taps - 1) * channels // block) * block
    i, j = np.nonzero(mask)
    offsets = i * pitch + j * channels
    steps = np.array(
        [-(2 ** (bits - 1)) if word.kind == "i" else 2 ** (bits - 1), *(2**b for b in range(bits - 2, -1, -1))], word
    )
    first = np.zeros(2 * block + 1, word)
    first[:block] = np.iinfo(word).min
    first[block] = rank
    (out,) = fresh_arrays((image.shape, image.dtype))
    words, target = keys.words(image), keys.words(out)
    row_sources, column_sources = rows.sources(border), columns.sources(border)
    marks = keys.marks(fill, channels)
    layout = width, columns.before, rows.taps, columns.taps, pitch, strip_rows, tile, side

    def work(start: int, stop: int) -> None:
        strip = np.zeros((strip_rows + rows.taps - 1) * pitch + block, word)
        sorted_columns = np.zeros(max(1, side) * pitch + block, word)
        best = np.zeros(pitch + block, word)
        _rank(
            words, target, row_sources, column_sources, marks, strip, sorted_columns, best, offsets, steps, first,
            layout, start, stop,
        )  # fmt: skip

    run_bands(work, height, grain=strip_rows)
    return out
