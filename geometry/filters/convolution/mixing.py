"""Convolutions that mix channels, summed tap by tap: outputs of neighbouring pixels stay in registers over the taps."""
# mypy: allow-untyped-defs, allow-untyped-calls

from collections.abc import Callable

import numpy as np

from geometry.filters.convolution.blocks import run_blocks
from geometry.filters.convolution.plan import Plan
from geometry.fold import fold
from geometry.inputs import Array
from geometry.kernel import kernel
from geometry.lanes import Operand, lanes, load, multiply_add, store

_VECTOR_BYTES = 64
_VECTORS = 4  # of output channels, and
_PIXELS = 6  # neighbouring pixels, whose sums fill 24 of 32 registers
_TERMS = 64  # products of a sum that are added at a time; their factors stay in the first-level cache
_PRODUCT_NS, _NUMBER_NS, _RUN_NS = 0.017, 0.7, 6.0
_TAP_NS, _CALL_NS = 3.0, 5e5
"""Of a product and sum in float32; of a number loaded or stored; of adding so many products to the sums of a pixel. Of
a tap laid out in panels; of a call. Fitted, see the benchmarks."""

_BLOCK_NUMBERS, _BLOCKS = 2**18, 8
"""Of pixels or sums in a block; of blocks in a small image, so that all threads have some."""
_PATCH_NUMBERS = 2**21
"""Of what the windows of a block's one row see, where there is a choice."""


def _mixing(pixels: int, vectors: int) -> Callable[..., None]:
    def mix(
        patch: Operand, at: Operand, step: Operand, weights: Operand, begin: Operand, pitch: Operand, terms: Operand,
        sums: Operand, into: Operand, width: Operand,
    ) -> None:  # fmt: skip
        """`sums[into + p·width + v] += Σ_k patch[at + p·step + k] · weights[begin + k·pitch + v]`, in order of k."""
        count = _VECTOR_BYTES // weights.dtype.itemsize
        places = [(p, into + p * width + v * count) for p in range(pixels) for v in range(vectors)]

        def add(k: Operand, totals: list[Operand]) -> list[Operand]:
            factors = [load(weights, begin + k * pitch + v * count, count) for v in range(vectors)]
            values = [load(patch, at + p * step + k, 1) for p in range(pixels)]
            return [
                multiply_add(factors[n % vectors], values[p], total)
                for n, ((p, _), total) in enumerate(zip(places, totals, strict=True))
            ]

        totals = fold(terms, [load(sums, place, count) for _, place in places], add)
        for (_, place), total in zip(places, totals, strict=True):
            store(sums, place, total)

    return lanes(mix)


_mix_6x4, _mix_2x4, _mix_1x4 = (_mixing(pixels, _VECTORS) for pixels in (_PIXELS, 2, 1))
_mix_6x1, _mix_1x1 = _mixing(_PIXELS, 1), _mixing(1, 1)


