"""Engine: products of spectra, block by block (overlap-save).

Two blocks of pixels, one as real and one as imaginary part, go through one complex transform: the taps are real, so the
two never mix. Blocks are small enough for the caches, whatever the image; memory does not grow with it. Kernels wider
than half a block are cut into pieces; kernels (kh, kw, Cin, Cout) sum the spectra of all input channels before the
one way back.
"""
# mypy: allow-untyped-defs, allow-untyped-calls

from math import ceil

import numpy as np
from numba import literal_unroll

from geometry.bands import run_bands
from geometry.filters.convolution.channels import mix_channels
from geometry.filters.convolution.direct import direct
from geometry.filters.convolution.plan import Plan
from geometry.filters.convolution.spectral_blocks import SPECTRA_BYTES, Tiling, pieces_of, spectral_plan, tiling
from geometry.filters.convolution.strip import flat_by_dtype, rounding_limits
from geometry.filters.convolution.transform import multiply_spectra, passes, transform, transform_back, transform_blocks
from geometry.inputs import Array
from geometry.kernel import inline, kernel
from geometry.lanes import LANES, lanes, load, store
from geometry.memory import fresh_arrays


@inline
def _gather(into, source, step):
    if step == 1:
        for x in range(len(into)):
            into[x] = source[x]
    else:
        apart = np.uint64(step)
        for place in range(np.uint64(len(into))):
            into[place] = source[place * apart]


@inline
def _scatter(into, step, count, source, stride, adds):
    if step == 1 and stride == 1 and not adds:
        line = into[:count]
        for x in range(len(line)):
            line[x] = source[x]
    else:
        apart, spread = np.uint64(step), np.uint64(stride)
        for place in range(np.uint64(count)):
            before = into[place * apart] if adds else 0
            into[place * apart] = before + source[place * spread]


@inline
def _scatter_rounded(into, step, count, source, stride, low, high, magic):
    """Round half to even and saturate: a number with no bits left below the point, added and taken away."""
    apart, spread = np.uint64(step), np.uint64(stride)
    for place in range(np.uint64(count)):
        total = min(max(source[place * spread], low), high)
        into[place * apart] = np.int32((total + magic) - magic)


@inline
def _load_line(line, images, row, column_sources, x0, before, width, channels, channel, fill):
    """One row of a block: pixels of the padded image from column `x0` on; zeros where no window looks."""
    count, known = len(line), len(column_sources)
    begin = min(max(before - x0, 0), count)
    end = min(max(before + width - x0, begin), count)
    for image in literal_unroll(images):
        if len(image) > 0:
            first = (row * width + max(x0 + begin - before, 0)) * channels + channel
            inside, origin = line[begin:end], image[first:]
            _gather(inside, origin, channels)
            for outside in range(count - (end - begin)):
                x = outside if outside < begin else outside + end - begin
                column = column_sources[x0 + x] if x0 + x < known else -2
                line[x] = image[(row * width + column) * channels + channel] if column >= 0 else fill
                if column == -2:
                    line[x] = 0


@lanes
def _move(source, at, target, to):
    store(target, to, load(source, at))


@lanes
def _move_checked(source, at, target, to, growth, doubt):
    """Move, and let `doubt` become NaN in lanes where `growth` times a pixel was no finite number."""
    pixels = load(source, at)
    store(target, to, pixels)
    grown = pixels * growth
    store(doubt, 0, load(doubt, 0) + (grown - grown))


