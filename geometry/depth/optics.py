"""A pinhole camera with or without a lens: rays of its pixels, pixels of points."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.cameras.poses import intrinsic_matrix
from geometry.errors import InvalidInput
from geometry.inputs import Array, choice
from geometry.lenses import LENS_MODELS, Lens, LensView, lens_model

_BLOCK_POINTS = 1 << 18


class Optics(NamedTuple):
    """How a camera sees: `x ~ K distort(X / Z, Y / Z)` of points (X, Y, Z) in its frame."""

    intrinsics: Array
    """(3, 3) float64, px; upper triangular with K[2, 2] = 1."""
    lens: Lens | None
    """None sees straight; so does a Brown–Conrady lens whose coefficients are all 0."""

    @property
    def _view(self) -> LensView:
        """The normalized image plane, as a view of the camera with a lens."""
        assert self.lens is not None
        return LensView(self.lens, self.intrinsics, np.eye(3), None)

    def rays(self, height: int, width: int) -> Array:
        """(height, width, 2) float64: (X / Z, Y / Z) seen at each pixel centre; NaN where no ray before the camera is.

        A fisheye's rays of 90° and more from the axis have no Z > 0: NaN, too.
        """
        return self.ray_rows(0, height, width)

    def ray_blocks(self, height: int, width: int, *, margin: int = 0) -> Iterator[tuple[int, int, int, Array]]:
        """Rays of all pixels, block after block of rows, so that few are held.

        Yields start, stop, first, rays: of rows `start:stop`, and of `margin` rows more on either side where there are;
        `rays[0]` are those of row `first`.
        """
        step = max(1, _BLOCK_POINTS // max(width, 1))
        for start in range(0, height, step):
            stop, first = min(start + step, height), max(0, start - margin)
            yield start, stop, first, self.ray_rows(first, min(stop + margin, height), width)

    def ray_rows(self, start: int, stop: int, width: int) -> Array:
        """(stop − start, width, 2) float64: the rays of rows `start:stop` alone."""
        out = np.empty((stop - start, width, 2))
        if self.lens is None:
            (fx, skew, cx), (_, fy, cy), _ = self.intrinsics.tolist()
            y = ((np.arange(start, stop) - cy) / fy)[:, np.newaxis]
            out[:, :, 0] = (np.arange(width) - cx - skew * y) / fx
            out[:, :, 1] = y
            return out
        step = max(1, _BLOCK_POINTS // max(width, 1))
        for top in range(start, stop, step):
            bottom = min(top + step, stop)
            centres = np.empty((bottom - top, width, 2))
            centres[:, :, 0] = np.arange(width)
            centres[:, :, 1] = np.arange(top, bottom)[:, np.newaxis]
            seen, _ = self._view.undistort(centres.reshape(-1, 2))
            out[top - start : bottom - start] = seen.reshape(centres.shape)
        return out

    def pixels(self, points: Array) -> Array:
        """(M, 2) float64: where points (M, 3) float64 of the camera's frame are seen, px; NaN where they are not.

        They are not where Z ≤ 0, where the lens folds back (`Lens.limit`), and where numbers exceed float64.
        """
        with np.errstate(all="ignore"):
            flat = points[:, :2] / np.where(points[:, 2] > 0, points[:, 2], np.nan)[:, np.newaxis]
            if self.lens is None:
                (fx, skew, cx), (_, fy, cy), _ = self.intrinsics.tolist()
                seen = np.empty((len(points), 2))
                seen[:, 0] = fx * flat[:, 0] + (skew * flat[:, 1] + cx)
                seen[:, 1] = fy * flat[:, 1] + cy
            else:
                seen, _ = self._view.distort(flat)
        seen[~np.isfinite(seen).all(axis=1)] = np.nan
        return seen


def camera_optics(
    intrinsics: ArrayLike, distortion: ArrayLike | None = None, model: str = "brown", *, prefix: str = ""
) -> Optics:
    """Check a camera's intrinsics and lens.

    Parameters
    ----------
    intrinsics
        (3, 3), px, upper triangular with positive focal lengths; skew is allowed. Pixel centres at integers.
    distortion
        Coefficients in OpenCV's order: k1 k2 p1 p2 [k3 [k4 k5 k6]] for `brown`, k1 k2 k3 k4 for `fisheye`; None: no
        lens.
    model
        `brown` (Brown–Conrady) or `fisheye` (Kannala–Brandt).
    prefix
        Of the arguments' names in errors: `source_` makes `source_intrinsics`, `source_distortion`, `source_model`.

    Raises
    ------
    InvalidInput
        An argument is not as above.
    """
    K = intrinsic_matrix(intrinsics, f"{prefix}intrinsics")
    choice(model, f"{prefix}model", LENS_MODELS)
    if distortion is None:
        return Optics(K, None)
    try:
        lens = lens_model(model, distortion)
    except InvalidInput as error:
        raise InvalidInput(prefix + error.argument, error.detail) from None
    straight = lens.model == "brown" and not lens.coefficients.any()
    return Optics(K, None if straight else lens)
