"""Thresholds: fixed ones, Otsu's, and local ones."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.errors import InvalidInput
from geometry.filters.convolution.factors import real_type
from geometry.filters.smoothing.box import box
from geometry.filters.smoothing.gaussian import gaussian
from geometry.filters.window import Pair, pair
from geometry.inputs import Array, choice, finite_number, pixels
from geometry.memory import fresh_arrays

METHODS = ("fixed", "otsu", "mean", "gaussian")
KINDS = ("binary", "binary_inverse", "truncate", "to_zero", "to_zero_inverse")
OTSU_BINS = 256


class Thresholded(NamedTuple):
    """An image after a threshold, and the threshold."""

    image: Array
    """Of the image's shape and dtype."""
    threshold: Array | None
    """(C,), float64, the one of each channel; None for local ones."""


def threshold(
    image: ArrayLike,
    *,
    method: str = "fixed",
    value: ArrayLike | None = None,
    kind: str = "binary",
    maximum: float | None = None,
    window: Pair = 11,
    offset: float = 0.0,
) -> Thresholded:
    """Compare each pixel with a threshold.

    ::

        binary           maximum where image > T, else 0
        binary_inverse   0 where image > T, else maximum
        truncate         T where image > T, else image
        to_zero          image where image > T, else 0
        to_zero_inverse  0 where image > T, else image

    Parameters
    ----------
    image
        (H, W) or (H, W, C): uint8, uint16, int16, int32, float32 or float64; each channel on its own.
    method
        `fixed`: T = `value`. `otsu`: the T that parts the histogram into two classes of the greatest variance between
        them, n₀ n₁ (μ₀ - μ₁)²; the lowest of several; the value itself of a channel that has only one. `mean` and
        `gaussian`: T(y, x) = the mean over a window minus `offset`, for `binary` and `binary_inverse`.
    value
        T for `fixed`: one number, or one per channel.
    kind
        What becomes of a pixel, as above. `truncate` rounds T down to a whole number for an integer image.
    maximum
        For `binary` and `binary_inverse`; by default the largest number of an integer dtype, or 1.
    window
        For local thresholds: pixels, odd, one number or (h, w). The Gaussian has σ = 0.3 ((n - 1) / 2 - 1) + 0.8 for n
        pixels, as OpenCV's. Outside of the image, its edge goes on.
    offset
        What local means are lowered by, in the image's units.

    Returns
    -------
    Thresholded
        The image, and T for each channel. NaN is not above any threshold.

    Raises
    ------
    InvalidInput
        An argument is not as above; `value` with another method than `fixed`, or none with it; a pixel that is not
        finite where Otsu's threshold is asked for.

    Notes
    -----
    The histogram has one bin for each number of 8- and 16-bit images, where OpenCV finds the same T for 8 bits. Other
    dtypes have 256 bins from the lowest to the highest pixel, and T is the centre of the last bin below, as in
    scikit-image. Local means are not rounded, as OpenCV's are for uint8: pixels within half a level may differ.

    References
    ----------
    N. Otsu, *A threshold selection method from gray-level histograms*, IEEE Transactions on Systems, Man, and
    Cybernetics 9, 1979.
    """
    array = pixels(image)
    choice(method, "method", METHODS)
    choice(kind, "kind", KINDS)
    top = _maximum(maximum, array.dtype)
    if (value is not None) != (method == "fixed"):
        raise InvalidInput("value", "is the threshold of method fixed, which needs one, and of no other")
    levels: Array | None = None
    if method == "fixed":
        levels = _levels(value, array.shape[2])
        limit: Array = levels
    elif method == "otsu":
        levels = np.array([otsu(array[:, :, c]) for c in range(array.shape[2])])
        limit = levels
    else:
        limit = _local_means(array, method, kind, window, finite_number(offset, "offset"))
    out = _applied(array, limit, kind, top)
    return Thresholded(out[:, :, 0] if np.ndim(image) == 2 else out, levels)


