"""First and second derivatives of images."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.errors import InvalidInput
from geometry.filters.convolution.factors import factored_sum, output_type, real_type
from geometry.filters.smoothing.gaussian import Sigma, gaussian_radius, gaussian_taps, sigma_pair
from geometry.inputs import Array, choice, pixels
from geometry.memory import fresh_arrays

OPERATORS = ("sobel", "scharr", "prewitt")
NORMALIZATIONS = ("none", "slope")
SIZES = (3, 5, 7)
NEIGHBOURS = (4, 8)

_SMOOTHING = {"scharr": (3, 10, 3), "prewitt": (1, 1, 1)}


class Gradient(NamedTuple):
    """Derivatives of an image, each of its shape."""

    x: Array
    """To the right."""
    y: Array
    """Downwards."""
    magnitude: Array | None
    """√(x² + y²), if asked for."""
    direction: Array | None
    """atan2(y, x), radians from -π to π, if asked for: 0 to the right, π/2 downwards."""


def gradient(
    image: ArrayLike,
    *,
    operator: str = "sobel",
    size: int = 3,
    normalization: str = "none",
    magnitude: bool = False,
    direction: bool = False,
    border: str = "reflect_101",
    fill: ArrayLike = 0,
) -> Gradient:
    """Differentiate an image in x and y.

    `x = s ⊗ d`, `y = d ⊗ s`, correlated with the image: d = (-1, 0, 1) and s = (1, 2, 1) `sobel`, (3, 10, 3) `scharr`
    or (1, 1, 1) `prewitt`. Sobel's larger kernels are `d` and `s` convolved with (1, 2, 1) once or twice.

    Parameters
    ----------
    image
        (H, W) or (H, W, C): uint8, uint16, int16, int32, float32 or float64; each channel on its own.
    operator
        `sobel`, `scharr` or `prewitt`.
    size
        Taps along a side: 3; 5 and 7 for `sobel`, too.
    normalization
        `none`: the whole numbers above, as in OpenCV. `slope`: divided by what they make of a ramp that rises by 1 a
        pixel (8, 128 and 2048 for `sobel`, 32 for `scharr`, 6 for `prewitt`), so that the result is the slope.
    magnitude, direction
        Whether to return these, too.
    border, fill
        What lies outside: `constant` (`fill`), `replicate`, `reflect`, `reflect_101` or `wrap`.

    Returns
    -------
    Gradient
        Each of the image's shape, float32, or float64 for int32 and float64 images. Derivatives of 8-bit images are
        exact, and those of 16-bit images at size 3, before a division that rounds.

    Raises
    ------
    InvalidInput
        An argument is not as above.
    """
    array = pixels(image)
    smooth, differ = gradient_taps(operator, size, normalization)
    real = real_type(array.dtype)
    down, right = differ[np.newaxis], smooth[np.newaxis]
    x = factored_sum(array, right, down, border=border, fill=fill, output=real)
    y = factored_sum(array, down, right, border=border, fill=fill, output=real)
    long = _elementwise(np.hypot, x, y) if magnitude else None
    angle = _elementwise(np.arctan2, y, x) if direction else None
    if np.ndim(image) == 2:
        return Gradient(*(None if one is None else one[:, :, 0] for one in (x, y, long, angle)))  # type: ignore[arg-type]
    return Gradient(x, y, long, angle)


def gradient_taps(operator: str, size: int, normalization: str) -> tuple[Array, Array]:
    """What smooths across, and what differentiates along, (size,) each; arguments as for `gradient`.

    Raises
    ------
    InvalidInput
        As `gradient`.
    """
    choice(operator, "operator", OPERATORS)
    allowed = SIZES if operator == "sobel" else SIZES[:1]
    if size not in allowed:
        raise InvalidInput("size", f"must be {' or '.join(map(str, allowed))} for {operator}, came as {size}")
    smooth, differ = np.array(_SMOOTHING.get(operator, (1, 2, 1)), float), np.array([-1.0, 0.0, 1.0])
    for _ in range((size - 3) // 2):
        smooth, differ = (np.convolve(taps, [1, 2, 1]) for taps in (smooth, differ))
    if choice(normalization, "normalization", NORMALIZATIONS) == "slope":
        differ = differ / (smooth.sum() * float(differ @ np.arange(size)))
    return smooth, differ


def _elementwise(function: np.ufunc, a: Array, b: Array) -> Array:
    (out,) = fresh_arrays((a.shape, a.dtype))

    def work(start: int, stop: int) -> None:
        with np.errstate(all="ignore"):
            function(a[start:stop], b[start:stop], out=out[start:stop])

    run_bands(work, len(a), grain=16)
    return out


def laplacian(
    image: ArrayLike,
    *,
    neighbours: int = 4,
    sigma: Sigma | None = None,
    truncate: float = 4.0,
    border: str = "reflect_101",
    fill: ArrayLike = 0,
    output_dtype: str | None = None,
) -> Array:
    """Sum the second derivatives of an image in x and y, after Gaussian smoothing if asked for.

    `∂²/∂x² + ∂²/∂y²` by the taps `[[0, 1, 0], [1, -4, 1], [0, 1, 0]]`, or `[[1, 1, 1], [1, -8, 1], [1, 1, 1]] / 3`
    with 8 neighbours; with σ by `g''_y ⊗ g_x + g_y ⊗ g''_x`, the Laplacian of a Gaussian.

    Parameters
    ----------
    image
        (H, W) or (H, W, C): uint8, uint16, int16, int32, float32 or float64; each channel on its own.
    neighbours
        4 or 8; without a meaning where there is a σ.
    sigma
        σ, pixels, 0.3 … 10 000, one number or (σ_y, σ_x): the sampled Gaussian and its second derivative
        `g'' ∝ (i²/σ⁴ - 1/σ²) g`, moved so that it is 0 on a constant and scaled so that it is 2 on i².
    truncate
        They reach `⌊truncate · σ + ½⌋` pixels, at least 1; 0 < truncate ≤ 100.
    border, fill
        What lies outside: `constant` (`fill`), `replicate`, `reflect`, `reflect_101` or `wrap`.
    output_dtype
        `same` as the image (integers saturate and round half to even), `float32` or `float64`; by default float32, or
        float64 for int32 and float64 images.

    Returns
    -------
    Array
        Of the image's shape. OpenCV's `Laplacian` is the one with 4 neighbours.

    Raises
    ------
    InvalidInput
        An argument is not as above; a Gaussian that reaches farther than 2048 pixels.
    """
    array = pixels(image)
    output = real_type(array.dtype) if output_dtype is None else output_type(array.dtype, output_dtype)
    vertical, horizontal = laplacian_factors(neighbours, sigma, truncate)
    out = factored_sum(array, vertical, horizontal, border=border, fill=fill, output=output)
    return out[:, :, 0] if np.ndim(image) == 2 else out


def laplacian_factors(neighbours: int, sigma: Sigma | None, truncate: float) -> tuple[Array, Array]:
    """Columns (2, kh) and rows (2, kw), whose products add up to the kernel; arguments as for `laplacian`.

    Raises
    ------
    InvalidInput
        As `laplacian`.
    """
    if neighbours not in NEIGHBOURS:
        raise InvalidInput("neighbours", f"must be 4 or 8, came as {neighbours}")
    if sigma is not None:
        return _gaussian_curvature(sigma, truncate)
    if neighbours == 4:
        return np.array([[1.0, -2, 1], [0, 1, 0]]), np.array([[0.0, 1, 0], [1, -2, 1]])
    return np.array([[1.0, 1, 1], [0, -3, 0]]) / 3, np.array([[1.0, 1, 1], [0, 3, 0]])


def _gaussian_curvature(sigma: Sigma, truncate: float) -> tuple[Array, Array]:
    """Two products of columns and rows: the second derivative along each axis, smoothed along the other."""
    spread = sigma_pair(sigma)
    if min(spread) < 0.3:
        raise InvalidInput("sigma", f"must be ≥ 0.3 for a second derivative, came as {sigma}")
    reach = gaussian_radius(spread, truncate=truncate)
    smooth, curved = [], []
    for one, radius in zip(spread, (max(1, r) for r in reach), strict=True):
        place = np.arange(-radius, radius + 1)
        taps = gaussian_taps(one, radius)
        second = (np.square(place / one) - 1) * taps
        second -= taps * second.sum()
        smooth.append(taps)
        curved.append(second * (2 / float(second @ np.square(place))))
    return np.stack([curved[0], smooth[0]]), np.stack([smooth[1], curved[1]])
