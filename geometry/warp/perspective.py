"""Warping of an image by a homography."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.errors import Degenerate, InvalidInput
from geometry.inputs import Array, choice, extent, pixels, real_array
from geometry.memory import fresh_arrays
from geometry.warp.antialias import average
from geometry.warp.border import BORDERS, around
from geometry.warp.bytes import linear_bytes
from geometry.warp.fill import fill_values
from geometry.warp.footprints import footprint_mask
from geometry.warp.homography import output_to_source
from geometry.warp.nearest import nearest
from geometry.warp.pyramid import pyramid
from geometry.warp.sampling import interpolate
from geometry.warp.spans import Region, span_bounds, span_mask, write_spans
from geometry.warp.turning import VECTORS, turn_vectors
from geometry.warp.warped import Warped
from geometry.warp.weights import INTERPOLATIONS

_GRAIN_PIXELS = 1 << 17


def _region(roi: Sequence[int] | None, output: tuple[int, int]) -> Region:
    if roi is None:
        return Region(0, 0, *output)
    try:
        x, y, width, height = (int(value) for value in roi)
        whole = all(int(value) == value for value in roi)
    except (TypeError, ValueError, OverflowError):
        raise InvalidInput("roi", "must be four whole numbers (x, y, width, height)") from None
    if not whole or x < 0 or y < 0 or width < 1 or height < 1 or x + width > output[0] or y + height > output[1]:
        raise InvalidInput("roi", f"must lie inside the output of {output[0]} × {output[1]}, came as {tuple(roi)}")
    return Region(x, y, width, height)


def _output(size: Sequence[int] | str) -> tuple[int, int] | None:
    if not isinstance(size, str):
        return extent(size)
    if size != "fit":
        raise InvalidInput("size", f"must be (width, height) or 'fit', came as {size!r}")
    return None


def fitted_size(
    homography: ArrayLike, source: tuple[int, int], *, direction: str, pixel_center: str
) -> tuple[int, int]:
    """Return the (width, height) that `warp_perspective` gives a source of that size with `size="fit"`."""
    return output_to_source(homography, direction=direction, pixel_center=pixel_center, source=source, output=None).size


def warp_perspective(
    image: ArrayLike,
    homography: ArrayLike,
    *,
    size: Sequence[int] | Literal["fit"] | None = None,
    roi: Sequence[int] | None = None,
    direction: str = "source_to_output",
    interpolation: str = "linear",
    border: str = "constant",
    fill: ArrayLike = 0,
    pixel_center: str = "integer",
    antialias: bool = False,
    vectors: str | None = None,
    encoding: str | None = None,
) -> Warped:
    """Warp an image by a homography.

    `output(q) = image(p)` with `p ~ H⁻¹ q` for `source_to_output`, `p ~ H q` for `output_to_source`; points are
    (x, y, 1).

    The sign of H is arbitrary; it is chosen so that w = h3·p, with h3 the last row of the map from source to output,
    is positive at the centre of the source image (on the other side where the whole output would have w ≤ 0).
    Output pixels whose source point has w ≤ 0 lie behind the horizon: they get the fill, whatever the border, and mask
    False.

    Parameters
    ----------
    image
        (H, W) or (H, W, C), C ≥ 1; uint8, uint16, int16, int32, float32 or float64.
    homography
        (3, 3), finite, of any scale and sign.
    size
        (width, height) of the output, pixels; as the source by default. `"fit"`: the smallest that shows the centres
        of all source pixels; the first output pixel is then at `-translation` of the homography's plane.
    roi
        (x, y, width, height), pixels inside the output: compute only this part. Equal to the crop of the full output,
        bit for bit.
    direction
        `source_to_output` or `output_to_source`: what H maps.
    interpolation
        `nearest`: the pixel at floor(coordinate + 0.5); `linear`; `cubic`: Catmull and Rom's, Keys' with a = -1/2;
        `cubic_opencv`: a = -3/4; `lanczos`: 8 × 8 taps. Integers are rounded to the nearest, ties up, and saturate. A
        tap of zero weight has no influence, be it NaN or outside.
    border
        What lies outside the source: `constant` (the fill), `replicate`, `reflect`, `reflect_101` or `wrap`.
    fill
        A number, or one per channel, representable in the image's dtype.
    pixel_center
        `integer`: H has the centre of the first pixel at (0, 0); `half`: at (0.5, 0.5), in both images.
    vectors
        The first two channels are vectors, such as normals: turn them by the local rotation of the map. `down` or `up`
        says where their second component points in the image. None: channels are values.
    encoding
        What their numbers mean, as of `rotate_vectors`.
    antialias
        Give output pixels that cover more than a source pixel the mean over what they cover, from the Jacobian of the
        map at each; not with `nearest`. The fill takes part with its share. Other pixels are as without it, bit for
        bit; the mask is True where all that a pixel covers is inside.

    Returns
    -------
    Warped
        `image`, of the output's or the ROI's size, and `mask`; unpacks as the two. A pixel of the mask is True if all
        taps of non-zero weight are inside the source, in front of the horizon; points within 2⁻³⁰ px of the outermost
        pixel centres count as on them. Where the map does not keep to whole pixels, the wider kernels count taps of
        zero weight too.

    Raises
    ------
    InvalidInput
        An argument is not as described above.
    Degenerate
        `singular_homography`: H has no inverse, for either direction. `horizon_in_image`: with `size="fit"`, no output
        shows all of the source. `mirrored_map`: with `vectors`, the map mirrors.

    References
    ----------
    Hartley, Zisserman, Multiple View Geometry, 2nd ed., section 2.3; chapter 21 on the sign of w.
    """
    source = pixels(image)
    choice(direction, "direction", ("source_to_output", "output_to_source"))
    choice(interpolation, "interpolation", INTERPOLATIONS)
    choice(border, "border", BORDERS)
    choice(pixel_center, "pixel_center", ("integer", "half"))
    if vectors is not None:
        choice(vectors, "vectors", VECTORS)
    if antialias and interpolation == "nearest":
        raise InvalidInput("antialias", "takes means between pixels, which `nearest` does not have")
    height, width, channels = source.shape
    if vectors is not None and channels < 2:
        raise InvalidInput("vectors", f"are in two channels at least; the image has {channels}")
    filling = fill_values(fill, source.dtype, channels)
    output = (width, height) if size is None else _output(size)
    m, origin, output = output_to_source(
        homography, direction=direction, pixel_center=pixel_center, source=(width, height), output=output
    )
    region = _region(roi, output)
    (out,) = fresh_arrays(((region.height, region.width, channels), source.dtype))
    spans = np.empty((region.height, 8), np.int64)
    few_bytes = interpolation == "linear" and source.dtype == np.uint8 and channels in (1, 3, 4)
    bounds = span_bounds(m, source, interpolation, to_the_edge=few_bytes)
    levels = pyramid(source, m, region, border=border, fill=filling) if antialias else None

    def work(start: int, stop: int) -> None:
        write_spans(m, region, bounds, interpolation, start, stop, spans)
        if interpolation == "nearest":
            nearest(source, m, region, spans, start, stop, out)
        elif few_bytes:
            linear_bytes(source, m, region, spans, start, stop, out)
        else:
            interpolate(
                source,
                m,
                None,
                bounds,
                region,
                spans,
                start,
                stop,
                out,
                interpolation=interpolation,
                border=border,
                fill=filling,
            )
        around(source, m, region, spans, start, stop, out, border=border, interpolation=interpolation, fill=filling)
        if levels is not None:
            average(source, levels, m, region, start, stop, out, border=border, fill=filling)

    run_bands(work, region.height, grain=max(1, _GRAIN_PIXELS // region.width))
    translation = -origin[0], -origin[1]

    def mask_rows(start: int, stop: int) -> Array:
        if antialias:
            return footprint_mask((width, height), m, region, spans, start, stop)
        return span_mask(spans, region.width, start, stop)

    if vectors is not None:
        out = turn_vectors(out, m, region, spans, vectors=vectors, encoding=encoding, border=border, fill=filling)
    warped = Warped(out, mask_rows, translation)
    return warped if np.ndim(image) == 3 else warped.grey()


def warp_affine(
    image: ArrayLike,
    matrix: ArrayLike,
    *,
    size: Sequence[int] | Literal["fit"] | None = None,
    roi: Sequence[int] | None = None,
    direction: str = "source_to_output",
    interpolation: str = "linear",
    border: str = "constant",
    fill: ArrayLike = 0,
    pixel_center: str = "integer",
    antialias: bool = False,
    vectors: str | None = None,
    encoding: str | None = None,
) -> Warped:
    """Warp an image by an affine map.

    `output(q) = image(p)` with `q = A p + t` for `source_to_output`, `p = A q + t` for `output_to_source`.

    Parameters
    ----------
    matrix
        (2, 3): `[A | t]`, finite.
    image, size, roi, direction, interpolation, border, fill, pixel_center, antialias, vectors, encoding
        As of `warp_perspective`.

    Raises
    ------
    InvalidInput
        An argument is not as described.
    Degenerate
        `singular_matrix`: A has no inverse; `mirrored_map`, as of `warp_perspective`.
    """
    homography = np.vstack([real_array(matrix, "matrix", (2, 3)), [0.0, 0.0, 1.0]])
    try:
        return warp_perspective(
            image,
            homography,
            size=size,
            roi=roi,
            direction=direction,
            interpolation=interpolation,
            border=border,
            fill=fill,
            pixel_center=pixel_center,
            antialias=antialias,
            vectors=vectors,
            encoding=encoding,
        )
    except Degenerate as error:
        if error.reason != "singular_homography":
            raise
        raise Degenerate("singular_matrix", "the matrix has no inverse") from None
