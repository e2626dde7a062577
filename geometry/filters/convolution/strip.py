"""One windowed sum for every dtype, channel count, border, stride and dilation: tile by tile through a converted strip.

A tile of the output needs a strip of the padded image. Loading it converts pixels to the accumulator's type and
resolves the border, so that the sums see plain rows; storing rounds and saturates. Rows that the next tile down needs,
too, stay where they are. Channels stay interleaved: the neighbour to the right is C elements away. With a stride of s,
columns of equal remainder modulo s lie together (phases), which makes neighbouring outputs neighbours in the strip.
"""
# mypy: allow-untyped-defs, allow-untyped-calls

from typing import Any

import llvmlite.binding
import numba
import numpy as np
from llvmlite import ir
from numba import literal_unroll
from numba.core import cgutils
from numba.extending import intrinsic

from geometry.bands import run_bands
from geometry.filters.convolution.plan import Plan
from geometry.inputs import PIXEL_DTYPES, Array
from geometry.kernel import inline, kernel
from geometry.memory import aligned_zeros

_TILE_ROWS = 16
_TILE_ELEMENTS = 4096
_ROWS = 4
_BLOCK_BYTES = 256 if llvmlite.binding.get_host_cpu_features().get("avx512f") else 64
_LINE = 16
"""Elements; rows of a strip begin on cache lines."""
_SLACK = 64
"""Elements, at least one block, that may be read and written past the end of a row."""

_PIXELS = {"float32": ("uint8", "uint16", "int16", "float32"), "float64": PIXEL_DTYPES}
"""Dtypes of pixels that each accumulator meets."""


