"""What a warp returns."""

from collections.abc import Callable, Iterator
from functools import cached_property

from geometry.inputs import Array


class Warped:
    """A warped image, and which of its pixels came wholly from inside the source.

    Unpacks like a tuple: `image, mask = warp_perspective(…)`. The mask follows from the map alone and is made when it
    is first asked for, at about a tenth of the cost of the image.

    Attributes
    ----------
    image
        (h, w) or (h, w, C), the dtype and the number of axes of the source.
    mask
        (h, w) bool: all taps of non-zero weight are inside the source, in front of the horizon.
    translation
        (x, y), pixels: output points are those of the homography moved by this much; (0, 0) but for `size="fit"`.
    """

    def __init__(
        self, image: Array, mask_rows: Callable[[int, int], Array], translation: tuple[int, int] = (0, 0)
    ) -> None:
        self.image = image
        self.translation = translation
        self._mask_rows = mask_rows

    @cached_property
    def mask(self) -> Array:
        return self._mask_rows(0, len(self.image))

    def mask_rows(self, start: int, stop: int) -> Array:
        """Rows `start:stop` of the mask, for those who do not want to hold all of it."""
        return self._mask_rows(start, stop)

    def grey(self) -> "Warped":
        """The same without the axis of channels, of which there is one."""
        return Warped(self.image[:, :, 0], self._mask_rows, self.translation)

    def __iter__(self) -> Iterator[Array]:
        yield self.image
        yield self.mask
