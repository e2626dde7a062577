"""Outputs that mix channels, block by block: each block from a patch of the padded image, in the type of the sums."""

from collections.abc import Callable

import numpy as np

from geometry.bands import run_bands
from geometry.filters.convolution.plan import Plan
from geometry.filters.window import Axis
from geometry.inputs import Array

Compute = Callable[[Array, Array], None]
"""Fills sums (rows, columns, Cout) of as many windows of a patch (·, ·, C); both in the accumulator's type."""


def run_blocks(images: Array, plan: Plan, out: Array, pixels: int, widest: int, compute: Compute) -> None:
    """Fill an output with what `compute` finds in blocks of a fixed number of pixels, on all threads.

    Parameters
    ----------
    images
        (N, H, W, C), C-contiguous and native.
    plan
        `plan.taps` (kh, kw, C / groups, Cout).
    out
        (N, h, w, Cout), `plan.output`; overwritten.
    pixels
        Of a block, at most; the result must not depend on how blocks are shared among threads.
    widest
        Columns of a block, at most.
    """
    row_sources, column_sources = plan.rows.sources(plan.border), plan.columns.sources(plan.border)
    block_columns = max(1, min(plan.columns.places, pixels, widest))
    block_rows = min(plan.rows.places, max(1, pixels // block_columns))
    across = -(-plan.columns.places // block_columns)
    down = -(-plan.rows.places // block_rows)

    def work(start: int, stop: int) -> None:
        with np.errstate(all="ignore"):
            for number in range(start, stop):
                picture, block = divmod(number, across * down)
                y0, x0 = block // across * block_rows, block % across * block_columns
                target = out[picture, y0 : y0 + block_rows, x0 : x0 + block_columns]
                rows, columns = target.shape[:2]
                y = _Reach(plan.rows, row_sources, y0, rows)
                x = _Reach(plan.columns, column_sources, x0, columns)
                ready = target.dtype == plan.accumulator and target.flags.c_contiguous
                sums = target if ready else np.empty(target.shape, plan.accumulator)
                compute(_patch(images[picture], y, x, plan), sums)
                if not ready:
                    target[:] = _finished(sums, plan)

    run_bands(work, len(images) * across * down)


class _Reach:
    """The part of a padded axis that the windows of some places read."""

    def __init__(self, axis: Axis, sources: Array, first: int, places: int) -> None:
        start = first * axis.stride
        self.sources = sources[start : start + (places - 1) * axis.stride + (axis.taps - 1) * axis.dilation + 1]
        begin = min(max(axis.before - start, 0), len(self.sources))
        end = min(max(axis.before + axis.length - start, begin), len(self.sources))
        self.inside = slice(begin, end)
        """What lies inside the image, in the patch and"""
        self.pixels = slice(start + begin - axis.before, start + end - axis.before)
        """there."""
        self.outside = np.concatenate([np.arange(begin), np.arange(end, len(self.sources))])


def _patch(image: Array, rows: _Reach, columns: _Reach, plan: Plan) -> Array:
    """A part of the padded image, in the accumulator's type."""
    inside = image[rows.pixels, columns.pixels]
    if len(rows.outside) == len(columns.outside) == 0:
        return np.ascontiguousarray(inside, plan.accumulator)
    patch = np.empty((len(rows.sources), len(columns.sources), image.shape[2]), plan.accumulator)
    patch[rows.inside, columns.inside] = inside
    for down, across in ((rows.inside, columns.outside), (rows.outside, slice(None))):
        y, x = rows.sources[down], columns.sources[across]
        beyond = image[np.maximum(y, 0)[:, np.newaxis], np.maximum(x, 0)].astype(plan.accumulator)
        beyond[y < 0] = plan.fill
        beyond[:, x < 0] = plan.fill
        patch[down, across] = beyond
    return patch


def _finished(sums: Array, plan: Plan) -> Array:
    """Round half to even and saturate, where the output is whole."""
    if plan.output.kind == "f":
        return sums
    info = np.iinfo(plan.output)
    return np.clip(np.rint(sums), info.min, info.max)
