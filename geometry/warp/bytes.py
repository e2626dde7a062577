"""Linear interpolation of bytes in 1, 3 or 4 channels: the fast path of the inside of an image.

A chunk of a row passes four stages whose buffers stay in the first-level cache: coordinates, gather (one unaligned
64-bit word holds a pixel and its right neighbour), blend, copy. Coordinates and blends are computed for whole blocks,
so that each pixel goes through the same instructions. Fusing the stages or blending straight into the output is slower.
"""

import numpy as np

from geometry.inputs import Array
from geometry.kernel import inline, kernel
from geometry.lanes import LANES, Operand, cast, lanes, load, multiply_add, pick, reinterpret, store
from geometry.warp.chunk import (
    BLOCK,
    CHUNK,
    ONE,
    TILE_ROWS,
    locate_chunk,
    read_ahead,
    rows_ahead,
    short_chunk,
    taps_inside,
)
from geometry.warp.spans import Region

_ROWS_AHEAD = 4  # of the output, for which the source is asked for; 2 to 16 are as good


@inline
def _word_near_the_ends(source, address):  # type: ignore[no-untyped-def]
    """Eight bytes from the address on, with zeros for those before the first and after the last."""
    word = np.uint64(0)
    for byte in range(8):
        if 0 <= address + byte < source.size:
            word |= np.uint64(source[address + byte]) << np.uint64(8 * byte)
    return word


def _fetch(source: Operand, a: Operand, b: Operand, i: Operand, offsets: Operand, up: Operand, down: Operand) -> None:
    offset = cast(load(offsets, i, 1), np.int64)
    store(up, i, load(source, a + offset, 1, up.dtype))
    store(down, i, load(source, b + offset, 1, down.dtype))


@lanes
def _gather_one(
    source: Operand, a: Operand, b: Operand, i: Operand, offsets: Operand, up: Operand, down: Operand
) -> None:
    """The words of a pixel, `source[a + offset]` and `source[b + offset]`."""
    _fetch(source, a, b, i, offsets, up, down)


@lanes
def _gather(source: Operand, a: Operand, b: Operand, i: Operand, offsets: Operand, up: Operand, down: Operand) -> None:
    """The words of a block."""
    for k in range(BLOCK):
        _fetch(source, a, b, i + k, offsets, up, down)


@inline
def _shorten(lo, hi, words, pairs):  # type: ignore[no-untyped-def]
    """One channel: the two taps of a row fit into 16 bits, which lie where the words were."""
    for i in range(np.uint64(lo), np.uint64(hi)):
        pairs[i] = np.uint16(words[i] & np.uint64(0xFFFF))


@inline
def _gather_some(source, a, b, lo, hi, offsets, upper, lower):  # type: ignore[no-untyped-def]
    """The words of pixels `lo:hi`, wherever they lie."""
    for i in range(lo, hi):
        upper[i] = _word_near_the_ends(source, a + np.int64(offsets[i]))
        lower[i] = _word_near_the_ends(source, b + np.int64(offsets[i]))


@inline
def _gather_exactly(source, m, left, y, width, height, channels, lo, hi, across, down, upper, lower):  # type: ignore[no-untyped-def]
    """Coordinates in float64, and the words, for chunks that span too much for float32."""
    stride = width * channels
    for i in range(lo, hi):
        x = float(left + i)
        w = m[2, 0] * x + (m[2, 1] * y + m[2, 2])
        u = min(max((m[0, 0] * x + (m[0, 1] * y + m[0, 2])) / w, 0.0), width - 1.0)
        v = min(max((m[1, 0] * x + (m[1, 1] * y + m[1, 2])) / w, 0.0), height - 1.0)
        column = int(u)
        row = int(v)
        across[i] = np.float32(int((u - column) * ONE)) * np.float32(1 / ONE)
        down[i] = np.float32(int((v - row) * ONE)) * np.float32(1 / ONE)
        upper[i] = _word_near_the_ends(source, row * stride + column * channels)
        lower[i] = _word_near_the_ends(source, (row + 1) * stride + column * channels)


