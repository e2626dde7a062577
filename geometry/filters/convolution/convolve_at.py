"""Convolution at single points of an image."""

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.errors import InvalidInput
from geometry.filters.border import BORDERS, border_index
from geometry.filters.convolution.plan import border_fill, kernel_taps
from geometry.filters.window import Pair, pair
from geometry.inputs import Array, choice, pixels, real_array
from geometry.kernel import kernel

ANCHORS = ("center", "corner")

_FARTHEST = 2.0**53
_GRAIN_TAPS = 2**17


@kernel(
    "void({T}[:,:,::1], f8[:,::1], i8[:,::1], i8[:,::1], f8[::1], f8[:,::1], i8, i8)",
    types=("u1", "u2", "i2", "i4", "f4", "f8"),
    fastmath=True,
)
def _convolve_at(image, taps, rows, columns, fill, values, start, stop):  # type: ignore[no-untyped-def]
    width, channels = taps.shape[1], len(fill)
    for m in range(start, stop):
        sources = columns[m]
        run = sources[width - 1] - sources[0] == width - 1
        for j in range(width):
            run = run and sources[j] == sources[0] + j and sources[j] >= 0
        for c in range(channels):
            total = 0.0
            for i in range(len(taps)):
                weights = taps[i]
                if rows[m, i] < 0:
                    for j in range(width):
                        total += weights[j] * fill[c]
                    continue
                line = image[rows[m, i]]
                if run and channels == 1:
                    pixels = line[sources[0] :, 0]
                    for j in range(width):
                        total += weights[j] * pixels[j]
                else:
                    for j in range(width):
                        total += weights[j] * (line[sources[j], c] if sources[j] >= 0 else fill[c])
            values[m, c] = total


def convolve_at(
    image: ArrayLike,
    kernel: ArrayLike,
    points: ArrayLike,
    *,
    mode: str = "convolution",
    anchor: str = "center",
    dilation: Pair = 1,
    border: str = "constant",
    fill: ArrayLike = 0,
) -> Array:
    """Convolve or correlate an image with a kernel at some points only.

    Correlation: `value = Σ_ij kernel[i, j] · image[y - top + i·dy, x - left + j·dx]`; a convolution flips the kernel.
    The cost is points × taps, whatever the size of the image.

    Parameters
    ----------
    image
        (H, W) or (H, W, C), uint8, uint16, int16, int32, float32 or float64.
    kernel
        (kh, kw), finite numbers, applied to each channel alike.
    points
        (M, 2), whole numbers (x, y), pixels. A point outside the image sees the border, at any distance up to 2^53.
    mode
        `convolution` flips the kernel in both axes, `correlation` does not.
    anchor
        `center`: top = ((kh-1)·dy) // 2 and left = ((kw-1)·dx) // 2, as `convolve` with padding `same`.
        `corner`: the window's top-left pixel lies at the point, top = left = 0.
    dilation
        Step between taps, pixels ≥ 1: one number or (y, x).
    border
        What lies outside: `constant` (`fill`), `replicate`, `reflect`, `reflect_101` or `wrap`.
    fill
        Constant outside, one number or one per channel; whole and within the dtype for an integer image.

    Returns
    -------
    Array
        (M,) for an image (H, W), (M, C) for (H, W, C); float64. Exact for whole kernels over integer images while
        max|image| · Σ|kernel| ≤ 2^53.

    Raises
    ------
    InvalidInput
        An argument is not as above; `points/i/j` for a coordinate that is not a whole number.
    """
    array = pixels(image)
    taps = kernel_taps(kernel, mode)
    if taps.ndim != 2:
        raise InvalidInput("kernel", f"must have shape (kh, kw), came as {taps.shape}")
    dy, dx = pair(dilation, "dilation")
    choice(anchor, "anchor", ANCHORS)
    choice(border, "border", BORDERS)
    height, width, channels = array.shape
    constant = border_fill(fill, channels, array.dtype)
    places = _whole_points(points)
    top, left = ((taps.shape[0] - 1) * dy // 2, (taps.shape[1] - 1) * dx // 2) if anchor == "center" else (0, 0)
    values = np.empty((len(places), channels))

    def work(start: int, stop: int) -> None:
        x, y = places[start:stop, :1] - left, places[start:stop, 1:] - top
        rows = border_index(y + np.arange(taps.shape[0]) * dy, height, border)
        columns = border_index(x + np.arange(taps.shape[1]) * dx, width, border)
        _convolve_at(array, taps, rows, columns, constant, values[start:stop], 0, stop - start)

    run_bands(work, len(places), grain=max(1, _GRAIN_TAPS // (taps.size * channels)))
    return values[:, 0] if np.ndim(image) == 2 else values


def _whole_points(points: ArrayLike) -> Array:
    places = real_array(points, "points", ("M", 2))
    wrong = (places != np.rint(places)) | (np.abs(places) > _FARTHEST)
    if wrong.any():
        i, j = np.argwhere(wrong)[0]
        raise InvalidInput(f"points/{i}/{j}", f"must be a whole number of pixels up to 2^53, came as {places[i, j]}")
    return places.astype(np.int64)