def _multiply_add_interpreted(sums, pitch, source, begins, row_step, tap_step, taps, offsets, count, fresh):
    """`sums[y, x] += Σ taps[i, j] · source[y·row_step + i·tap_step, x + offsets[j]]` for four rows, in order of i, j.

    `sums` and `source` are flat; the rows of sums are `pitch` apart, those of the source begin at `begins`; `fresh`
    sums begin at zero.
    """
    width = len(offsets)
    for y in range(_ROWS):
        total = sums[y * pitch : y * pitch + count]
        if fresh:
            total[:] = 0
        for tap in range(len(taps)):
            start = begins[y * row_step + tap // width * tap_step] + offsets[tap % width]
            total += taps[tap] * source[start : start + count]


@intrinsic
def _multiply_add_compiled(typing, sums, pitch, source, begins, row_step, tap_step, taps, offsets, count, fresh):
    """The same in explicit vectors: no compiler keeps four rows of a block in registers over all taps by itself."""
    signature = numba.types.void(sums, pitch, source, begins, row_step, tap_step, taps, offsets, count, fresh)
    bytes_each = sums.dtype.bitwidth // 8
    lanes = _BLOCK_BYTES // bytes_each

    def generate(context, builder, signature, values):
        vector = ir.VectorType(context.get_value_type(sums.dtype), lanes)
        word = context.get_value_type(numba.types.intp)
        index = ir.IntType(32)
        numbers = [ir.Constant(word, number) for number in range(_ROWS + 1)]
        arrays = {n: context.make_array(signature.args[n])(context, builder, values[n]) for n in (0, 2, 3, 6, 7)}
        width, size = (cgutils.unpack_tuple(builder, arrays[n].shape)[0] for n in (7, 6))
        height = builder.sdiv(size, width)
        step, spread = values[4:6]
        totals = [cgutils.alloca_once(builder, vector) for _ in range(_ROWS)]

        def block(n, place):
            return builder.bitcast(builder.gep(arrays[n].data, [place]), vector.as_pointer())

        def add_row(x, rows):
            """For each tap of a row: load pixels, or take those of the row before, multiply, add to a row of sums."""
            with cgutils.for_range(builder, width) as loop:
                offset = builder.add(builder.load(builder.gep(arrays[7].data, [loop.index])), x)
                pixels = None
                for y, tap_row, source_row in rows:
                    if source_row is not None:
                        row_begin = builder.load(builder.gep(arrays[3].data, [source_row]))
                        place = builder.add(row_begin, offset)
                        pixels = builder.load(block(2, place), align=bytes_each)
                    tap_place = builder.add(builder.mul(tap_row, width), loop.index)
                    tap = builder.load(builder.gep(arrays[6].data, [tap_place]))
                    first = builder.insert_element(ir.Constant(vector, ir.Undefined), tap, ir.Constant(index, 0))
                    lane_zero = ir.Constant(ir.VectorType(index, lanes), [0] * lanes)
                    factor = builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), lane_zero)
                    product = builder.fmul(factor, pixels, flags=("contract",))
                    builder.store(builder.fadd(builder.load(totals[y]), product, flags=("contract",)), totals[y])

        def add_shared_rows(x):
            """A row of the source serves up to four rows of sums: while they begin, while all run, while they end."""
            for s in range(_ROWS - 1):
                add_row(x, [(y, numbers[s - y], None if y else numbers[s]) for y in range(s + 1)])
            with cgutils.for_range(builder, builder.sub(height, numbers[_ROWS - 1])) as loop:
                s = builder.add(loop.index, numbers[_ROWS - 1])
                add_row(x, [(y, builder.sub(s, numbers[y]), None if y else s) for y in range(_ROWS)])
            for first in range(1, _ROWS):
                s = builder.add(height, numbers[first - 1])
                rows = range(first, _ROWS)
                add_row(x, [(y, builder.sub(s, numbers[y]), None if y > first else s) for y in rows])

        def add_separate_rows(x):
            with cgutils.for_range(builder, height) as loop:
                start = builder.mul(loop.index, spread)
                starts = [builder.add(start, builder.mul(numbers[y], step)) for y in range(_ROWS)]
                add_row(x, [(y, loop.index, starts[y]) for y in range(_ROWS)])

        adjacent = builder.and_(*(builder.icmp_signed("==", each, numbers[1]) for each in (step, spread)))
        shared = builder.and_(adjacent, builder.icmp_signed(">=", height, numbers[_ROWS]))
        stride = ir.Constant(word, lanes)
        with cgutils.for_range_slice(builder, numbers[0], values[8], stride, word) as (x, _):
            places = [block(0, builder.add(builder.mul(numbers[y], values[1]), x)) for y in range(_ROWS)]
            with builder.if_else(values[9]) as (zero, resume):
                with zero:
                    for total in totals:
                        builder.store(ir.Constant(vector, None), total)
                with resume:
                    for total, place in zip(totals, places, strict=True):
                        builder.store(builder.load(place, align=bytes_each), total)
            with builder.if_else(shared) as (together, apart):
                with together:
                    add_shared_rows(x)
                with apart:
                    add_separate_rows(x)
            for total, place in zip(totals, places, strict=True):
                builder.store(builder.load(total), place, align=bytes_each)
        return context.get_dummy_value()

    return signature, generate


_multiply_add: Any = _multiply_add_interpreted if numba.config.DISABLE_JIT else _multiply_add_compiled  # type: ignore[attr-defined]


@inline
def _load(line, images, row, sources, fill, first, count, before, width):
    """`line[q·C + c] = image[row, sources[first + q], c]` or the fill, for q < count; inside without a look-up."""
    channels = len(fill)
    begin = end = 0
    if row >= 0:
        begin = min(max(before - first, 0), count)
        end = min(max(before + width - first, begin), count)
    for image in literal_unroll(images):
        if len(image) > 0:
            inside = line[begin * channels : end * channels]
            origin = image[max(row * width + first + begin - before, 0) * channels :]
            for x in range(len(inside)):
                inside[x] = origin[x]
            for outside in range(count - (end - begin)):
                q = outside if outside < begin else outside + end - begin
                column = sources[first + q]
                known = row >= 0 and column >= 0
                for c in range(channels):
                    line[q * channels + c] = image[(row * width + column) * channels + c] if known else fill[c]


