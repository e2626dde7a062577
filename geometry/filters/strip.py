"""One windowed sum for every dtype, channel count, border, stride and dilation: tile by tile through a converted strip.

A tile of the output needs a strip of the padded image. Loading it converts pixels to the accumulator's type and
resolves the border, so that the sums see plain rows; storing rounds and saturates. Channels stay interleaved: the
neighbour to the right is C elements away. With a stride of s, columns of equal remainder modulo s lie together
(phases), which makes neighbouring outputs neighbours in the strip.
"""

from typing import Any

import llvmlite.binding
import llvmlite.ir
import numba
import numpy as np
from numba.core import cgutils
from numba.extending import intrinsic

from geometry.bands import run_bands
from geometry.filters.plan import Plan
from geometry.inputs import PIXEL_DTYPES, Array
from geometry.kernel import inline, kernel

_TILE_ROWS = 16
_TILE_ELEMENTS = 4096
_ROWS = 4
_BLOCK_BYTES = 256 if llvmlite.binding.get_host_cpu_features().get("avx512f") else 64
_SLACK = 64


@intrinsic  # type: ignore[untyped-decorator]
def _multiply_add_compiled(  # type: ignore[no-untyped-def]
    typing_context, sums, pitch, source, source_pitch, row_step, tap_step, taps, offsets, count, fresh
):
    """Explicit vectors: the compiler would not keep the sums of all taps in registers by itself."""
    signature = numba.types.void(
        sums, pitch, source, source_pitch, row_step, tap_step, taps, offsets, count, fresh
    )

    def generate(context, builder, signature, values):  # type: ignore[no-untyped-def]
        word = context.get_value_type(numba.types.intp)
        scalar = context.get_value_type(sums.dtype)
        lanes = _BLOCK_BYTES // (sums.dtype.bitwidth // 8)
        vector = llvmlite.ir.VectorType(scalar, lanes)
        spread = llvmlite.ir.Constant(llvmlite.ir.VectorType(llvmlite.ir.IntType(32), lanes), [0] * lanes)

        def pointer(position):  # type: ignore[no-untyped-def]
            return context.make_array(signature.args[position])(context, builder, values[position]).data

        def length(position):  # type: ignore[no-untyped-def]
            array = context.make_array(signature.args[position])(context, builder, values[position])
            return cgutils.unpack_tuple(builder, array.shape)[0]

        sum_data, source_data, tap_data, offset_data = (pointer(position) for position in (0, 2, 6, 7))
        sum_pitch, row_pitch, step, spread_step, columns = (values[position] for position in (1, 3, 4, 5, 8))
        width = length(7)
        height = builder.sdiv(length(6), width)
        constants = [llvmlite.ir.Constant(word, number) for number in range(_ROWS + 1)]
        sums_here = [cgutils.alloca_once(builder, vector) for _ in range(_ROWS)]

        def block(data, index):  # type: ignore[no-untyped-def]
            return builder.bitcast(builder.gep(data, [index]), vector.as_pointer())

        def add_row(start, pairs, x):  # type: ignore[no-untyped-def]
            """For all taps of a row: load once, multiply for each (row of sums, row of taps)."""
            with cgutils.for_range(builder, width) as loop:
                offset = builder.load(builder.gep(offset_data, [loop.index]))
                pixels = None
                for row, tap_row, row_start in pairs:
                    if pixels is None or row_start is not None:
                        place = builder.add(builder.add(start if row_start is None else row_start, offset), x)
                        pixels = builder.load(block(source_data, place), align=sums.dtype.bitwidth // 8)
                    tap = builder.load(builder.gep(tap_data, [builder.add(builder.mul(tap_row, width), loop.index)]))
                    lane = builder.insert_element(
                        llvmlite.ir.Constant(vector, llvmlite.ir.Undefined), tap, llvmlite.ir.Constant(llvmlite.ir.IntType(32), 0)
                    )
                    factor = builder.shuffle_vector(lane, llvmlite.ir.Constant(vector, llvmlite.ir.Undefined), spread)
                    product = builder.fmul(factor, pixels, flags=("contract",))
                    total = builder.fadd(builder.load(sums_here[row]), product, flags=("contract",))
                    builder.store(total, sums_here[row])

        def shared_rows(x):  # type: ignore[no-untyped-def]
            """A source row serves up to four rows of sums: rows that begin, all rows, rows that end."""
            for s in range(_ROWS - 1):
                add_row(builder.mul(constants[s], row_pitch), [(y, constants[s - y], None) for y in range(s + 1)], x)
            inner = builder.sub(height, constants[_ROWS - 1])
            with cgutils.for_range(builder, inner) as loop:
                s = builder.add(loop.index, constants[_ROWS - 1])
                add_row(builder.mul(s, row_pitch), [(y, builder.sub(s, constants[y]), None) for y in range(_ROWS)], x)
            for t in range(_ROWS - 1):
                s = builder.add(height, constants[t])
                rows = range(t + 1, _ROWS)
                add_row(builder.mul(s, row_pitch), [(y, builder.sub(s, constants[y]), None) for y in rows], x)

        def separate_rows(x):  # type: ignore[no-untyped-def]
            with cgutils.for_range(builder, height) as loop:
                first = builder.mul(loop.index, spread_step)
                starts = [
                    builder.mul(builder.add(first, builder.mul(constants[y], step)), row_pitch) for y in range(_ROWS)
                ]
                add_row(None, [(y, loop.index, starts[y]) for y in range(_ROWS)], x)

        adjacent = builder.and_(
            builder.icmp_signed("==", step, constants[1]), builder.icmp_signed("==", spread_step, constants[1])
        )
        sharing = builder.and_(adjacent, builder.icmp_signed(">=", height, constants[_ROWS]))
        with cgutils.for_range_slice(
            builder, constants[0], columns, llvmlite.ir.Constant(word, lanes), word, inc=True
        ) as (x, _):
            places = [builder.add(builder.mul(constants[y], sum_pitch), x) for y in range(_ROWS)]
            with builder.if_else(values[9]) as (then, otherwise):
                with then:
                    for y in range(_ROWS):
                        builder.store(llvmlite.ir.Constant(vector, None), sums_here[y])
                with otherwise:
                    for y in range(_ROWS):
                        loaded = builder.load(block(sum_data, places[y]), align=sums.dtype.bitwidth // 8)
                        builder.store(loaded, sums_here[y])
            with builder.if_else(sharing) as (then, otherwise):
                with then:
                    shared_rows(x)
                with otherwise:
                    separate_rows(x)
            for y in range(_ROWS):
                builder.store(
                    builder.load(sums_here[y]), block(sum_data, places[y]), align=sums.dtype.bitwidth // 8
                )
        return context.get_dummy_value()

    return signature, generate


def _multiply_add_interpreted(
    sums: Array,
    pitch: int,
    source: Array,
    source_pitch: int,
    row_step: int,
    tap_step: int,
    taps: Array,
    offsets: Array,
    count: int,
    fresh: bool,
) -> None:
    """`sums[y, x] += Σ taps[i, j] · source[y·row_step + i·tap_step, x + offsets[j]]` for four rows, in order of i, j.

    Both `sums` and `source` are flat, with rows `pitch` apart; whole blocks of columns are computed and read.
    """
    width = len(offsets)
    for y in range(_ROWS):
        total = sums[y * pitch : y * pitch + count]
        if fresh:
            total[:] = 0
        for tap in range(len(taps)):
            start = (y * row_step + tap // width * tap_step) * source_pitch + offsets[tap % width]
            total += taps[tap] * source[start : start + count]


_multiply_add: Any = _multiply_add_interpreted if numba.config.DISABLE_JIT else _multiply_add_compiled


@inline
def _load(line, images[0], base, sources, fill, first, step, count, before, width):  # type: ignore[no-untyped-def]
    """`line[q·C + c] = image[base + sources[first + q·step]·C + c]`, or the fill; the inside at once if contiguous."""
    channels = len(fill)
    begin = end = 0
    if step == 1:
        begin = min(max(before - first, 0), count)
        end = min(max(before + width - first, begin), count)
        inside = line[begin * channels : end * channels]
        pixels = image[base + (first + begin - before) * channels :]
        for x in range(len(inside)):
            inside[x] = pixels[x]
    count = min(count, (len(sources) - first + step - 1) // step)
    for outside in range(count - (end - begin)):
        q = outside if outside < begin else outside + end - begin
        column = sources[first + q * step]
        for c in range(channels):
            line[q * channels + c] = image[base + column * channels + c] if column >= 0 else fill[c]


@inline
def _round(out, sums, limits):  # type: ignore[no-untyped-def]
    """Saturate and round half to even: a number with no bits left below the point, added and taken away."""
    low, high, magic = limits[0], limits[1], limits[2]
    for x in range(len(out)):
        out[x] = np.int32((min(max(sums[x], low), high) + magic) - magic)


@inline
def _store(out, sums):  # type: ignore[no-untyped-def]
    for x in range(len(out)):
        out[x] = sums[x]


@kernel(
    "void(Tuple((u1[::1], u2[::1], i2[::1], i4[::1], f4[::1], f8[::1])), i8,"
    " Tuple((u1[::1], u2[::1], i2[::1], i4[::1], f4[::1], f8[::1])), i8, i8[::1], i8[::1], {T}[::1], i8[::1], i8[::1], {T}[:,::1], {T}[:,::1],"
    " {T}[::1], {T}[::1], {T}[::1], {T}[::1], UniTuple(i8, 11), i8, i8)",
    types=("f4", "f8"),
)
def _windowed_sum(  # type: ignore[no-untyped-def]
    images,
    image_code,
    outs,
    out_code,
    row_sources,
    column_sources,
    fill,
    phases,
    offsets,
    vertical,
    horizontal,
    limits,
    strip,
    partial,
    sums,
    layout,
    start,
    stop,
):
    before, width, places, row_stride, column_stride, row_dilation, taps, separate, pitch, phase_pitch, tile = layout
    channels = len(fill)
    row_step, tap_step = (taps, 1) if separate else (row_stride, row_dilation)
    sums_pitch = len(sums) // _ROWS
    alone = np.zeros(1, np.int64)
    for y0 in range(start, stop, _TILE_ROWS):
        rows = min(_TILE_ROWS, stop - y0)
        strip_rows = rows * taps if separate else (rows - 1) * row_stride + (taps - 1) * row_dilation + 1
        for x0 in range(0, places, tile):
            columns = min(tile, places - x0)
            for s in range(strip_rows):
                if separate:
                    row = row_sources[(y0 + s // taps) * row_stride + s % taps * row_dilation]
                else:
                    row = row_sources[y0 * row_stride + s]
                for f in range(len(phases)):
                    line = strip[s * pitch + f * phase_pitch : s * pitch + (f + 1) * phase_pitch]
                    first, step = x0 * column_stride + phases[f], column_stride
                    count = columns + (phase_pitch // channels - tile)
                    if row < 0:
                        for q in range(count):
                            for c in range(channels):
                                line[q * channels + c] = fill[c]
                        continue
                    base = row * width * channels
                    if image_code == 0:
                        _load(line, images[0], base, column_sources, fill, first, step, count, before, width)
                    elif image_code == 1:
                        _load(line, images[1], base, column_sources, fill, first, step, count, before, width)
                    elif image_code == 2:
                        _load(line, images[2], base, column_sources, fill, first, step, count, before, width)
                    elif image_code == 3:
                        _load(line, images[3], base, column_sources, fill, first, step, count, before, width)
                    elif image_code == 4:
                        _load(line, images[4], base, column_sources, fill, first, step, count, before, width)
                    else:
                        _load(line, images[5], base, column_sources, fill, first, step, count, before, width)
            count = columns * channels
            for y in range(0, rows, _ROWS):
                for turn in range(max(1, 2 * len(vertical))):
                    rank, source = turn // 2, strip[y * row_step * pitch :]
                    target, target_pitch, taps_here, shifts, width_here = sums, sums_pitch, horizontal[rank], offsets, count
                    if len(vertical) > 0 and turn % 2 == 0:
                        target, target_pitch, taps_here, shifts, width_here = (
                            partial, pitch, vertical[rank], alone, pitch - _SLACK
                        )
                    ystep, tstep = row_step, tap_step
                    if turn % 2 == 1:
                        source, ystep, tstep = partial, 1, 1
                    fresh = turn < 2 or turn % 2 == 0
                    _multiply_add(
                        target, target_pitch, source, pitch, ystep, tstep, taps_here, shifts, width_here, fresh
                    )
                for r in range(min(_ROWS, rows - y)):
                    begin = ((y0 + y + r) * places + x0) * channels
                    total = sums[r * sums_pitch : r * sums_pitch + count]
                    if out_code == 0:
                        _round(outs[0][begin : begin + count], total, limits)
                    elif out_code == 1:
                        _round(outs[1][begin : begin + count], total, limits)
                    elif out_code == 2:
                        _round(outs[2][begin : begin + count], total, limits)
                    elif out_code == 3:
                        _round(outs[3][begin : begin + count], total, limits)
                    elif out_code == 4:
                        _store(outs[4][begin : begin + count], total)
                    else:
                        _store(outs[5][begin : begin + count], total)


def windowed_sum(image: Array, plan: Plan, vertical: Array, horizontal: Array) -> Array:
    """Sum each channel of the image over windows weighted by `Σ_r vertical[r] ⊗ horizontal[r]`.

    Parameters
    ----------
    image
        (H, W, C), C-contiguous and native.
    plan
        Geometry, border and dtypes of the convolution.
    vertical, horizontal
        (r, kh) and (r, kw): the factors of the kernel; or (0, kh) and (1, kh · kw): the kernel itself.

    Returns
    -------
    Array
        (h, w, C), `plan.output`.
    """
    rows, columns, channels = plan.rows, plan.columns, image.shape[2]
    kind = plan.accumulator
    shifts = np.arange(columns.taps) * columns.dilation
    phases = np.unique(shifts % columns.stride)
    tile = min(columns.places, max(1, _TILE_ELEMENTS // channels, int(shifts[-1]) // columns.stride))
    phase_pitch = (tile + int(shifts[-1]) // columns.stride) * channels
    pitch = len(phases) * phase_pitch + _SLACK
    offsets = np.searchsorted(phases, shifts % columns.stride) * phase_pitch + shifts // columns.stride * channels
    tile_rows = min(_TILE_ROWS, -(-rows.places // _ROWS) * _ROWS)
    span = (tile_rows - 1) * rows.stride + (rows.taps - 1) * rows.dilation + 1
    separate = span > tile_rows * rows.taps
    strip_rows = tile_rows * rows.taps if separate else span
    layout = (
        columns.before, columns.length, columns.places, rows.stride, columns.stride, rows.dilation, rows.taps,
        int(separate), pitch, phase_pitch, tile,
    )  # fmt: skip
    out = np.empty((rows.places, columns.places, channels), plan.output)
    images, outs = _by_dtype(image), _by_dtype(out)
    row_sources, column_sources = rows.sources(plan.border), columns.sources(plan.border)
    fill, limits = plan.fill.astype(kind), _limits(plan.output, kind)
    vertical, horizontal = (np.ascontiguousarray(factor, kind) for factor in (vertical, horizontal))

    def work(start: int, stop: int) -> None:
        strip = np.zeros(strip_rows * pitch, kind)
        partial = np.zeros(_ROWS * pitch if len(vertical) else 0, kind)
        sums = np.zeros(_ROWS * (-(-tile * channels // _SLACK) * _SLACK + 16), kind)
        _windowed_sum(
            images, PIXEL_DTYPES.index(image.dtype.name), outs, PIXEL_DTYPES.index(out.dtype.name), row_sources, column_sources,
            fill, phases, offsets, vertical, horizontal, limits, strip, partial, sums, layout, start, stop,
        )  # fmt: skip

    run_bands(work, rows.places, grain=_TILE_ROWS)
    return out


def _by_dtype(array: Array) -> tuple[Array, ...]:
    """One flat array for each dtype of pixels, empty but for the array's own: one compiled kernel serves all dtypes."""
    return tuple(array.reshape(-1) if array.dtype == dtype else np.empty(0, dtype) for dtype in PIXEL_DTYPES)


def _limits(output: np.dtype[Any], kind: np.dtype[Any]) -> Array:
    """Smallest and largest value of an integer output, and what rounds to whole numbers when added and taken away."""
    if output.kind == "f":
        return np.zeros(3, kind)
    info = np.iinfo(output)
    return np.array([info.min, info.max, 1.5 * 2.0 ** np.finfo(kind).nmant], kind)
