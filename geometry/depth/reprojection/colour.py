"""Pixels of a source's image, carried along with its depth."""

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.errors import InvalidInput
from geometry.inputs import Array, pixels
from geometry.memory import fresh_arrays
from geometry.warp.fill import fill_values

_BAND_PIXELS = 16384


class Colours:
    """An image of the source, and what stands where the target shows nothing of it.

    Attributes
    ----------
    pixels
        (H, W, C).
    fill
        (C,), the same dtype.
    """

    def __init__(self, image: ArrayLike, shape: tuple[int, ...], fill: ArrayLike) -> None:
        """Check an image against the depth map's shape.

        Raises
        ------
        InvalidInput
            The image is none, or of another size; the fill is not representable.
        """
        self.pixels = pixels(image)
        if self.pixels.shape[:2] != shape:
            raise InvalidInput("image", f"must have the size of the depth map {shape}, came as {np.shape(image)}")
        self.fill = fill_values(fill, self.pixels.dtype, self.pixels.shape[2])
        self._grey = np.ndim(image) == 2

    def of(self, source_index: Array) -> Array:
        """The colours of the source pixels (h, w, C) that each target pixel names; the fill where it is −1."""
        flat = self.pixels.reshape(-1, self.pixels.shape[2])
        (carried,) = fresh_arrays(((*source_index.shape, flat.shape[1]), flat.dtype))

        def work(start: int, stop: int) -> None:
            np.take(flat, source_index[start:stop], axis=0, mode="clip", out=carried[start:stop])
            carried[start:stop][source_index[start:stop] < 0] = self.fill

        run_bands(work, len(source_index), grain=max(1, _BAND_PIXELS // source_index.shape[1]))
        return carried

    def finished(self, carried: Array, status: Array) -> Array:
        """As the caller's image came, grey without channels, and the fill in holes."""
        if self.fill.any():
            carried[status == 1] = self.fill
        return carried[:, :, 0] if self._grey else carried