@inline
def _split_phases(line, loaded, phases, phase_pitch, stride, channels, count):
    for f in range(len(phases)):
        for q in range((count - phases[f] + stride - 1) // stride):
            for c in range(channels):
                line[f * phase_pitch + q * channels + c] = loaded[(q * stride + phases[f]) * channels + c]


@inline
def _round(outs, begin, sums, limits):
    """Saturate and round half to even: a number with no bits left below the point, added and taken away."""
    low, high, magic = limits[0], limits[1], limits[2]
    for out in literal_unroll(outs):
        if len(out) > 0:
            line = out[begin : begin + len(sums)]
            for x in range(len(line)):
                line[x] = np.int32((min(max(sums[x], low), high) + magic) - magic)


@inline
def _store(outs, begin, sums):
    for out in literal_unroll(outs):
        if len(out) > 0:
            line = out[begin : begin + len(sums)]
            for x in range(len(line)):
                line[x] = sums[x]


@kernel(
    "void(Tuple((u1[::1], u2[::1], i2[::1], f4[::1])), Tuple((u1[::1], u2[::1], i2[::1])), Tuple((f4[::1],)),"
    " i8[::1], i8[::1], f4[::1], i8[::1], i8[::1], f4[:,::1], f4[:,::1], f4[::1], f4[::1], f4[::1], f4[::1], f4[::1],"
    " i8[::1], UniTuple(i8, 12), i8, i8)",
    "void(Tuple((u1[::1], u2[::1], i2[::1], i4[::1], f4[::1], f8[::1])), Tuple((u1[::1], u2[::1], i2[::1], i4[::1])),"
    " Tuple((f4[::1], f8[::1])), i8[::1], i8[::1], f8[::1], i8[::1], i8[::1], f8[:,::1], f8[:,::1], f8[::1], f8[::1],"
    " f8[::1], f8[::1], f8[::1], i8[::1], UniTuple(i8, 12), i8, i8)",
)
def _windowed_sum(
    images, wholes, reals, row_sources, column_sources, fill, phases, offsets, vertical, horizontal, limits,
    loaded, strip, partial, sums, begins, layout, start, stop,
):  # fmt: skip
    before, width, places, row_stride, column_stride, row_dilation, taps, separate, span, pitch, split, tile = layout
    channels, sums_pitch = len(fill), len(sums) // _ROWS
    row_step, tap_step = (taps, 1) if separate else (row_stride, row_dilation)
    alone, beside, ring = np.zeros(1, np.int64), pitch * np.arange(_ROWS), len(strip) // pitch
    for x0 in range(0, places, tile):
        columns = min(tile, places - x0)
        first, count = x0 * column_stride, (columns - 1) * column_stride + span
        known = start * row_stride
        for y0 in range(start, stop, _TILE_ROWS):
            rows, top = min(_TILE_ROWS, stop - y0), y0 * row_stride
            for s in range(rows * taps if separate else (rows - 1) * row_step + (taps - 1) * tap_step + 1):
                padded = top + (s // taps * row_stride + s % taps * row_dilation if separate else s)
                begins[s] = (s if separate else padded % ring) * pitch
                if separate or padded >= known:
                    line = strip[begins[s] : begins[s] + pitch]
                    into = line if column_stride == 1 else loaded
                    _load(into, images, row_sources[padded], column_sources, fill, first, count, before, width)
                    if column_stride > 1:
                        _split_phases(line, loaded, phases, split, column_stride, channels, count)
                    known = padded + 1
            for y in range(0, rows, _ROWS):
                for turn in range(max(1, 2 * len(vertical))):
                    down = turn % 2 == 0 and len(vertical) > 0
                    across = turn % 2 == 1
                    _multiply_add(
                        partial if down else sums,
                        pitch if down else sums_pitch,
                        partial if across else strip,
                        beside if across else begins[y * row_step :],
                        1 if across else row_step,
                        1 if across else tap_step,
                        vertical[turn // 2] if down else horizontal[turn // 2],
                        alone if down else offsets,
                        pitch - _SLACK if down else columns * channels,
                        down or turn < 2,
                    )
                for r in range(min(_ROWS, rows - y)):
                    total = sums[r * sums_pitch : r * sums_pitch + columns * channels]
                    begin = ((y0 + y + r) * places + x0) * channels
                    _round(wholes, begin, total, limits)
                    _store(reals, begin, total)


def windowed_sum(image: Array, plan: Plan, vertical: Array, horizontal: Array, out: Array) -> None:
    """Sum each channel of the image over windows weighted by `Σ_r vertical[r] ⊗ horizontal[r]`.

    Parameters
    ----------
    image
        (H, W, C), C-contiguous and native.
    plan
        Geometry, border and dtypes of the convolution.
    vertical, horizontal
        (r, kh) and (r, kw): the factors of the kernel; or (0, kh) and (1, kh · kw): the kernel itself.
    out
        (h, w, C), `plan.output`; overwritten.
    """
    rows, columns, channels, kind = plan.rows, plan.columns, image.shape[2], plan.accumulator
    shifts = np.arange(columns.taps) * columns.dilation
    phases, phase = np.unique(shifts % columns.stride, return_inverse=True)
    overhang = int(shifts[-1]) // columns.stride
    tile = min(columns.places, max(1, _TILE_ELEMENTS // channels, overhang))
    phase_pitch = (tile + overhang) * channels
    pitch = -(-len(phases) * phase_pitch // _LINE) * _LINE + _SLACK
    offsets = phase * phase_pitch + shifts // columns.stride * channels
    tile_rows = min(_TILE_ROWS, -(-rows.places // _ROWS) * _ROWS)
    strip_rows = (tile_rows - 1) * rows.stride + (rows.taps - 1) * rows.dilation + 1
    separate = strip_rows > tile_rows * rows.taps
    span = int(shifts[-1]) + 1
    layout = (
        columns.before, columns.length, columns.places, rows.stride, columns.stride, rows.dilation, rows.taps,
        int(separate), span, pitch, phase_pitch, tile,
    )  # fmt: skip
    images, wholes, reals = (
        flat_by_dtype(image, kind, "iuf"),
        flat_by_dtype(out, kind, "iu"),
        flat_by_dtype(out, kind, "f"),
    )
    row_sources, column_sources = rows.sources(plan.border), columns.sources(plan.border)
    fill, limits = plan.fill.astype(kind), rounding_limits(plan.output, kind)
    vertical, horizontal = (np.ascontiguousarray(factor, kind) for factor in (vertical, horizontal))

    def work(start: int, stop: int) -> None:
        loaded = aligned_zeros(((tile - 1) * columns.stride + span) * channels if columns.stride > 1 else 0, kind)
        held = min(strip_rows, tile_rows * rows.taps)
        strip, begins = aligned_zeros(held * pitch, kind), np.zeros(held, np.int64)
        partial = aligned_zeros(_ROWS * pitch if len(vertical) else 0, kind)
        sums = aligned_zeros(_ROWS * (-(-tile * channels // _SLACK) * _SLACK + 16), kind)
        _windowed_sum(
            images, wholes, reals, row_sources, column_sources, fill, phases, offsets, vertical, horizontal, limits,
            loaded, strip, partial, sums, begins, layout, start, stop,
        )  # fmt: skip

    run_bands(work, rows.places, grain=_TILE_ROWS)


def flat_by_dtype(array: Array, kind: np.dtype[Any], kinds: str) -> tuple[Array, ...]:
    """One flat array for each dtype, empty but for the array's own: one compiled kernel serves all.

    `kind` is the dtype of the sums, `kinds` those of `array` that the kernel distinguishes.
    """
    dtypes = [np.dtype(name) for name in _PIXELS[kind.name] if np.dtype(name).kind in kinds]
    return tuple(array.reshape(-1) if array.dtype == dtype else np.empty(0, dtype) for dtype in dtypes)


def rounding_limits(output: np.dtype[Any], kind: np.dtype[Any]) -> Array:
    """Smallest and largest value of an integer output, and what rounds to whole numbers when added and taken away."""
    if output.kind == "f":
        return np.zeros(3, kind)
    info = np.iinfo(output)
    return np.array([info.min, info.max, 1.5 * 2.0 ** np.finfo(kind).nmant], kind)
