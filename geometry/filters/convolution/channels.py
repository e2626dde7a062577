"""Engine: windows laid out as rows of a matrix, times the kernel as a matrix."""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from geometry.blas import one_blas_thread
from geometry.filters.convolution.blocks import run_blocks
from geometry.filters.convolution.plan import Plan
from geometry.inputs import Array

_BLOCK_BYTES = 2**22

_PIXEL_NS, _RUN_NS, _GATHER_NS, _PRODUCT_NS, _CALL_NS = 5.0, 12.0, 0.6, 0.03, 3e5
_TAP_NS, _SPREAD_NS = 4.0, 14.0
"""Of a pixel, of a row of a window laid out for a matrix product, and of each number in it; of a product and sum in
float32; of a call. Of a product and sum without a matrix, for one output channel a group and for more. Fitted, see the
benchmarks."""


def mix_channels(images: Array, plan: Plan, out: Array) -> None:
    """Sum `taps[i, j, k, c] · image[…, g·Cin + k]` over i, j, k for each output channel c of group g.

    A block of the output, of fixed size, is one matrix product per group; groups of one channel are summed tap by tap.

    Parameters
    ----------
    images, plan, out
        As for `run_blocks`.
    """
    kh, kw, channels_in, channels_out = plan.taps.shape
    depth, width = kh * kw * channels_in, channels_out // plan.groups
    weights = np.ascontiguousarray(np.moveaxis(plan.taps.reshape(depth, plan.groups, width), 1, 0), plan.accumulator)

    def compute(patch: Array, sums: Array) -> None:
        rows, columns = sums.shape[:2]
        windows = _windows(patch, plan, rows, columns)
        if channels_in == 1 and plan.groups > 1:
            sums[:] = _sum_taps(windows, weights)
            return
        for group in range(plan.groups):
            first = group * channels_in
            matrix = windows[..., first : first + channels_in].reshape(-1, depth)
            sums[..., group * width : (group + 1) * width] = (matrix @ weights[group]).reshape(rows, columns, width)

    with one_blas_thread():
        pixels = _BLOCK_BYTES // (depth * plan.accumulator.itemsize)
        run_blocks(images, plan, out, pixels, pixels, compute)


def matrix_seconds(plan: Plan) -> float:
    """Estimated time for one image on one core."""
    kh, kw, channels_in, channels_out = plan.taps.shape
    depth, wide = kh * kw * channels_in, plan.accumulator.itemsize / 4
    products = depth * channels_out
    if channels_in == 1 and plan.groups > 1:
        each = products * (_TAP_NS if channels_out == plan.groups else _SPREAD_NS)
    else:
        each = plan.groups * (_PIXEL_NS + kh * _RUN_NS + depth * _GATHER_NS * wide) + products * _PRODUCT_NS * wide
    return float(_CALL_NS + plan.taps.size + plan.rows.places * plan.columns.places * each) * 1e-9


def _windows(patch: Array, plan: Plan, rows: int, columns: int) -> Array:
    """View of a patch as (rows, columns, kh, kw, C)."""
    y, x, c = patch.strides
    return as_strided(
        patch,
        (rows, columns, plan.rows.taps, plan.columns.taps, patch.shape[2]),
        (y * plan.rows.stride, x * plan.columns.stride, y * plan.rows.dilation, x * plan.columns.dilation, c),
        writeable=False,
    )


def _sum_taps(windows: Array, weights: Array) -> Array:
    """Sums (rows, columns, Cout) over windows (rows, columns, kh, kw, C), weights (C, kh · kw, Cout / C)."""
    groups, depth, width = weights.shape
    sums = np.zeros((*windows.shape[:2], groups, width), weights.dtype)
    for tap in range(depth):
        i, j = divmod(tap, windows.shape[3])
        sums += windows[:, :, i, j, :, np.newaxis] * weights[:, tap]
    return sums.reshape(*sums.shape[:2], -1)
