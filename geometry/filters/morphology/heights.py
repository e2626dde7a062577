"""Grey-scale structuring functions: heights that are added before the maximum, or taken away before the minimum."""

from typing import Any

import numpy as np

from geometry.bands import run_bands
from geometry.filters.window import Axis
from geometry.inputs import Array
from geometry.memory import fresh_arrays

_STRIP_NUMBERS = 2**17


def raised_extrema(
    image: Array,
    mask: Array,
    heights: Array,
    anchor: tuple[int, int],
    *,
    lowest: bool,
    border: str,
    fill: Array | None,
) -> Array:
    """The greatest `pixel + height`, or the lowest `pixel - height`, over the pixels of a mask around each place.

    Sums are float64; whole results are rounded half to even and saturate.

    Parameters
    ----------
    image
        (H, W, C).
    mask, heights, anchor
        (kh, kw) both, and which pixel of them lies at the place.
    lowest, border, fill
        As for flat elements.

    Returns
    -------
    Array
        (H, W, C), of the image's dtype. A place that sees no pixel has the value that never wins.
    """
    height, width, channels = image.shape
    rows = Axis(height, mask.shape[0], 1, 1, anchor[0], height)
    columns = Axis(width, mask.shape[1], 1, 1, anchor[1], width)
    outside = "constant" if border == "ignore" else border
    row_sources, column_sources = rows.sources(outside), columns.sources(outside)
    loser = np.inf if lowest else -np.inf
    values = np.full(channels, loser) if border != "constant" or fill is None else fill
    extreme = np.minimum if lowest else np.maximum
    taps = [(int(i), int(j), float(-heights[i, j] if lowest else heights[i, j])) for i, j in np.argwhere(mask)]
    (out,) = fresh_arrays((image.shape, image.dtype))
    strip_rows = max(1, min(height, _STRIP_NUMBERS // (width * channels)))

    def raise_strip(y: int, count: int) -> None:
        strip = _padded(image, row_sources[y : y + count + mask.shape[0] - 1], column_sources, values)
        best = np.full((count, width, channels), loser)
        raised = np.empty_like(best)
        for i, j, offset in taps:
            np.add(strip[i : i + count, j : j + width], offset, out=raised)
            extreme(best, raised, out=best)
        out[y : y + count] = _stored(best, image.dtype)

    def work(start: int, stop: int) -> None:
        with np.errstate(all="ignore"):
            for y in range(start, stop, strip_rows):
                raise_strip(y, min(strip_rows, stop - y))

    run_bands(work, height, grain=strip_rows)
    return out


def _padded(image: Array, rows: Array, columns: Array, values: Array) -> Array:
    """Rows of the padded image, float64."""
    strip = image[np.maximum(rows, 0)[:, np.newaxis], np.maximum(columns, 0)].astype(float)
    strip[rows < 0] = values
    strip[:, columns < 0] = values
    return strip


def _stored(values: Array, dtype: np.dtype[Any]) -> Array:
    if dtype.kind == "f":
        return values
    info = np.iinfo(dtype)
    whole: Array = np.clip(np.rint(values), info.min, info.max)
    return whole
