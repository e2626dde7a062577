"""Linear interpolation of bytes in 1, 3 or 4 channels: the fast path of the inside of an image.

Work goes over tiles, and in a tile over rows of CHUNK pixels, which begin at multiples of CHUNK in the output, whatever
part of it is computed. A chunk passes four stages whose buffers stay in the first-level cache: coordinates, gather (one
unaligned 64-bit word holds a pixel and its right neighbour), blend, copy. Coordinates and blends are computed for whole
chunks, so that each pixel goes through the same instructions.

Coordinates are relative to the source pixel at the chunk's centre: with w divided by its value there, both numerators
and w are short numbers, so that float32 carries the coordinates to 1e-4 px at scale 1. Chunks in which they run further
than _REACH source pixels, or in which w changes by more than a quarter, go through float64.
"""

import numpy as np

from geometry.inputs import Array
from geometry.kernel import inline, kernel
from geometry.warp.spans import Region

CHUNK = 256
_TILE_ROWS = 32
_FRACTION_BITS = 15
_ONE = 1 << _FRACTION_BITS
_REACH = 1024
_LONGEST_ROW = 1 << 19  # bytes, so that offsets of 2 * _REACH rows fit into 32 bits


def _fast(function):  # type: ignore[no-untyped-def]
    return inline(function, fastmath=True)


