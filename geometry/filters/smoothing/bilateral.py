"""Bilateral smoothing: edges stay, since only pixels of like colour are averaged."""
# mypy: allow-untyped-defs, allow-untyped-calls

import math
from typing import Any

import numpy as np
from numba import literal_unroll
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.errors import InvalidInput
from geometry.filters.border import BORDERS
from geometry.filters.convolution.factors import output_type
from geometry.filters.convolution.plan import border_fill
from geometry.filters.convolution.strip import flat_by_dtype, rounding_limits
from geometry.filters.smoothing.bilateral_weights import BLOCK_BYTES, averaging, weighing
from geometry.filters.window import window_axes
from geometry.inputs import Array, choice, finite_number, pixels
from geometry.kernel import kernel, routine
from geometry.memory import fresh_arrays

LARGEST_RADIUS = 100
_STRIP_ROWS = 32
_TILE = 256
_SMALLEST, _LARGEST = 1e-12, 1e12

_weigh_1, _weigh_3, _weigh_any = weighing(1), weighing(3), weighing(0)
_average_1, _average_3 = averaging(1), averaging(3)


@routine
def _load_planes(strip, begin, pitch, images, row, width, sources, first, count, fill):
    """`strip[begin + c·pitch + q] = image[row, sources[first + q], c]` or the fill, for q < count."""
    channels = len(fill)
    for image in literal_unroll(images):
        if len(image) > 0:
            for c in range(channels):
                line = strip[begin + c * pitch : begin + c * pitch + count]
                for q in range(count):
                    column = sources[first + q]
                    known = row >= 0 and column >= 0
                    line[q] = image[(row * width + column) * channels + c] if known else fill[c]


@routine
def _round(wholes, begin, lines, pitch, count, channels, limits):
    low, high, magic = limits[0], limits[1], limits[2]
    for out in literal_unroll(wholes):
        if len(out) > 0:
            for c in range(channels):
                for x in range(count):
                    value = (min(max(lines[c * pitch + x], low), high) + magic) - magic
                    out[begin + x * channels + c] = np.int32(value)


@routine
def _store(reals, begin, lines, pitch, count, channels):
    for out in literal_unroll(reals):
        if len(out) > 0:
            for c in range(channels):
                for x in range(count):
                    out[begin + x * channels + c] = lines[c * pitch + x]


@kernel(
    "void(Tuple((u1[::1], u2[::1], i2[::1], f4[::1])), Tuple((u1[::1], u2[::1], i2[::1], f4[::1])),"
    " Tuple((u1[::1], u2[::1], i2[::1])), Tuple((f4[::1],)), i8[::1], i8[::1], f4[::1], f4[::1], f4[::1], i8[::1],"
    " f4[::1], f4[::1], f4[::1], f4[::1], f4, UniTuple(i8, 6), i8, i8)",
    "void(Tuple((u1[::1], u2[::1], i2[::1], i4[::1], f4[::1], f8[::1])), Tuple((u1[::1], u2[::1], i2[::1], i4[::1],"
    " f4[::1], f8[::1])), Tuple((u1[::1], u2[::1], i2[::1], i4[::1])), Tuple((f4[::1], f8[::1])), i8[::1], i8[::1],"
    " f8[::1], f8[::1], f8[::1], i8[::1], f8[::1], f8[::1], f8[::1], f8[::1], f8, UniTuple(i8, 6), i8, i8)",
)
def _bilateral(
    images, guides, wholes, reals, row_sources, column_sources, fill, guide_fill, limits, offsets, spatial, strip,
    weights, lines, scale, layout, start, stop,
):  # fmt: skip
    width, radius, pitch, strip_rows, tile, joint = layout
    channels, colours = len(fill), len(guide_fill)
    planes = channels + colours if joint else channels
    skip = colours if joint else 0
    block, taps = BLOCK_BYTES // strip.itemsize, len(offsets)
    for y in range(start, stop, strip_rows):
        rows = min(strip_rows, stop - y)
        for x0 in range(0, width, tile):
            count = min(tile, width - x0)
            for s in range(rows + 2 * radius):
                row, begin, reach = row_sources[y + s], s * planes * pitch, count + 2 * radius
                if joint:
                    _load_planes(strip, begin, pitch, guides, row, width, column_sources, x0, reach, guide_fill)
                begin += skip * pitch
                _load_planes(strip, begin, pitch, images, row, width, column_sources, x0, reach, fill)
            for r in range(rows):
                for x in range(0, count, block):
                    place = (r + radius) * planes * pitch + radius + x
                    if colours == 1:
                        _weigh_1(weights, strip, place, pitch, colours, offsets, taps, spatial, scale)
                    elif colours == 3:
                        _weigh_3(weights, strip, place, pitch, colours, offsets, taps, spatial, scale)
                    else:
                        _weigh_any(weights, strip, place, pitch, colours, offsets, taps, spatial, scale)
                    place += skip * pitch
                    if channels == 3:
                        _average_3(lines, x, pitch, strip, place, pitch, offsets, taps, weights)
                    else:
                        for c in range(channels):
                            _average_1(
                                lines, x + c * pitch, pitch, strip, place + c * pitch, pitch, offsets, taps, weights
                            )
                begin = ((y + r) * width + x0) * channels
                _round(wholes, begin, lines, pitch, count, channels, limits)
                _store(reals, begin, lines, pitch, count, channels)


