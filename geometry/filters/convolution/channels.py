"""Convolutions that mix channels: windows laid out as rows of a matrix, times the kernel as a matrix."""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from geometry.bands import run_bands
from geometry.blas import one_blas_thread
from geometry.filters.convolution.plan import Plan
from geometry.filters.window import Axis
from geometry.inputs import Array

_BLOCK_BYTES = 2**22


def mix_channels(images: Array, plan: Plan, out: Array) -> None:
    """Sum `taps[i, j, k, c] · image[…, g·Cin + k]` over i, j, k for each output channel c of group g.

    The output is cut into blocks of fixed size, so that memory is bounded and the result does not depend on how blocks
    are shared among threads. A block is one matrix product per group; groups of one channel are summed tap by tap.

    Parameters
    ----------
    images
        (N, H, W, C), C-contiguous and native.
    plan
        `plan.taps` (kh, kw, C / groups, Cout).
    out
        (N, h, w, Cout), `plan.output`; overwritten.
    """
    kh, kw, channels_in, channels_out = plan.taps.shape
    depth, width = kh * kw * channels_in, channels_out // plan.groups
    weights = np.ascontiguousarray(np.moveaxis(plan.taps.reshape(depth, plan.groups, width), 1, 0), plan.accumulator)
    row_sources, column_sources = plan.rows.sources(plan.border), plan.columns.sources(plan.border)
    pixels = max(1, _BLOCK_BYTES // (depth * plan.accumulator.itemsize))
    block_columns = min(plan.columns.places, pixels)
    block_rows = min(plan.rows.places, max(1, pixels // block_columns))
    across = -(-plan.columns.places // block_columns)
    down = -(-plan.rows.places // block_rows)

    def compute(number: int) -> None:
        picture, block = divmod(number, across * down)
        image, y0, x0 = images[picture], block // across * block_rows, block % across * block_columns
        target = out[picture, y0 : y0 + block_rows, x0 : x0 + block_columns]
        y_sources = _reach(row_sources, plan.rows, y0, target.shape[0])
        x_sources = _reach(column_sources, plan.columns, x0, target.shape[1])
        windows = _windows(_patch(image, y_sources, x_sources, plan), plan, target.shape[0], target.shape[1])
        if channels_in == 1 and plan.groups > 1:
            target[:] = _finished(_sum_taps(windows, weights), plan)
            return
        for group in range(plan.groups):
            first = group * channels_in
            matrix = windows[..., first : first + channels_in].reshape(-1, depth)
            sums = (matrix @ weights[group]).reshape(*target.shape[:2], width)
            target[..., group * width : (group + 1) * width] = _finished(sums, plan)

    def work(start: int, stop: int) -> None:
        with np.errstate(all="ignore"):
            for block in range(start, stop):
                compute(block)

    with one_blas_thread():
        run_bands(work, len(images) * across * down)


def _reach(sources: Array, axis: Axis, first: int, places: int) -> Array:
    """The part of a padded axis that the windows of `places` places read."""
    start = first * axis.stride
    return sources[start : start + (places - 1) * axis.stride + (axis.taps - 1) * axis.dilation + 1]


def _patch(image: Array, rows: Array, columns: Array, plan: Plan) -> Array:
    """A part of the padded image, in the accumulator's type."""
    inside_rows = _run(rows)
    inside_columns = _run(columns)
    if inside_rows is not None and inside_columns is not None:
        return np.ascontiguousarray(image[inside_rows, inside_columns], plan.accumulator)
    patch = image[np.maximum(rows, 0)[:, np.newaxis], np.maximum(columns, 0)].astype(plan.accumulator)
    patch[rows < 0] = plan.fill
    patch[:, columns < 0] = plan.fill
    return patch


def _run(sources: Array) -> slice | None:
    """Sources as a slice, where they count up by one."""
    first, last = int(sources[0]), int(sources[-1])
    counts_up = first >= 0 and last - first == len(sources) - 1 and bool((np.diff(sources) == 1).all())
    return slice(first, last + 1) if counts_up else None


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


def _finished(sums: Array, plan: Plan) -> Array:
    """Round half to even and saturate, where the output is whole."""
    if plan.output.kind == "f":
        return sums
    info = np.iinfo(plan.output)
    return np.clip(np.rint(sums), info.min, info.max)
