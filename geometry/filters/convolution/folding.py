"""The adjoint of a border: what lies on a padded image goes back to the pixels that it shows."""

import numpy as np

from geometry.filters.window import Axis
from geometry.inputs import Array


def fold_border(padded: Array, rows: Axis, columns: Axis, border: str) -> Array:
    """Add every pixel of padded images to the pixel of the image that the border shows there.

    `out[s] = Σ_p padded[p]` over all p with `s = source(p)`: the transpose of padding. Pixels of a constant border show
    none and are dropped; pixels that no window reaches become 0.

    Parameters
    ----------
    padded
        (N, rows.padded, columns.padded, C).
    rows, columns
        How windows cover the image.
    border
        As for `convolve`.

    Returns
    -------
    Array
        (N, H, W, C), the dtype of `padded`.
    """
    return _fold_axis(_fold_axis(padded, 1, rows, border), 2, columns, border)


def _fold_axis(padded: Array, number: int, axis: Axis, border: str) -> Array:
    sources = axis.sources(border)
    away = np.moveaxis(padded, number, 0)
    out = np.zeros((axis.length, *away.shape[1:]), padded.dtype)
    begin = min(max(axis.before, 0), len(sources))
    end = max(begin, min(axis.before + axis.length, len(sources)))
    first = begin - axis.before
    out[first : first + end - begin] = away[begin:end]
    for outside in (slice(0, begin), slice(end, None)):
        shown = sources[outside] >= 0
        np.add.at(out, sources[outside][shown], away[outside][shown])
    return np.moveaxis(out, 0, number)