def _maximum(maximum: float | None, dtype: np.dtype[Any]) -> Any:
    if dtype.kind == "f":
        return dtype.type(1 if maximum is None else finite_number(maximum, "maximum"))
    info = np.iinfo(dtype)
    number = info.max if maximum is None else finite_number(maximum, "maximum")
    if number != int(number) or not info.min <= number <= info.max:
        raise InvalidInput("maximum", f"must be a whole number from {info.min} to {info.max}, came as {maximum}")
    return dtype.type(int(number))


def _levels(value: ArrayLike | None, channels: int) -> Array:
    try:
        given = np.asarray(value, np.float64)
    except (TypeError, ValueError):
        raise InvalidInput("value", "must be one number, or one per channel") from None
    if given.shape not in ((), (channels,)):
        raise InvalidInput("value", f"must be one number or {channels}, came with shape {given.shape}")
    if np.isnan(given).any():
        raise InvalidInput("value", "must hold numbers only")
    return np.array(np.broadcast_to(given, channels))


def _local_means(array: Array, method: str, kind: str, window: Pair, offset: float) -> Array:
    if kind not in KINDS[:2]:
        raise InvalidInput("kind", f"local thresholds give {' or '.join(KINDS[:2])}, came as {kind!r}")
    sides = pair(window, "window")
    if any(side % 2 == 0 for side in sides):
        raise InvalidInput("window", f"must be odd, came as {window}")
    real = real_type(array.dtype).name
    if method == "mean":
        means = box(array, sides, border="replicate", output_dtype=real)
    else:
        spread = [0.3 * ((side - 1) * 0.5 - 1) + 0.8 for side in sides]
        radius = [side // 2 for side in sides]
        means = gaussian(array, spread, radius=radius, border="replicate", output_dtype=real)
    means -= means.dtype.type(offset)
    return means


def _applied(array: Array, limit: Array, kind: str, top: Any) -> Array:
    """Compare a band of rows at a time. A whole pixel is above T exactly if it is above ⌊T⌋."""
    (out,) = fresh_arrays((array.shape, array.dtype))
    if limit.ndim == 1 and array.dtype.kind != "f":
        info = np.iinfo(array.dtype)
        beyond = limit < info.min
        limit = np.clip(np.floor(limit), info.min, info.max).astype(array.dtype)
    else:
        beyond = np.zeros(1, np.bool_)
    zero = array.dtype.type(0)

    def work(start: int, stop: int) -> None:
        part = array[start:stop]
        level = limit if limit.ndim == 1 else limit[start:stop]
        yes, no = {
            "binary": (top, zero),
            "binary_inverse": (zero, top),
            "truncate": (level, part),
            "to_zero": (part, zero),
            "to_zero_inverse": (zero, part),
        }[kind]
        out[start:stop] = np.where((part > level) | beyond, yes, no)

    run_bands(work, len(array), grain=16)
    return out


def otsu(values: Array) -> float:
    """Otsu's threshold of all values: above it lies the upper class.

    Raises
    ------
    InvalidInput
        A value is not finite.
    """
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise InvalidInput("image", "must be finite for Otsu's threshold")
    lowest, highest = values.min(), values.max()
    if lowest == highest:
        return float(lowest)
    if values.dtype.itemsize <= 2:
        first = int(lowest)
        counts = _counts(values, first, int(highest) - first + 1)
        levels = np.arange(len(counts), dtype=np.float64) + first
    else:
        span = values.astype(np.float64, copy=False)
        counts, edges = np.histogram(span, OTSU_BINS, (float(lowest), float(highest)))
        levels = edges[:-1] + 0.5 * np.diff(edges)
    below, offsets = np.cumsum(counts)[:-1].astype(np.float64), (levels - levels[0]) * counts
    sums = np.cumsum(offsets)
    above, total = counts.sum() - below, sums[-1]
    with np.errstate(all="ignore"):
        between = (sums[:-1] * (below + above) - total * below) ** 2 / (below * above)
    return float(levels[int(np.argmax(np.nan_to_num(between, nan=-1.0)))])


def _counts(values: Array, first: int, length: int) -> Array:
    """How often each whole number from `first` on occurs."""
    counts = np.zeros(length, np.int64)
    for start in range(0, len(values), 64):
        part = np.subtract(values[start : start + 64], first, dtype=np.int64)
        counts += np.bincount(part.ravel(), minlength=length)
    return counts