def _byte(word: Operand, place: int) -> Operand:
    """A byte of each 32-bit word, as float32."""
    low = word >> 8 * place if place else word
    return cast(reinterpret(low & 255 if place < 3 else low, np.int32), np.float32)


def _mix(a: Operand, b: Operand, c: Operand, d: Operand, across: Operand, down: Operand) -> Operand:
    """The blend of four taps, rounded to the nearest, ties up."""
    upper, lower = multiply_add(b - a, across, a), multiply_add(d - c, across, c)
    return cast(multiply_add(lower - upper, down, upper) + 0.5, np.int32)


def _halves(words: Operand, i: Operand) -> tuple[Operand, Operand]:
    """The lower and the upper 32 bits of a block of words."""
    both = load(words, i, LANES, np.uint64)
    parts = reinterpret(both, np.uint32)
    return pick(parts, range(0, 2 * LANES, 2)), pick(parts, range(1, 2 * LANES, 2))


@lanes
def _blend_1(
    i: Operand, upper: Operand, lower: Operand, across: Operand, down: Operand, out: Operand, at: Operand
) -> None:
    a, c = cast(load(upper, i), np.uint32), cast(load(lower, i), np.uint32)
    mixed = _mix(_byte(a, 0), _byte(a, 1), _byte(c, 0), _byte(c, 1), load(across, i), load(down, i))
    store(out, at, cast(mixed, np.uint8))


@lanes
def _blend_3(
    i: Operand, upper: Operand, lower: Operand, across: Operand, down: Operand, out: Operand, at: Operand
) -> None:
    (a, b), (c, d) = _halves(upper, i), _halves(lower, i)
    fx, fy = load(across, i), load(down, i)
    red = _mix(_byte(a, 0), _byte(a, 3), _byte(c, 0), _byte(c, 3), fx, fy)
    green = _mix(_byte(a, 1), _byte(b, 0), _byte(c, 1), _byte(d, 0), fx, fy)
    blue = _mix(_byte(a, 2), _byte(b, 1), _byte(c, 2), _byte(d, 1), fx, fy)
    packed = reinterpret(red | green << 8 | blue << 16, np.uint8)
    store(out, at, pick(packed, [4 * pixel + c for pixel in range(LANES) for c in range(3)]))


@lanes
def _blend_4(
    i: Operand, upper: Operand, lower: Operand, across: Operand, down: Operand, out: Operand, at: Operand
) -> None:
    (a, b), (c, d) = _halves(upper, i), _halves(lower, i)
    fx, fy = load(across, i), load(down, i)
    mixed = [_mix(_byte(a, k), _byte(b, k), _byte(c, k), _byte(d, k), fx, fy) for k in range(4)]
    store(out, at, reinterpret(mixed[0] | mixed[1] << 8 | mixed[2] << 16 | mixed[3] << 24, np.uint8))


