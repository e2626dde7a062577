"""Gaussian smoothing."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from geometry.errors import InvalidInput
from geometry.filters.convolution.factors import LARGEST_TAPS, factored_sum, output_type
from geometry.filters.smoothing.recursive import recursive_gaussian
from geometry.inputs import Array, choice, finite_number, pixels, rectangular

Sigma = float | Sequence[float]

METHODS = ("exact", "recursive")
LARGEST_SIGMA = 10_000.0
SMALLEST_RECURSIVE = 0.5


def gaussian(
    image: ArrayLike,
    sigma: Sigma,
    *,
    truncate: float = 4.0,
    radius: int | Sequence[int] | None = None,
    method: str = "exact",
    border: str = "reflect_101",
    fill: ArrayLike = 0,
    output_dtype: str = "same",
) -> Array:
    """Smooth an image with a Gaussian.

    `out[y, x] = Σ_ij g_y[i] g_x[j] image[y + i, x + j]`, `g[i] ∝ exp(-i² / 2σ²)` for |i| ≤ r, Σ g = 1.

    Parameters
    ----------
    image
        (H, W) or (H, W, C): uint8, uint16, int16, int32, float32 or float64.
    sigma
        σ, pixels, 0 … 10 000: one number, or (σ_y, σ_x). 0 leaves an axis as it is.
    truncate
        `r = ⌊truncate · σ + ½⌋`, as in SciPy, 0 < truncate ≤ 100. OpenCV takes about 3 for uint8 and 4 otherwise.
    radius
        r itself, pixels, one number or (r_y, r_x), instead of `truncate`; OpenCV's `ksize` is 2 r + 1.
    method
        `exact`: the sampled kernel as above, r ≤ 2048. `recursive`: Deriche's recursive filter of fourth order, in
        time independent of σ, for σ ≥ 0.5 (or 0): the whole Gaussian without truncation, see the notes.
    border
        What lies outside: `constant` (`fill`), `replicate`, `reflect`, `reflect_101` or `wrap`, repeated as often as
        needed.
    fill
        Constant outside, one number or one per channel; whole and within the dtype for an integer image.
    output_dtype
        `same` as the image (integers round half to even), `float32` or `float64`.

    Returns
    -------
    Array
        Of the image's shape. NaN and infinite pixels spread within their windows only, recursively to whole rows and
        columns.

    Raises
    ------
    InvalidInput
        An argument is not as above; r above 2048 in an exact filter: take the recursive one.

    Notes
    -----
    uint8 and float32 images are summed in float32 (as 16-bit ones for float32 output), others in float64: an 8-bit
    result is the rounded exact one wherever that is farther than 1/64 level from a tie (up to 500 taps an axis).

    The recursive kernel is within 4e-4 of the peak of the sampled one at every tap, and the sum of all its deviations
    is 9.4e-4 an axis: results differ by at most 0.002 · max|image| from the exact filter without truncation. Borders
    other than `constant` and `replicate` are followed for 8 σ.

    References
    ----------
    R. Deriche, *Recursively implementing the Gaussian and its derivatives*, INRIA report 1893 (1993); the coefficients
    are fitted anew, for the smallest deviation.
    """
    array = pixels(image)
    spread = sigma_pair(sigma)
    output = output_type(array.dtype, output_dtype)
    if choice(method, "method", METHODS) == "recursive":
        if any(0 < one < SMALLEST_RECURSIVE for one in spread):
            raise InvalidInput(
                "sigma", f"must be 0 or ≥ {SMALLEST_RECURSIVE} for the recursive filter, came as {sigma}"
            )
        out = recursive_gaussian(array, spread, border=border, fill=fill, output=output)
    else:
        reach = gaussian_radius(spread, truncate=truncate, radius=radius)
        taps = [gaussian_taps(one, r)[np.newaxis] for one, r in zip(spread, reach, strict=True)]
        out = factored_sum(array, *taps, border=border, fill=fill, output=output)
    return out[:, :, 0] if np.ndim(image) == 2 else out


def sigma_pair(sigma: Sigma, name: str = "sigma") -> tuple[float, float]:
    """(σ_y, σ_x) from one number for both, or two; finite, 0 … 10 000.

    Raises
    ------
    InvalidInput
        They are not.
    """
    given = rectangular(sigma, "sigma")
    values = [sigma, sigma] if given.ndim == 0 else list(given.ravel())
    if len(values) != 2:
        raise InvalidInput(name, f"must be one number or a pair (σ_y, σ_x), came as {len(values)}")
    pair = finite_number(values[0], name), finite_number(values[1], name)  # type: ignore[arg-type]
    if min(pair) < 0 or max(pair) > LARGEST_SIGMA:
        raise InvalidInput(name, f"must be from 0 to {LARGEST_SIGMA:.0f} pixels, came as {sigma}")
    return pair


def gaussian_radius(
    sigma: tuple[float, float], *, truncate: float = 4.0, radius: int | Sequence[int] | None = None
) -> tuple[int, int]:
    """How far the sampled kernels reach, pixels: (r_y, r_x), as documented at `gaussian`.

    Raises
    ------
    InvalidInput
        `truncate` or `radius` is out of its range, or a radius above 2048 would follow.
    """
    if radius is None:
        times = finite_number(truncate, "truncate")
        if not 0 < times <= 100:
            raise InvalidInput("truncate", f"must be above 0 and at most 100, came as {truncate}")
        reach = [math.floor(times * one + 0.5) for one in sigma]
        source = "sigma"
    else:
        given = [radius, radius] if np.ndim(radius) == 0 else list(np.ravel(np.asarray(radius)))
        numbers = [finite_number(one, "radius") for one in given]  # type: ignore[arg-type]
        if len(numbers) != 2 or min(numbers) < 0 or any(one != int(one) for one in numbers):
            raise InvalidInput("radius", f"must be one whole number ≥ 0 or a pair (r_y, r_x), came as {radius}")
        reach = [int(one) for one in numbers]
        source = "radius"
    if 2 * max(reach) + 1 > LARGEST_TAPS:
        raise InvalidInput(
            source, f"the kernel would reach {max(reach)} pixels, more than {LARGEST_TAPS // 2}; method recursive can"
        )
    return reach[0], reach[1]


def gaussian_taps(sigma: float, radius: int) -> Array:
    """The sampled Gaussian, (2 r + 1,), whose sum is 1."""
    if sigma == 0:
        taps = np.zeros(2 * radius + 1)
        taps[radius] = 1
        return taps
    with np.errstate(under="ignore", over="ignore"):
        taps = np.exp(-0.5 * np.square(np.arange(-radius, radius + 1) / sigma))
    return np.asarray(taps / taps.sum())
