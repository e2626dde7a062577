"""Sharpening by what a Gaussian takes away."""

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.errors import InvalidInput
from geometry.filters.convolution.factors import factored_sum, real_type
from geometry.filters.smoothing.gaussian import Sigma, gaussian_radius, gaussian_taps, sigma_pair
from geometry.inputs import Array, finite_number, pixels
from geometry.memory import fresh_arrays


def unsharp(
    image: ArrayLike,
    *,
    sigma: Sigma = 1.0,
    amount: float = 1.0,
    threshold: float = 0.0,
    truncate: float = 4.0,
    border: str = "reflect_101",
    fill: ArrayLike = 0,
) -> Array:
    """Sharpen an image by an unsharp mask.

    `out = image + amount · (image - G image)` where `|image - G image| ≥ threshold`, the image elsewhere.

    Parameters
    ----------
    image
        (H, W) or (H, W, C): uint8, uint16, int16, int32, float32 or float64; each channel on its own.
    sigma
        σ of the Gaussian G, pixels, one number or (σ_y, σ_x).
    amount
        How much to add, -1000 … 1000; negative numbers smooth.
    threshold
        In the image's units, ≥ 0: smaller differences are taken for noise.
    truncate
        G reaches `⌊truncate · σ + ½⌋` pixels.
    border, fill
        What lies outside: `constant` (`fill`), `replicate`, `reflect`, `reflect_101` or `wrap`.

    Returns
    -------
    Array
        Of the image's shape and dtype; integers saturate and round half to even. Arithmetic is float32, for int32 and
        float64 images float64: up to 100 taps, a value nearer than `(1 + |amount|) · 2^-17` of the range of an 8- or
        16-bit dtype to a tie may round the other way.

    Raises
    ------
    InvalidInput
        An argument is not as above, or as for `gaussian`.
    """
    array = pixels(image)
    spread, strength, least = sigma_pair(sigma), finite_number(amount, "amount"), finite_number(threshold, "threshold")
    if abs(strength) > 1000:
        raise InvalidInput("amount", f"must be from -1000 to 1000, came as {amount}")
    if least < 0:
        raise InvalidInput("threshold", f"must be ≥ 0, came as {threshold}")
    reach = gaussian_radius(spread, truncate=truncate)
    taps = [gaussian_taps(one, r)[np.newaxis] for one, r in zip(spread, reach, strict=True)]
    smooth = factored_sum(array, *taps, border=border, fill=fill, output=real_type(array.dtype))
    (out,) = fresh_arrays((array.shape, array.dtype))

    def work(start: int, stop: int) -> None:
        with np.errstate(all="ignore"):
            part, blurred = array[start:stop], smooth[start:stop]
            mask = part - blurred
            sharp = mask * blurred.dtype.type(strength)
            if least > 0:
                sharp[np.abs(mask) < least] = 0
            sharp += part
            if out.dtype.kind == "f":
                out[start:stop] = sharp
            else:
                info = np.iinfo(out.dtype)
                out[start:stop] = np.clip(np.rint(sharp, out=sharp), info.min, info.max, out=sharp)

    run_bands(work, len(array), grain=8)
    return out[:, :, 0] if np.ndim(image) == 2 else out
