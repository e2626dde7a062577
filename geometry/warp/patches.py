"""Windows of one size cut out of an image around many points, at whole or fractional positions."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.inputs import Array, choice, extent, pixels, real_array
from geometry.memory import fresh_arrays
from geometry.warp.border import BORDERS
from geometry.warp.fill import fill_values
from geometry.warp.windows import crop_rows

_FAR = 2.0**52
_TOUCHING = 2.0**-30
_GRAIN_PIXELS = 1 << 15


class CroppedPatches(NamedTuple):
    """Patches of an image.

    `patches` (M, h, w) or (M, h, w, C) has the dtype of the image; `mask` (M, h, w), bool, is True where the pixel came
    wholly from inside the image.
    """

    patches: Array
    mask: Array


def _first_samples(
    centers: Array,
    image: tuple[int, int],
    size: tuple[int, int],
    *,
    anchor: str,
    normalized: bool,
    centered: bool,
    pixel_center: str,
) -> Array:
    """Where in the image, pixel centres at integers, the first pixel of each patch lies: (M, 2), x and y."""
    last = 0.0 if pixel_center == "half" else 1.0
    span, patch = np.array(image) - last, np.array(size) - last
    points = centers
    if normalized:
        points = (centers + 1) / 2 * span if centered else centers * span
    elif centered:
        points = centers + span / 2
    return points - patch / 2 if anchor == "center" else points


def crop_patches(
    image: ArrayLike,
    centers: ArrayLike,
    *,
    size: Sequence[int],
    anchor: str = "center",
    normalized: bool = False,
    centered: bool = False,
    interpolation: str = "linear",
    border: str = "constant",
    fill: ArrayLike = 0,
    pixel_center: str = "integer",
) -> CroppedPatches:
    """Cut a window of one size out of an image around each of many points.

    `patches[m, j, i] = image(f_m + (i, j))`, where the first sample `f_m = p_m − a`, `p_m` is the point in pixels, and
    `a` the place in the patch that comes to lie there.

    With pixel centres at integers an axis of n pixels runs from 0 to s = n − 1, the outermost pixel centres; at halves
    from 0 to s = n, the outer edges. Then, for image and patch alike:

    ==========  ========  =====================  =================
    normalized  centered  p for a coordinate q   q at the two ends
    ==========  ========  =====================  =================
    False       False     q                      0, s
    False       True      q + s / 2              −s / 2, s / 2
    True        False     q s                    0, 1
    True        True      (q + 1) s / 2          −1, 1
    ==========  ========  =====================  =================

    and a = s / 2 of the patch for the anchor `center`, 0 for `corner`.

    `tf.image.extract_glimpse` takes offsets (y, x) where this takes (x, y), works on pixels with centres at halves, and
    cuts the first sample to a whole number towards zero: `pixel_center="half"`, `interpolation="truncate"`; its fill
    of `noise="zero"` is the default here, random noise there is not offered. Its first version has the anchor `center`
    always, and halves offsets that are centered but not normalized: pass half of them. Its second version has the
    anchor `center` only where offsets are both normalized and centered, and `corner` otherwise.

    Parameters
    ----------
    image
        (H, W) or (H, W, C), C ≥ 1; uint8, uint16, int16, int32, float32 or float64.
    centers
        (M, 2), x and y, finite, in the unit that the table says; M may be 0.
    size
        (width, height) of the patches, pixels.
    anchor
        `center`, or `corner`: the top left one, that is the first pixel's centre or, at halves, the patch's outer edge.
    normalized, centered
        How the points are written: see the table.
    interpolation
        `linear`; `nearest`: the first sample moves to floor(f + 0.5), so that a patch is a plain copy; or `truncate`:
        it is cut towards zero. Integers are rounded to the nearest, ties up. A tap of zero weight has no influence, be
        it NaN or outside. Samples within 2⁻³⁰ px of pixel centres count as on them.
    border
        What lies outside the image: `constant` (the fill), `replicate`, `reflect`, `reflect_101` or `wrap`.
    fill
        A number, or one per channel, representable in the image's dtype.
    pixel_center
        `integer`: the centre of the first pixel is at (0, 0); `half`: at (0.5, 0.5).

    Returns
    -------
    CroppedPatches
        `patches` and `mask`; a pixel of the mask is True if all taps of non-zero weight are inside the image.

    Raises
    ------
    InvalidInput
        An argument is not as described above; a point that is NaN or infinite is named by its index.

    References
    ----------
    Mnih, Heess, Graves, Kavukcuoglu, Recurrent Models of Visual Attention, 2014, section 3: glimpses.
    """
    source = pixels(image)
    points = real_array(centers, "centers", ("M", 2))
    width, height = extent(size)
    choice(anchor, "anchor", ("center", "corner"))
    choice(interpolation, "interpolation", ("nearest", "linear", "truncate"))
    choice(border, "border", BORDERS)
    choice(pixel_center, "pixel_center", ("integer", "half"))
    filling = fill_values(fill, source.dtype, source.shape[2])
    with np.errstate(over="ignore"):
        firsts = _first_samples(
            points,
            (source.shape[1], source.shape[0]),
            (width, height),
            anchor=anchor,
            normalized=normalized,
            centered=centered,
            pixel_center=pixel_center,
        )
    firsts = np.clip(firsts, -_FAR, _FAR)
    whole = np.floor(firsts + 0.5)
    if interpolation == "truncate":
        firsts = np.trunc(firsts)
    else:
        firsts = np.where((interpolation == "nearest") | (np.abs(firsts - whole) <= _TOUCHING), whole, firsts)
    shape = (len(points), height, width)
    patches, mask = fresh_arrays(((*shape, source.shape[2]), source.dtype), (shape, np.dtype(np.bool_)))

    def work(start: int, stop: int) -> None:
        crop_rows(source, firsts, start, stop, patches, mask, border=border, fill=filling)

    run_bands(work, len(points) * height, grain=max(1, _GRAIN_PIXELS // width))
    return CroppedPatches(patches if np.ndim(image) == 3 else patches[..., 0], mask)