@inline
def gather_words(source, channels, base, stride, lo, hi, offsets, upper, lower):  # type: ignore[no-untyped-def]
    """The words of pixels `lo:hi`, all inside the source; pairs of bytes instead where there is one channel."""
    pairs_up, pairs_down = upper.view(np.uint16), lower.view(np.uint16)
    for block in range(lo // BLOCK * BLOCK, hi, BLOCK):
        begin, end = np.uint64(max(lo, block)), np.uint64(min(hi, block + BLOCK))
        if end - begin == np.uint64(BLOCK):
            if channels == 1:
                _gather(source, base, base + stride, begin, offsets, pairs_up, pairs_down)
            else:
                _gather(source, base, base + stride, begin, offsets, upper, lower)
        elif channels == 1:
            for k in range(begin, end):
                _gather_one(source, base, base + stride, k, offsets, pairs_up, pairs_down)
        else:
            for k in range(begin, end):
                _gather_one(source, base, base + stride, k, offsets, upper, lower)


@inline
def blend_words(channels, first, last, upper, lower, across, down, blended):  # type: ignore[no-untyped-def]
    """Write `blended[channels i:]` of blocks `first:last`."""
    if channels == 1:
        pairs_up, pairs_down = upper.view(np.uint16), lower.view(np.uint16)
        for i in range(np.uint64(first), np.uint64(last), np.uint64(BLOCK)):
            _blend_1(i, pairs_up, pairs_down, across, down, blended, i)
    elif channels == 3:
        for i in range(np.uint64(first), np.uint64(last), np.uint64(BLOCK)):
            _blend_3(i, upper, lower, across, down, blended, i * np.uint64(3))
    else:
        for i in range(np.uint64(first), np.uint64(last), np.uint64(BLOCK)):
            _blend_4(i, upper, lower, across, down, blended, i * np.uint64(4))


@kernel("void(u1[::1], i8, i8, i8, f8[:,::1], i8, i8, i8, i8[:,::1], i8, i8, u1[::1])")
def _linear_bytes(source, width, height, channels, m, x, y, columns, spans, start, stop, out):  # type: ignore[no-untyped-def]
    offsets = np.zeros(CHUNK, np.int32)
    across, down = np.zeros(CHUNK, np.float32), np.zeros(CHUNK, np.float32)
    upper, lower = np.zeros(CHUNK, np.uint64), np.zeros(CHUNK, np.uint64)
    pairs_up, pairs_down = upper.view(np.uint16), lower.view(np.uint16)
    blended = np.zeros(CHUNK * 4, np.uint8)
    stride = width * channels
    far = height - 3.0
    for tile in range(start, stop, TILE_ROWS):
        for left in range(x // CHUNK * CHUNK, x + columns, CHUNK):
            for row in range(tile, min(tile + TILE_ROWS, stop)):
                lo = max(x + spans[row, 6], left) - left
                hi = min(x + spans[row, 7], left + CHUNK) - left
                if lo >= hi:
                    continue
                line = float(y + row)
                first, last = lo // BLOCK * BLOCK, -(-hi // BLOCK) * BLOCK
                short, u, v, a0, a1, b0, b1, w1 = short_chunk(m, left, line, stride)
                inside = False
                if short:
                    base = int(v) * stride + int(u) * channels
                    locate_chunk(first, last, a0, a1, b0, b1, w1, stride, channels, offsets, across, down)
                    inside = taps_inside(m, float(left + lo), float(left + hi - 1), line, 2.0, far) and stride >= 8
                if inside:
                    ahead = base + rows_ahead(m, float(left + CHUNK // 2), line, u, v, _ROWS_AHEAD, stride, channels)
                    for i in range(np.uint64(lo), np.uint64(hi), np.uint64(4 if abs(b1) > 1 / BLOCK else 16)):
                        read_ahead(source, ahead + np.int64(offsets[i]))
                    gather_words(source, channels, base, stride, lo, hi, offsets, upper, lower)
                else:
                    if short:
                        _gather_some(source, base, base + stride, lo, hi, offsets, upper, lower)
                    else:
                        _gather_exactly(
                            source, m, left, line, width, height, channels, lo, hi, across, down, upper, lower
                        )
                    if channels == 1:
                        _shorten(lo, hi, upper, pairs_up)
                        _shorten(lo, hi, lower, pairs_down)
                blend_words(channels, first, last, upper, lower, across, down, blended)
                begin = np.uint64(lo * channels)
                at = np.uint64((row * columns + left - x + lo) * channels)
                for byte in range(np.uint64((hi - lo) * channels)):
                    out[at + byte] = blended[begin + byte]


def linear_bytes(source: Array, m: Array, region: Region, spans: Array, start: int, stop: int, out: Array) -> None:
    """Write the pixels inside the source, rows `start:stop`, from 8-bit images of 1, 3 or 4 channels.

    `out = (1-fy) ((1-fx) a + fx b) + fy ((1-fx) c + fx d)`, rounded to the nearest, ties up; fractions hold 15 bits.

    Parameters
    ----------
    source, out
        (H, W, C) and (height, width, C) uint8.
    m
        (3, 3) float64, output to source pixels, w > 0 in front.
    spans
        (height, 8) int64, as `write_spans` makes them.
    """
    height, width, channels = source.shape
    columns = out.shape[1]
    _linear_bytes(
        source.reshape(-1), width, height, channels, m, region.x, region.y, columns, spans, start, stop, out.reshape(-1)
    )