@_fast
def _coordinates(a0, a1, b0, b1, w1, stride, channels, offsets, across, down):  # type: ignore[no-untyped-def]
    """Offsets of the upper left taps and fractions in units of 2^-15, for the whole chunk."""
    mask = np.int32(_ONE - 1)
    one = np.float32(1)
    for i in range(CHUNK):
        x = np.float32(np.int32(i)) - np.float32(CHUNK // 2)
        r = one / (one + w1 * x)
        u = np.int32((a0 + a1 * x) * r)
        v = np.int32((b0 + b1 * x) * r)
        row = np.int32(np.int32(v >> _FRACTION_BITS) * stride)
        offsets[i] = np.int32(row + np.int32(np.int32(u >> _FRACTION_BITS) * channels))
        across[i] = np.float32(np.int32(u & mask))
        down[i] = np.float32(np.int32(v & mask))


@inline
def _word(source, a):  # type: ignore[no-untyped-def]
    """Eight bytes from a on; the compiler makes one load of it."""
    word = np.uint64(source[a])
    word |= np.uint64(source[a + np.uint64(1)]) << np.uint64(8)
    word |= np.uint64(source[a + np.uint64(2)]) << np.uint64(16)
    word |= np.uint64(source[a + np.uint64(3)]) << np.uint64(24)
    word |= np.uint64(source[a + np.uint64(4)]) << np.uint64(32)
    word |= np.uint64(source[a + np.uint64(5)]) << np.uint64(40)
    word |= np.uint64(source[a + np.uint64(6)]) << np.uint64(48)
    word |= np.uint64(source[a + np.uint64(7)]) << np.uint64(56)
    return word


@inline
def _word_near_the_ends(source, address):  # type: ignore[no-untyped-def]
    """The same, with zeros for bytes before the first and after the last."""
    word = np.uint64(0)
    for byte in range(8):
        if 0 <= address + byte < source.size:
            word |= np.uint64(source[address + byte]) << np.uint64(8 * byte)
    return word


@inline
def _gather(source, base, stride, lo, hi, offsets, upper, lower):  # type: ignore[no-untyped-def]
    step = np.uint64(stride)
    for i in range(np.uint64(lo), np.uint64(hi)):
        a = np.uint64(base + np.int64(offsets[i]))
        upper[i] = _word(source, a)
        lower[i] = _word(source, a + step)


@inline
def _gather_pairs(source, base, stride, lo, hi, offsets, upper, lower):  # type: ignore[no-untyped-def]
    """One channel: the two taps of a row fit into 16 bits."""
    step, one = np.uint64(stride), np.uint64(1)
    for i in range(np.uint64(lo), np.uint64(hi)):
        a = np.uint64(base + np.int64(offsets[i]))
        upper[i] = np.uint16(source[a]) | np.uint16(source[a + one]) << np.uint16(8)
        a += step
        lower[i] = np.uint16(source[a]) | np.uint16(source[a + one]) << np.uint16(8)


@inline
def _shorten(lo, hi, words, pairs):  # type: ignore[no-untyped-def]
    for i in range(np.uint64(lo), np.uint64(hi)):
        pairs[i] = np.uint16(words[i] & np.uint64(0xFFFF))


@inline
def _gather_near_the_ends(source, base, stride, lo, hi, offsets, upper, lower):  # type: ignore[no-untyped-def]
    last = source.size - stride - 8
    step = np.uint64(stride)
    for i in range(np.uint64(lo), np.uint64(hi)):
        address = base + np.int64(offsets[i])
        if 0 <= address <= last:
            upper[i] = _word(source, np.uint64(address))
            lower[i] = _word(source, np.uint64(address) + step)
        else:
            upper[i] = _word_near_the_ends(source, address)
            lower[i] = _word_near_the_ends(source, address + stride)


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
        across[i] = np.float32(int((u - column) * _ONE))
        down[i] = np.float32(int((v - row) * _ONE))
        upper[i] = _word_near_the_ends(source, row * stride + column * channels)
        lower[i] = _word_near_the_ends(source, (row + 1) * stride + column * channels)


@_fast
def _blend(a, b, c, d, fx, fy):  # type: ignore[no-untyped-def]
    upper_left = np.float32(np.int32(a))
    lower_left = np.float32(np.int32(c))
    upper = upper_left + (np.float32(np.int32(b)) - upper_left) * fx
    lower = lower_left + (np.float32(np.int32(d)) - lower_left) * fx
    return np.uint8(np.int32(upper + (lower - upper) * fy + np.float32(0.5)))


@_fast
def _blend_1(upper, lower, across, down, out):  # type: ignore[no-untyped-def]
    byte, s = np.uint32(255), np.uint32(8)
    unit = np.float32(1 / _ONE)
    for i in range(CHUNK):
        a, b = np.uint32(upper[i]), np.uint32(lower[i])
        fx, fy = across[i] * unit, down[i] * unit
        out[i] = _blend(a & byte, a >> s, b & byte, b >> s, fx, fy)


@_fast
def _blend_3(upper, lower, across, down, out):  # type: ignore[no-untyped-def]
    byte = np.uint32(255)
    unit = np.float32(1 / _ONE)
    for i in range(CHUNK):
        a, b = upper[2 * i], upper[2 * i + 1]
        c, d = lower[2 * i], lower[2 * i + 1]
        fx, fy = across[i] * unit, down[i] * unit
        s, t, z = np.uint32(8), np.uint32(16), np.uint32(24)
        out[3 * i] = _blend(a & byte, a >> z, c & byte, c >> z, fx, fy)
        out[3 * i + 1] = _blend((a >> s) & byte, b & byte, (c >> s) & byte, d & byte, fx, fy)
        out[3 * i + 2] = _blend((a >> t) & byte, (b >> s) & byte, (c >> t) & byte, (d >> s) & byte, fx, fy)


@_fast
def _blend_4(upper, lower, across, down, out):  # type: ignore[no-untyped-def]
    byte = np.uint32(255)
    unit = np.float32(1 / _ONE)
    for i in range(CHUNK):
        a, b = upper[2 * i], upper[2 * i + 1]
        c, d = lower[2 * i], lower[2 * i + 1]
        fx, fy = across[i] * unit, down[i] * unit
        s, t, z = np.uint32(8), np.uint32(16), np.uint32(24)
        out[4 * i] = _blend(a & byte, b & byte, c & byte, d & byte, fx, fy)
        out[4 * i + 1] = _blend((a >> s) & byte, (b >> s) & byte, (c >> s) & byte, (d >> s) & byte, fx, fy)
        out[4 * i + 2] = _blend((a >> t) & byte, (b >> t) & byte, (c >> t) & byte, (d >> t) & byte, fx, fy)
        out[4 * i + 3] = _blend(a >> z, b >> z, c >> z, d >> z, fx, fy)


@inline
def _touch(source, base, lo, hi, offsets, upper):  # type: ignore[no-untyped-def]
    """Read ahead: these loads wait for memory all at once, those of the gather would one after the other."""
    seen = np.uint64(0)
    for i in range(np.uint64(lo), np.uint64(hi), np.uint64(16)):
        seen |= np.uint64(source[np.uint64(base + np.int64(offsets[i]))])
    upper[0] = seen


@kernel("void(u1[::1], i8, i8, i8, f8[:,::1], i8, i8, i8, i8[:,::1], i8, i8, u1[::1])")
def _linear_bytes(source, width, height, channels, m, x, y, columns, spans, start, stop, out):  # type: ignore[no-untyped-def]
    offsets = np.zeros(CHUNK, np.int32)
    across = np.zeros(CHUNK, np.float32)
    down = np.zeros(CHUNK, np.float32)
    upper = np.zeros(CHUNK, np.uint64)
    lower = np.zeros(CHUNK, np.uint64)
    pairs_up, pairs_down = np.zeros(CHUNK, np.uint16), np.zeros(CHUNK, np.uint16)
    blended = np.zeros(CHUNK * 4, np.uint8)
    words_up, words_down = upper.view(np.uint32), lower.view(np.uint32)
    stride = width * channels
    half = CHUNK // 2
    far = height - 3.0
    for tile in range(start, stop, _TILE_ROWS):
        for left in range(x // CHUNK * CHUNK, x + columns, CHUNK):
            centre = float(left + half)
            for row in range(tile, min(tile + _TILE_ROWS, stop)):
                lo = max(x + spans[row, 4], left) - left
                hi = min(x + spans[row, 5], left + CHUNK) - left
                if lo >= hi:
                    continue
                line = float(y + row)
                q_line = m[1, 1] * line + m[1, 2]
                w_line = m[2, 1] * line + m[2, 2]
                w = m[2, 0] * centre + w_line
                p = m[0, 0] * centre + (m[0, 1] * line + m[0, 2])
                q = m[1, 0] * centre + q_line
                short = abs(m[2, 0]) * half <= 0.25 * w and stride <= _LONGEST_ROW
                if short:
                    r = 1.0 / w
                    u, v = np.floor(p * r), np.floor(q * r)
                    a0, a1 = (p - u * w) * r, (m[0, 0] - u * m[2, 0]) * r
                    b0, b1 = (q - v * w) * r, (m[1, 0] - v * m[2, 0]) * r
                    short = max(abs(a0) + half * abs(a1), abs(b0) + half * abs(b1)) <= 0.75 * _REACH
                if short:
                    _coordinates(
                        np.float32(a0 * _ONE),
                        np.float32(a1 * _ONE),
                        np.float32(b0 * _ONE),
                        np.float32(b1 * _ONE),
                        np.float32(m[2, 0] * r),
                        np.int32(stride),
                        np.int32(channels),
                        offsets,
                        across,
                        down,
                    )
                    base = int(v) * stride + int(u) * channels
                    # v runs one way along a row: its ends tell whether all words lie inside the source.
                    first, last = float(left + lo), float(left + hi - 1)
                    q0, w0 = m[1, 0] * first + q_line, m[2, 0] * first + w_line
                    q1, w1 = m[1, 0] * last + q_line, m[2, 0] * last + w_line
                    if q0 >= 2 * w0 and q1 >= 2 * w1 and q0 <= far * w0 and q1 <= far * w1 and stride >= 8:
                        _touch(source, base + stride, lo, hi, offsets, upper)
                        if channels == 1:
                            _gather_pairs(source, base, stride, lo, hi, offsets, pairs_up, pairs_down)
                        else:
                            _gather(source, base, stride, lo, hi, offsets, upper, lower)
                    else:
                        _gather_near_the_ends(source, base, stride, lo, hi, offsets, upper, lower)
                        _shorten(lo, hi, upper, pairs_up)
                        _shorten(lo, hi, lower, pairs_down)
                else:
                    _gather_exactly(source, m, left, line, width, height, channels, lo, hi, across, down, upper, lower)
                    _shorten(lo, hi, upper, pairs_up)
                    _shorten(lo, hi, lower, pairs_down)
                if channels == 1:
                    _blend_1(pairs_up, pairs_down, across, down, blended)
                elif channels == 3:
                    _blend_3(words_up, words_down, across, down, blended)
                else:
                    _blend_4(words_up, words_down, across, down, blended)
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
        (height, 6) int64, as `write_spans` makes them.
    """
    height, width, channels = source.shape
    columns = out.shape[1]
    _linear_bytes(
        source.reshape(-1), width, height, channels, m, region.x, region.y, columns, spans, start, stop, out.reshape(-1)
    )
