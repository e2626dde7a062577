"""Filters one after the other, as one."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import band_count, interrupt_point, run_bands
from geometry.filters.chain.form import Form
from geometry.filters.chain.plan import Pass, chain_passes
from geometry.filters.chain.steps import chain_steps
from geometry.inputs import Array, pixels
from geometry.memory import fresh_arrays


def filter_chain(
    image: ArrayLike,
    steps: Sequence[Mapping[str, Any]],
    *,
    merge: bool = True,
    strip_rows: int | None = None,
) -> Array:
    """Apply filters one after the other, each to the whole result of the one before.

    Parameters
    ----------
    image
        (H, W) or (H, W, C): uint8, uint16, int16, int32, float32 or float64.
    steps
        1 … 64 mappings: `"filter"` names one of `convolve`, `gaussian`, `box`, `bilateral`, `unsharp`, `laplacian`,
        `gradient`, `rank-filter`, `morphology`, `threshold`, `neighbourhood`, `pool`; the others are the options of the
        function of that name, with its defaults. `gradient` has `output` instead of `magnitude` and `direction`: `x`,
        `y`, `magnitude` (the default) or `direction`. A step keeps height and width; channels and dtype may change.
    merge
        Whether neighbouring linear filters may become one convolution, see the notes.
    strip_rows
        Rows of a strip at least. By default the whole image where it has less than 64 MiB between all steps, otherwise
        strips of about 8 MiB, and four times what the steps look up and down.

    Returns
    -------
    Array
        What the last step gives. With `merge` off, bit for bit what the functions give one after the other.

    Raises
    ------
    InvalidInput
        An argument is not as above, or not as the function of a step has it: the error names the step, as in
        `steps/2/sigma`.

    Notes
    -----
    `convolve`, `gaussian`, `box`, `laplacian`, `gradient` with `output` x or y, and `unsharp` without a threshold
    become one convolution with their neighbours where nothing is rounded to integers between them, `merge_kernels`
    calls the merged kernel exact (with `wrap`; with `reflect` and `reflect_101` for kernels that are the same in
    reverse; with a constant border of 0 for kernels along different axes), it has at most 63 rows and columns, its
    estimated time is less, and the image has 2^18 numbers at least. For finite images the result is off from that of
    the steps by at most `4 (n + Σ n_k) ε Π_k Σ|kernel_k| · max|image|`, for n taps of the merged kernel and n_k of
    each, and ε = 2^-24 of float32 or 2^-53 of float64.

    A strip goes through all steps while it is in the cache, with the rows above and below that they look at, and images
    between the steps are never held whole. Recursive Gaussians, boxes over floats, spectra, products of matrices,
    Otsu's threshold and filters that wrap from top to bottom see the whole image.
    """
    array = pixels(image)
    array = array[:, :, 0] if np.ndim(image) == 2 else array
    for one in chain_passes(Form(array.shape, array.dtype), chain_steps(steps), merge=merge, strip_rows=strip_rows):
        interrupt_point()
        array = one.stages[0].step.apply(array) if one.strips == 1 else _through(array, one)
    return array


def _through(image: Array, one: Pass) -> Array:
    """All steps of a pass, strip by strip."""
    height, last = len(image), one.stages[-1].after
    (out,) = fresh_arrays((last.shape, last.dtype))
    quiet = np.geterr()

    def work(start: int, stop: int) -> None:
        with band_count(1), np.errstate(**quiet):
            for number in range(start, stop):
                first, end = height * number // one.strips, height * (number + 1) // one.strips
                out[first:end] = _strip(image, one, first, end)

    run_bands(work, one.strips)
    return out


def _strip(image: Array, one: Pass, first: int, end: int) -> Array:
    """Rows first … end of the result, from those and as many more as each step still looks at."""
    height, margin = len(image), one.overlap
    begin = max(0, first - margin)
    strip = image[begin : min(height, end + margin)]
    for stage in one.stages:
        strip = stage.step.apply(strip, slice(begin, begin + len(strip)))
        margin -= stage.reach or 0
        upper, lower = max(0, first - margin), min(height, end + margin)
        strip, begin = strip[upper - begin : lower - begin], upper
    return strip