@kernel("void({T}[:,:,::1], {T}[:,:,:,::1], {T}[:,:,::1], UniTuple(i8, 4), i8, i8)", types=("f4", "f8"))
def _mix_channels(patch, weights, sums, steps, first, channels):
    """`weights` (panels, kh, kw · channels, panel); the group begins at channel `first` of the patch."""
    row_stride, stride, row_dilation, dilation = steps
    rows, columns, padded = sums.shape
    panels, height, depth, panel = weights.shape
    flat, source, factors = sums.reshape(sums.size), patch.reshape(patch.size), weights.reshape(weights.size)
    vector = panel // _VECTORS
    together = dilation == 1 and channels == patch.shape[2]
    run = min(depth if together else channels, _TERMS)
    step = stride * patch.shape[2]
    for number in range(panels):
        vectors = min(_VECTORS, (padded - number * panel) // vector)
        for y in range(rows):
            into = y * columns * padded + number * panel
            for i in range(height):
                row = (y * row_stride + i * row_dilation) * patch.shape[1] * patch.shape[2] + first
                k = 0
                while k < depth:
                    tap, channel = k // channels, k % channels
                    terms = min(run, depth - k if together else channels - channel)
                    at = row + tap * dilation * patch.shape[2] + channel
                    begin = ((number * height + i) * depth + k) * panel
                    x = 0
                    while x < columns:
                        source_at, target_at, left = at + x * step, into + x * padded, columns - x
                        if vectors == _VECTORS:
                            if left >= _PIXELS:
                                _mix_6x4(source, source_at, step, factors, begin, panel, terms, flat, target_at, padded)
                                x += _PIXELS
                            elif left > 1:
                                _mix_2x4(source, source_at, step, factors, begin, panel, terms, flat, target_at, padded)
                                x += 2
                            else:
                                _mix_1x4(source, source_at, step, factors, begin, panel, terms, flat, target_at, padded)
                                x += 1
                            continue
                        many = left >= _PIXELS
                        for v in range(0, vectors * vector, vector):
                            if many:
                                _mix_6x1(
                                    source, source_at, step, factors, begin + v, panel, terms, flat, target_at + v,
                                    padded,
                                )  # fmt: skip
                            else:
                                _mix_1x1(
                                    source, source_at, step, factors, begin + v, panel, terms, flat, target_at + v,
                                    padded,
                                )  # fmt: skip
                        x += _PIXELS if many else 1
                    k += terms


def mix(images: Array, plan: Plan, out: Array) -> None:
    """Sum `taps[i, j, k, c] · image[…, g·Cin + k]` over i, j, k, in this order, for each output channel c of group g.

    Parameters
    ----------
    images, plan, out
        As for `run_blocks`.
    """
    rows, columns, kind = plan.rows, plan.columns, plan.accumulator
    channels_in, width = plan.taps.shape[2], plan.taps.shape[3] // plan.groups
    factors = _panels(plan)
    vector = factors.shape[-1] // _VECTORS
    padded = -(-width // vector) * vector
    steps = rows.stride, columns.stride, rows.dilation, columns.dilation

    def compute(patch: Array, sums: Array) -> None:
        if plan.groups == 1 and padded == width:
            sums[:] = 0
            _mix_channels(patch, factors[0], sums, steps, 0, channels_in)
            return
        for group in range(plan.groups):
            filled = np.zeros((*sums.shape[:2], padded), kind)
            _mix_channels(patch, factors[group], filled, steps, group * channels_in, channels_in)
            sums[..., group * width : (group + 1) * width] = filled[..., :width]

    pixels = _BLOCK_NUMBERS // max(images.shape[3], padded)
    pixels = min(pixels, -(-len(images) * rows.places * columns.places // _BLOCKS))
    tall = ((rows.taps - 1) * rows.dilation + 1) * columns.stride * images.shape[3]
    widest = min(columns.places, max(_PIXELS, _PATCH_NUMBERS // tall))
    run_blocks(images, plan, out, max(pixels, widest), widest, compute)


def _panels(plan: Plan) -> Array:
    """Taps as (groups, panels, kh, kw · Cin, panel): as many output channels as sums have lanes, filled up with 0."""
    kh, kw, channels_in, channels_out = plan.taps.shape
    width, panel = channels_out // plan.groups, panel_width(plan.accumulator.itemsize)
    panels = -(-width // panel)
    filled = np.zeros((kh, kw * channels_in, plan.groups, panels * panel), plan.accumulator)
    filled[..., :width] = plan.taps.reshape(kh, kw * channels_in, plan.groups, width)
    return np.ascontiguousarray(filled.reshape(*filled.shape[:3], panels, panel).transpose(2, 3, 0, 1, 4))


def panel_width(itemsize: int) -> int:
    """Output channels whose sums are in registers at a time."""
    return _VECTORS * _VECTOR_BYTES // itemsize


def mix_seconds(plan: Plan) -> float:
    """Estimated time for one image on one core."""
    kh, kw, channels_in, channels_out = plan.taps.shape
    width, panel = channels_out // plan.groups, panel_width(plan.accumulator.itemsize)
    vector = panel // _VECTORS
    vectors = -(-width // vector)
    together = plan.columns.dilation == 1 and plan.groups == 1
    runs = kh * -(-kw * channels_in // _TERMS) if together else kh * kw * plan.groups * -(-channels_in // _TERMS)
    passes = runs * (vectors // _VECTORS + vectors % _VECTORS)
    products = plan.groups * vectors * vector * kh * kw * channels_in
    numbers = plan.groups * (channels_in + vectors * vector)
    wide = plan.accumulator.itemsize / 4
    each = passes * _RUN_NS + (products * _PRODUCT_NS + numbers * _NUMBER_NS) * wide
    return float(_CALL_NS + plan.taps.size * _TAP_NS + plan.rows.places * plan.columns.places * each) * 1e-9
