"""Images without the distortion of their lens."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike

from geometry.errors import InvalidInput
from geometry.inputs import Array, choice, extent, pixels
from geometry.lenses.camera import lens_view
from geometry.lenses.extent import VIEWS, view_intrinsics
from geometry.warp.border import BORDERS
from geometry.warp.remap import remap_rows
from geometry.warp.warped import Warped
from geometry.warp.weights import INTERPOLATIONS


class Undistorted(Warped):
    """An image without distortion, and the camera that would have taken it; unpacks as image, mask, intrinsics.

    Attributes
    ----------
    image, mask
        As of `Warped`.
    intrinsics
        (3, 3) float64: K' of the image.
    """

    def __init__(self, image: Array, mask_rows: Callable[[int, int], Array], intrinsics: Array) -> None:
        super().__init__(image, mask_rows)
        self.intrinsics = intrinsics

    def grey(self) -> "Undistorted":
        """The same without the axis of channels, of which there is one."""
        return Undistorted(self.image[:, :, 0], self._mask_rows, self.intrinsics)

    def __iter__(self) -> Iterator[Array]:
        yield from super().__iter__()
        yield self.intrinsics


def _moved(K: Array, shift: float) -> Array:
    """K with the principal point moved: from one convention of pixel centres to the other."""
    return K + shift * np.array([[0, 0, 1], [0, 0, 1], [0, 0, 0]]) if shift else K


def undistort(
    image: ArrayLike,
    intrinsics: ArrayLike,
    distortion: ArrayLike,
    *,
    model: str = "brown",
    new_intrinsics: ArrayLike | None = None,
    view: str = "same",
    rotation: ArrayLike | None = None,
    size: Sequence[int] | None = None,
    interpolation: str = "linear",
    border: str = "constant",
    fill: ArrayLike = 0,
    pixel_center: str = "integer",
) -> Undistorted:
    """Remove the distortion of a lens from an image, and turn the camera where a rotation is given.

    `output(q) = image(p)` with `p = K (x_d, y_d, 1)`, (x_d, y_d) the distortion of the ray `R⁻¹ K'⁻¹ q` (the equations
    stand at `geometry.lenses.Lens`).

    Rays beyond the angle where the model turns back, or behind the camera, have no source point: they get the fill,
    whatever the border, and mask False.

    Parameters
    ----------
    image
        (H, W) or (H, W, C), C ≥ 1; uint8, uint16, int16, int32, float32 or float64.
    intrinsics
        (3, 3), K of the camera, px; upper triangular, may have skew.
    distortion
        Coefficients in OpenCV's order: k1 k2 p1 p2 [k3 [k4 k5 k6]] for `brown`, k1 k2 k3 k4 for `fisheye`.
    model
        `brown` (Brown–Conrady) or `fisheye` (Kannala–Brandt).
    new_intrinsics
        (3, 3), K' of the output.
    view
        How K' is chosen without `new_intrinsics`: `same`, as K; `all`, so that the output just holds every pixel of the
        source; `valid`, the largest view in which every pixel comes from inside the source. The latter two choose
        both focal lengths.
    rotation
        (3, 3), R from the camera's frame to the output's (rectification); none by default.
    size
        (width, height) of the output, pixels; as the source by default.
    interpolation, border, fill
        As of `warp_perspective`.
    pixel_center
        `integer`: K and K' have the centre of the first pixel at (0, 0); `half`: at (0.5, 0.5).

    Returns
    -------
    Undistorted
        `image`, `mask` and `intrinsics` K'.

    Raises
    ------
    InvalidInput
        An argument is not as described above; both `new_intrinsics` and another `view` than `same` (`view`).
    Degenerate
        For `all` and `valid`: `behind_camera`, `folded`, `no_convergence` (the image's edge has no place in a flat
        view), `empty_view`.

    References
    ----------
    Brown, Close-range camera calibration, 1971; Kannala, Brandt, A generic camera model and calibration method for
    conventional, wide-angle and fish-eye lenses, 2006.
    """
    source = pixels(image)
    choice(view, "view", VIEWS)
    choice(interpolation, "interpolation", INTERPOLATIONS)
    choice(border, "border", BORDERS)
    shift = 0.5 if choice(pixel_center, "pixel_center", ("integer", "half")) == "half" else 0.0
    if new_intrinsics is not None and view != "same":
        raise InvalidInput("view", f"must be same where new_intrinsics are given, came as {view!r}")
    given = lens_view(intrinsics, distortion, model=model, new_intrinsics=new_intrinsics, rotation=rotation)
    lens = given._replace(
        intrinsics=_moved(given.intrinsics, -shift), new_intrinsics=_moved(given.new_intrinsics, -shift)
    )
    own = source.shape[1], source.shape[0]
    width, height = own if size is None else extent(size)
    if view != "same":
        lens = lens._replace(new_intrinsics=view_intrinsics(lens, view, own, (width, height)))
    warped = remap_rows(
        source,
        lambda start, stop: lens.source_rows(start, stop, width),
        (width, height),
        interpolation=interpolation,
        border=border,
        fill=fill,
    )
    # What was given comes back as it was, without a rounding.
    K = _moved(lens.new_intrinsics, shift) if view != "same" else given.new_intrinsics
    undistorted = Undistorted(warped.image, warped.mask_rows, np.array(K))
    return undistorted if np.ndim(image) == 3 else undistorted.grey()