def bilateral(
    image: ArrayLike,
    sigma_color: float,
    sigma_space: float,
    *,
    radius: int | None = None,
    guide: ArrayLike | None = None,
    border: str = "reflect_101",
    fill: ArrayLike = 0,
    output_dtype: str = "same",
) -> Array:
    """Smooth an image where its colours, or those of a guide, are alike.

    `out(p) = Σ_q w(p, q) image(q) / Σ_q w(p, q)` over |q - p| ≤ r,
    `w = exp(-|q - p|² / 2σ_s²) exp(-(Σ_c |guide_c(q) - guide_c(p)|)² / 2σ_c²)`.

    Parameters
    ----------
    image
        (H, W) or (H, W, C): uint8, uint16, int16, int32, float32 or float64.
    sigma_color
        σ_c, in the guide's units, summed over its channels; 1e-12 … 1e12.
    sigma_space
        σ_s, pixels, 1e-12 … 1e12.
    radius
        r, pixels, 0 … 100: the window is a disc. By default ⌊1.5 σ_s + ½⌋, at least 1 and at most 100. OpenCV's `d` is
        2 r + 1.
    guide
        (H, W) or (H, W, G), any of these dtypes: whose colours decide (joint or cross bilateral filter). By default the
        image's own.
    border
        What lies outside of both: `constant` (`fill`), `replicate`, `reflect`, `reflect_101` or `wrap`.
    fill
        Constant outside, one number or one per channel; a guide has the mean of it in all its channels.
    output_dtype
        `same` as the image (integers round half to even), `float32` or `float64`.

    Returns
    -------
    Array
        Of the image's shape. NaN and infinite pixels, of the image or the guide, spread within their windows only.

    Raises
    ------
    InvalidInput
        An argument is not as above; a guide of another size.

    Notes
    -----
    Arithmetic is float32 for uint8 and float32, otherwise float64; every weight is off by at most 1e-6 (1e-14) times
    the larger of 1 and its exponent. OpenCV's table of weights for float32 images is coarser; for uint8 the two differ
    by one level at most.

    References
    ----------
    C. Tomasi and R. Manduchi, *Bilateral filtering for gray and color images*, ICCV 1998.
    """
    array = pixels(image)
    output = output_type(array.dtype, output_dtype)
    colour, space = (
        _spread(value, name) for value, name in ((sigma_color, "sigma_color"), (sigma_space, "sigma_space"))
    )
    reach = bilateral_radius(space, radius)
    like = array if guide is None else pixels(guide, "guide")
    if like.shape[:2] != array.shape[:2]:
        raise InvalidInput("guide", f"must have the image's size {array.shape[:2]}, came as {like.shape[:2]}")
    choice(border, "border", BORDERS)
    constant = border_fill(fill, array.shape[2], array.dtype)
    out = _smoothed(array, like, colour, space, reach, border, constant, output, joint=guide is not None)
    return out[:, :, 0] if np.ndim(image) == 2 else out


def bilateral_radius(sigma_space: float, radius: int | None) -> int:
    """Radius of the window, as documented at `bilateral`.

    Raises
    ------
    InvalidInput
        `radius` is not a whole number from 0 to 100.
    """
    if radius is None:
        return min(LARGEST_RADIUS, max(1, math.floor(1.5 * sigma_space + 0.5)))
    number = finite_number(radius, "radius")
    if number != int(number) or not 0 <= number <= LARGEST_RADIUS:
        raise InvalidInput("radius", f"must be a whole number from 0 to {LARGEST_RADIUS}, came as {radius}")
    return int(number)


def _spread(value: float, name: str) -> float:
    number = finite_number(value, name)
    if not _SMALLEST <= number <= _LARGEST:
        raise InvalidInput(name, f"must be from {_SMALLEST:g} to {_LARGEST:g}, came as {value}")
    return number


def _smoothed(
    image: Array, guide: Array, colour: float, space: float, radius: int, border: str, constant: Array,
    output: np.dtype[Any], *, joint: bool,
) -> Array:  # fmt: skip
    height, width, channels = image.shape
    single = {image.dtype.name, guide.dtype.name} <= {"uint8", "float32"} and output != np.float64
    kind = np.dtype(np.float32 if single else np.float64)
    rows, columns = window_axes(image.shape, (2 * radius + 1,) * 2, stride=1, dilation=1, padding="same")
    row_sources, column_sources = rows.sources(border), columns.sources(border)
    planes, block = channels + (guide.shape[2] if joint else 0), BLOCK_BYTES // kind.itemsize
    tile, strip_rows = min(width, max(_TILE, 2 * radius)), min(height, max(_STRIP_ROWS, 2 * radius))
    pitch = -(-(tile + 2 * radius) // block) * block
    i, j = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    disc = i * i + j * j <= radius * radius
    i, j = i[disc], j[disc]
    offsets = i * planes * pitch + j
    spatial = np.maximum(-(i * i + j * j) * (math.log2(math.e) / 2) / space**2, -1e30).astype(kind)
    scale = kind.type(max(-math.log2(math.e) / 2 / colour**2, -1e30))
    images, guides = flat_by_dtype(image, kind, "iuf"), flat_by_dtype(guide, kind, "iuf")
    (out,) = fresh_arrays((image.shape, output))
    wholes, reals = flat_by_dtype(out, kind, "iu"), flat_by_dtype(out, kind, "f")
    fill, limits = constant.astype(kind), rounding_limits(output, kind)
    guide_fill = np.full(guide.shape[2], constant.mean(), kind) if joint else fill
    layout = width, radius, pitch, strip_rows, tile, int(joint)

    def work(start: int, stop: int) -> None:
        strip = np.zeros((strip_rows + 2 * radius) * planes * pitch + block, kind)
        weights = np.empty((len(offsets) + 1) * block, kind)
        lines = np.empty(channels * pitch + block, kind)
        _bilateral(
            images, guides, wholes, reals, row_sources, column_sources, fill, guide_fill, limits, offsets, spatial,
            strip, weights, lines, scale, layout, start, stop,
        )  # fmt: skip

    run_bands(work, height, grain=strip_rows)
    return out