@inline
def _load_block(block, half, line, doubt, images, sources, y0, x0, channel, fill, growth, shape, numbers):
    """Pixels into one half of a block; zeros instead where `growth` times one of them is no finite number, and True."""
    ny, nx = shape
    before, width, channels = numbers
    rows, columns = sources
    for lane in range(LANES):
        doubt[lane] = 0
    for y in range(ny):
        row = rows[y0 + y] if y0 + y < len(rows) else -2
        if row >= 0:
            _load_line(line, images, row, columns, x0, before, width, channels, channel, fill)
        else:
            for x in range(nx):
                line[x] = fill if row == -1 else 0
        for strip in range(nx // LANES):
            _move_checked(line, strip * LANES, block, ((strip * ny + y) * 2 + half) * LANES, growth, doubt)
    wild = False
    for lane in range(LANES):
        wild |= doubt[lane] != 0
    if wild:
        _clear(block, half)
    return wild


@inline
def _clear(block, half):
    for at in range(half * LANES, len(block), 2 * LANES):
        for lane in range(LANES):
            block[at + lane] = 0


@inline
def _store_whole(outs, begin, step, count, sums, stride, limits):
    low, high, magic = limits[0], limits[1], limits[2]
    for out in literal_unroll(outs):
        if len(out) > 0:
            _scatter_rounded(out[begin:], step, count, sums, stride, low, high, magic)


@inline
def _store_real(outs, begin, step, count, sums, stride, adds):
    for out in literal_unroll(outs):
        if len(out) > 0:
            _scatter(out[begin:], step, count, sums, stride, adds)


@kernel(
    "void(Tuple((u1[::1], u2[::1], i2[::1], f4[::1])), Tuple((u1[::1], u2[::1], i2[::1])), Tuple((f4[::1],)),"
    " UniTuple(i8[::1], 2), f4[::1], f4[:,:,::1], UniTuple(i8[::1], 2), UniTuple(f4[::1], 2), f4[::1], i8[:,::1],"
    " u1[::1], f4[:,::1], f4[::1], f4[::1], UniTuple(i8, 16), i8, i8)",
    "void(Tuple((u1[::1], u2[::1], i2[::1], i4[::1], f4[::1], f8[::1])), Tuple((u1[::1], u2[::1], i2[::1], i4[::1])),"
    " Tuple((f4[::1], f8[::1])), UniTuple(i8[::1], 2), f8[::1], f8[:,:,::1], UniTuple(i8[::1], 2),"
    " UniTuple(f8[::1], 2), f8[::1], i8[:,::1], u1[::1], f8[:,::1], f8[::1], f8[::1], UniTuple(i8, 16), i8, i8)",
)
def _overlap_save(
    images, wholes, reals, sources, fill, spectra, radices, factors, limits, terms, wild, blocks, line, doubt, layout,
    start, stop,
):  # fmt: skip
    ny, nx, before, width, channels, channels_out, alike, across, rows, columns, high, wide = layout[:12]
    row_stride, column_stride, first_out, adds = layout[12:]
    alone = len(spectra) == 1 and len(terms) == 1
    units, strips = len(wild), ((columns - 1) * column_stride + LANES) // LANES
    block, other = blocks[0], blocks[1]
    for pair in range(start, stop):
        for term in range(len(terms)):
            for half in range(2):
                unit = 2 * pair + half
                if unit >= units:
                    _clear(block, half)
                    continue
                tile, channel = unit // alike, unit % alike + terms[term, 0]
                y0 = tile // across * rows * row_stride + terms[term, 1]
                x0 = tile % across * columns * column_stride + terms[term, 2]
                if _load_block(
                    block, half, line, doubt, images, sources, y0, x0, channel, fill[channel], limits[4], (ny, nx),
                    (before, width, channels),
                ):  # fmt: skip
                    wild[unit] = 1
            transform(block, other, ny, nx, radices, factors)
            for number in range(len(spectra)):
                multiply_spectra(other, spectra[number, term], other if alone else blocks[2 + number], term == 0)
        for number in range(len(spectra)):
            transform_back(other if alone else blocks[2 + number], block, ny, nx, strips, radices, factors)
            for half in range(2):
                unit = 2 * pair + half
                if unit >= units:
                    continue
                tile, channel = unit // alike, unit % alike + first_out + number
                y1, x1 = tile // across * rows, tile % across * columns
                for y in range(min(rows, high - y1)):
                    for strip in range(strips):
                        _move(block, ((strip * ny + y * row_stride) * 2 + half) * LANES, line, strip * LANES)
                    begin = ((y1 + y) * wide + x1) * channels_out + channel
                    count = min(columns, wide - x1)
                    if limits[3] > 0:
                        for x in range(strips * LANES):
                            line[x] = np.rint(line[x] * limits[3]) / limits[3]
                    _store_whole(wholes, begin, channels_out, count, line, column_stride, limits)
                    _store_real(reals, begin, channels_out, count, line, column_stride, adds > 0)


def _spectra(plan: Plan, cut: Tiling, outputs: range, terms: list[tuple[int, int, int]]) -> Array:
    """Spectra of pieces of the kernel, reversed, and divided by what the transforms there and back multiply with."""
    size = 2 * cut.ny * cut.nx
    (blocks,) = fresh_arrays(((len(outputs), len(terms), size), plan.accumulator))
    taps = plan.taps if plan.taps.ndim == 4 else plan.taps[:, :, np.newaxis, np.newaxis]

    def work(start: int, stop: int) -> None:
        for number in range(start, stop):
            output, (channel, i, j) = outputs[number // len(terms)], terms[number % len(terms)]
            piece = taps[i : i + cut.piece_rows, j : j + cut.piece_columns, channel, output]
            y = -np.arange(piece.shape[0]) * plan.rows.dilation % cut.ny
            x = -np.arange(piece.shape[1]) * plan.columns.dilation % cut.nx
            block = blocks[number // len(terms), number % len(terms)]
            block[:] = 0
            places = block.reshape(cut.nx // LANES, cut.ny, 2, LANES)
            places[x // LANES, y[:, np.newaxis], 0, x % LANES] = piece / (cut.ny * cut.nx)
            transform_blocks(block[np.newaxis], (cut.ny, cut.nx))

    run_bands(work, len(outputs) * len(terms))
    return blocks


def fft(images: Array, plan: Plan, out: Array) -> None:
    """Sum `taps[i, j] · image[y·sy + i·dy - top, x·sx + j·dx - left]` over i, j by spectra.

    Parameters
    ----------
    images
        (N, H, W, C), C-contiguous and native.
    plan
        Geometry, taps and dtypes of the convolution.
    out
        (N, h, w, C) or (N, h, w, Cout), `plan.output`; overwritten.
    """
    plan = spectral_plan(plan)[0]
    cut, kind = tiling(plan), plan.accumulator
    pieces, mixes = pieces_of(plan, cut), plan.taps.ndim == 4
    inputs = plan.taps.shape[2] if mixes else 1
    terms = [(channel, i, j) for channel in range(inputs) for i, j in pieces]
    outputs = plan.taps.shape[3] if mixes else 1
    room = max(1, SPECTRA_BYTES // (2 * cut.ny * cut.nx * kind.itemsize))
    terms_each = min(len(terms), room)
    outputs_each = min(outputs // plan.groups, max(1, room // terms_each))
    partial = terms_each < len(terms) and out.dtype != kind
    totals = np.empty(out.shape, kind) if partial else out
    wild = np.zeros((len(images), ceil(cut.tiles * (1 if mixes else images.shape[3]))), np.uint8)
    for group in range(plan.groups):
        members = range(group * outputs // plan.groups, (group + 1) * outputs // plan.groups)
        for first in range(0, len(members), outputs_each):
            chosen = members[first : first + outputs_each]
            for begin in range(0, len(terms), terms_each):
                some = terms[begin : begin + terms_each]
                spectra = _spectra(plan, cut, chosen, some)
                for image, target, strange in zip(images, totals, wild, strict=True):
                    shifted = [
                        (group * inputs + channel, i * plan.rows.dilation, j * plan.columns.dilation)
                        for channel, i, j in some
                    ]
                    _run(image, target, plan, cut, spectra, shifted, strange, chosen.start, adds=begin > 0)
    if partial:
        out[:] = totals if out.dtype.kind == "f" else _rounded(totals, plan)
    for image, target, strange in zip(images, out, wild, strict=True):
        _repair(image, target, plan, cut, strange)


def _run(
    image: Array, target: Array, plan: Plan, cut: Tiling, spectra: Array, terms: list[tuple[int, int, int]],
    wild: Array, first_out: int, *, adds: bool,
) -> None:  # fmt: skip
    kind, size = plan.accumulator, 2 * cut.ny * cut.nx
    down, across = passes(cut.ny, kind), passes(cut.nx, kind)
    images = flat_by_dtype(image, kind, "iuf")
    wholes, reals = flat_by_dtype(target, kind, "iu"), flat_by_dtype(target, kind, "f")
    sources = plan.rows.sources(plan.border), plan.columns.sources(plan.border)
    alike = image.shape[2] if plan.taps.ndim == 2 else 1
    layout = (
        cut.ny, cut.nx, plan.columns.before, plan.columns.length, image.shape[2], target.shape[2], alike, cut.across,
        cut.rows, cut.columns, plan.rows.places, plan.columns.places, plan.rows.stride, plan.columns.stride, first_out,
        int(adds),
    )  # fmt: skip
    grid = 0.0 if plan.exponent is None else 2.0**plan.exponent
    limits = np.array([*rounding_limits(target.dtype, kind), grid, _growth(plan, size)], kind)
    fill, places = plan.fill.astype(kind), np.array(terms, np.int64)

    def work(start: int, stop: int) -> None:
        sums = 0 if len(terms) == len(spectra) == 1 else len(spectra)
        blocks, line, doubt = fresh_arrays(((2 + sums, size), kind), ((cut.nx,), kind), ((LANES,), kind))
        with np.errstate(all="ignore"):
            _overlap_save(
                images, wholes, reals, sources, fill, spectra, (down.radices, across.radices),
                (down.factors, across.factors), limits, places, wild, blocks, line, doubt, layout, start, stop,
            )  # fmt: skip

    run_bands(work, ceil(len(wild) / 2))


def _growth(plan: Plan, numbers: int) -> float:
    """How much larger than a pixel a sum on the way can become, at most."""
    return 4.0 * numbers * max(1.0, float(np.abs(plan.taps).sum()))


def _rounded(totals: Array, plan: Plan) -> Array:
    info = np.iinfo(plan.output)
    if plan.exponent is not None:
        totals = np.rint(totals * 2.0**plan.exponent) / 2.0**plan.exponent
    return np.clip(np.rint(totals), info.min, info.max)


def _repair(image: Array, target: Array, plan: Plan, cut: Tiling, wild: Array) -> None:
    """Sum tiles tap by tap in which pixels are no numbers, or too large for spectra: others must not hear of them."""
    flagged = wild.reshape(cut.tiles, -1).astype(bool)
    for tile in np.flatnonzero(flagged.any(axis=1)).tolist():
        y, x = tile // cut.across * cut.rows, tile % cut.across * cut.columns
        rows, columns = plan.rows.part(y, cut.rows), plan.columns.part(x, cut.columns)
        part = plan._replace(rows=rows, columns=columns)
        patch = np.empty((1, rows.places, columns.places, target.shape[2]), target.dtype)
        (mix_channels if plan.taps.ndim == 4 else direct)(image[np.newaxis], part, patch)
        chosen = flagged[tile] if plan.taps.ndim == 2 else np.ones(target.shape[2], bool)
        target[y : y + rows.places, x : x + columns.places, chosen] = patch[0][:, :, chosen]
