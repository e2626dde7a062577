"""Sums and means over rectangles, in time that hardly grows with them."""
# mypy: allow-untyped-defs, allow-untyped-calls

import numpy as np
from numba import literal_unroll
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.errors import InvalidInput
from geometry.filters.border import BORDERS
from geometry.filters.convolution.factors import factored_sum, output_type
from geometry.filters.convolution.plan import border_fill
from geometry.filters.convolution.strip import flat_by_dtype, rounding_limits
from geometry.filters.smoothing.recursive import rounded
from geometry.filters.window import Pair, pair, window_axes
from geometry.inputs import Array, choice, pixels
from geometry.kernel import kernel, routine
from geometry.lanes import Operand, lanes, load, store
from geometry.memory import fresh_arrays

LARGEST_WINDOW = 65_536
_BLOCK_ROWS = 128
_TILE = 2048
_LANES = 32


@routine
def _add_row(sums, images, row, sign, fill):
    """Add a row of the image, or of constants where it is -1, to the sums of all columns, or take it away."""
    channels, number = len(fill), sums.dtype.type
    if row < 0:
        for x in range(len(sums) // channels):
            for c in range(channels):
                sums[x * channels + c] += sign * fill[c]
        return
    for image in literal_unroll(images):
        if len(image) > 0:
            line = image[row * len(sums) : (row + 1) * len(sums)]
            for x in range(len(line)):
                sums[x] += sign * number(line[x])


@routine
def _extend(line, sums, sources, fill, before, height):
    """The sums of all columns between those of the columns that the border shows."""
    channels = len(fill)
    inside = line[before * channels : before * channels + len(sums)]
    for x in range(len(sums)):
        inside[x] = sums[x]
    width = len(sums) // channels
    for outside in range(len(sources) - width):
        q = outside if outside < before else outside + width
        for c in range(channels):
            line[q * channels + c] = sums[sources[q] * channels + c] if sources[q] >= 0 else height * fill[c]


@lanes
def _add_ahead(line: Operand, place: Operand, shift: Operand) -> None:
    """Add to a block of a line what lies `shift` behind it; a compiler would not dare, the two overlap."""
    store(line, place, load(line, place, _LANES) + load(line, place + shift, _LANES))


@routine
def _add_across(total, line, taps, channels):
    """`total[x] = Σ_j line[x + j·C]` over the taps, of sums of 1, 2, 4, … neighbours, which replace the line."""
    count, place, reach = len(line) - _LANES, 0, 1
    total[:] = 0
    while True:
        if taps & reach:
            part = line[place : place + len(total)]
            for x in range(len(total)):
                total[x] += part[x]
            place += reach * channels
        if 2 * reach > taps:
            return
        shift = reach * channels
        count -= shift
        for x in range(0, count, _LANES):
            _add_ahead(line, x, shift)
        reach *= 2


@routine
def _round(wholes, begin, total, divisor, limits):
    low, high, magic = limits[0], limits[1], limits[2]
    for out in literal_unroll(wholes):
        if len(out) > 0:
            line = out[begin : begin + len(total)]
            for x in range(len(line)):
                line[x] = np.int32((min(max(total[x] / divisor, low), high) + magic) - magic)


@routine
def _store(reals, begin, total, divisor):
    for out in literal_unroll(reals):
        if len(out) > 0:
            line = out[begin : begin + len(total)]
            for x in range(len(line)):
                line[x] = total[x] / divisor


@kernel(
    "void(Tuple((u1[::1], u2[::1], i2[::1])), Tuple((u1[::1], u2[::1], i2[::1])), Tuple((f4[::1],)), i8[::1], i8[::1],"
    " f4[::1], f4[::1], f4[::1], f4[::1], f4[::1], f4[::1], f4, UniTuple(i8, 6), i8, i8)",
    "void(Tuple((u1[::1], u2[::1], i2[::1], i4[::1], f4[::1], f8[::1])), Tuple((u1[::1], u2[::1], i2[::1], i4[::1])),"
    " Tuple((f4[::1], f8[::1])), i8[::1], i8[::1], f8[::1], f8[::1], f8[::1], f8[::1], f8[::1], f8[::1], f8,"
    " UniTuple(i8, 6), i8, i8)",
)
def _box(
    images, wholes, reals, row_sources, column_sources, fill, limits, sums, line, part, total, divisor, layout, start,
    stop,
):  # fmt: skip
    rows, columns, before, height, width, tile = layout
    plus, channels = divisor / divisor, len(fill)
    for block in range(start, stop):
        first = block * max(_BLOCK_ROWS, height)
        sums[:] = 0
        for row in row_sources[first : first + height - 1]:
            _add_row(sums, images, row, plus, fill)
        for y in range(first, min(first + max(_BLOCK_ROWS, height), rows)):
            _add_row(sums, images, row_sources[y + height - 1], plus, fill)
            _extend(line, sums, column_sources, fill, before, height)
            for x0 in range(0, columns, tile):
                count = min(tile, columns - x0)
                means, across = total[: count * channels], part[: (count + width - 1) * channels + _LANES]
                across[:] = line[x0 * channels : (x0 + count + width - 1) * channels + _LANES]
                _add_across(means, across, width, channels)
                _round(wholes, (y * columns + x0) * channels, means, divisor, limits)
                _store(reals, (y * columns + x0) * channels, means, divisor)
            _add_row(sums, images, row_sources[y], -plus, fill)


def box(
    image: ArrayLike,
    window: Pair,
    *,
    normalized: bool = True,
    border: str = "reflect_101",
    fill: ArrayLike = 0,
    output_dtype: str = "same",
) -> Array:
    """Take the mean, or the sum, over a rectangle around every pixel.

    `out[y, x] = Σ_ij image[y + i - ⌊(h-1)/2⌋, x + j - ⌊(w-1)/2⌋] / (h w)`; the sum is not divided.

    Parameters
    ----------
    image
        (H, W) or (H, W, C): uint8, uint16, int16, int32, float32 or float64.
    window
        Pixels, 1 … 65 536: one number or (h, w). An even one reaches one pixel further down and right.
    normalized
        The mean; otherwise the sum.
    border
        What lies outside: `constant` (`fill`), `replicate`, `reflect`, `reflect_101` or `wrap`, repeated as often as
        the window reaches.
    fill
        Constant outside, one number or one per channel; whole and within the dtype for an integer image.
    output_dtype
        `same` as the image (integers saturate and round half to even), `float32` or `float64`.

    Returns
    -------
    Array
        Of the image's shape. NaN and infinite pixels spread within their windows only.

    Raises
    ------
    InvalidInput
        An argument is not as above; a window above 4097 over an image with NaN or infinite pixels.

    Notes
    -----
    Rows enter and leave the sums of the columns, which are then doubled along the row: about log₂ w sums a pixel.
    Integer images are exact, rounded once, while `2 h w · max|image| ≤ 2^53` for the largest pixel of the dtype. Float
    images are summed in float64, off by at most `(H + h + w) · 2^-52 · h w · max|image|` before the division.
    """
    array = pixels(image)
    height, width = pair(window, "window")
    if max(height, width) > LARGEST_WINDOW:
        raise InvalidInput("window", f"must be at most {LARGEST_WINDOW} pixels, came as {window}")
    output = output_type(array.dtype, output_dtype)
    choice(border, "border", BORDERS)
    constant = border_fill(fill, array.shape[2], array.dtype)
    divisor = height * width if normalized else 1
    if array.dtype.kind == "f" and not (np.isfinite(array).all() and np.isfinite(constant).all()):
        out = _finite_apart(array, height, width, divisor, border, fill, output)
    else:
        out = _sum_windows(array, height, width, divisor, border, constant, output)
    return out[:, :, 0] if np.ndim(image) == 2 else out


def _sum_windows(
    image: Array, height: int, width: int, divisor: int, border: str, constant: Array, output: np.dtype[np.generic]
) -> Array:
    rows, columns = window_axes(image.shape, (height, width), stride=1, dilation=1, padding="same")
    largest = float(max(np.iinfo(image.dtype).max, -int(np.iinfo(image.dtype).min))) if image.dtype.kind != "f" else 0
    single = image.dtype.kind in "iu" and image.itemsize < 4 and output != np.float64
    single = single and 2 * height * width * largest <= 2**24
    kind = np.dtype(np.float32 if single else np.float64)
    images = flat_by_dtype(image, kind, "iu" if single else "iuf")
    (out,) = fresh_arrays((image.shape, output))
    wholes, reals = flat_by_dtype(out, kind, "iu"), flat_by_dtype(out, kind, "f")
    row_sources, column_sources = rows.sources(border), columns.sources(border)
    numbers, limits = constant.astype(kind), rounding_limits(output, kind)
    across = image.shape[1] * image.shape[2]
    tile = min(image.shape[1], max(_TILE // image.shape[2], width))
    layout = image.shape[0], image.shape[1], columns.before, height, width, tile

    def work(start: int, stop: int) -> None:
        sums, total = np.empty(across, kind), np.empty(tile * image.shape[2], kind)
        line, part = (np.zeros(len(column_sources) * image.shape[2] + _LANES, kind) for _ in range(2))
        _box(
            images, wholes, reals, row_sources, column_sources, numbers, limits, sums, line, part,
            total, kind.type(divisor), layout, start, stop,
        )  # fmt: skip

    run_bands(work, -(-image.shape[0] // max(_BLOCK_ROWS, height)))
    return out


def _finite_apart(
    image: Array, height: int, width: int, divisor: int, border: str, fill: ArrayLike, output: np.dtype[np.generic]
) -> Array:
    """Sums that nothing is ever taken away from: what is not finite would stay."""
    down, across = np.ones((1, height)) / divisor, np.ones((1, width))
    sums = factored_sum(image, down, across, border=border, fill=fill, output=np.dtype(np.float64))
    return rounded(sums, output)
