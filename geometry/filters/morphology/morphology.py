"""Mathematical morphology: erosion, dilation, and what they are put together to."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.errors import InvalidInput
from geometry.filters.border import BORDERS as OUTSIDES
from geometry.filters.convolution.plan import border_fill
from geometry.filters.morphology.element import Runs, drawn_runs, mask_runs
from geometry.filters.morphology.heights import raised_extrema
from geometry.filters.morphology.spread import extrema_over
from geometry.filters.window import Pair
from geometry.inputs import Array, choice, pixels, real_array

OPERATIONS = ("erode", "dilate", "open", "close", "gradient", "tophat", "blackhat")
BORDERS = ("ignore", *OUTSIDES)
_MOST_ITERATIONS = 65_536
_PART_ROWS = 64


class _Element(NamedTuple):
    runs: Runs
    anchor: tuple[int, int]
    heights: Array | None


def morphology(
    image: ArrayLike,
    element: ArrayLike | None = None,
    *,
    operation: str,
    shape: str | None = None,
    size: Pair | None = None,
    heights: ArrayLike | None = None,
    anchor: Sequence[int] | None = None,
    iterations: int = 1,
    border: str = "ignore",
    fill: ArrayLike = 0,
) -> Array:
    """Erode or dilate an image, or combine the two.

    For an element B of pixels b = (i, j) - anchor with heights h (0 where none are given)::

        erode     ε(x) = min over b of image(x + b) - h(b)
        dilate    δ(x) = max over b of image(x - b) + h(b)      the element reflected: δ is the adjoint of ε
        open      δ ε      close     ε δ      gradient  δ - ε
        tophat    image - open                blackhat  close - image

    Parameters
    ----------
    image
        (H, W) or (H, W, C), uint8, uint16, int16, int32, float32 or float64; channels are independent.
    element
        (kh, kw): the pixels that are not 0. Or none, and `shape` and `size` instead.
    operation
        One of the seven above.
    shape, size
        An element of `structuring_element`: by default a rectangle of 3 × 3.
    heights
        (kh, kw), finite: a grey-scale structuring function; without an element, on its whole box.
    anchor
        (y, x) of the element's pixel that lies at the place itself; by default (kh // 2, kw // 2).
    iterations
        How often erosion and dilation are done one after the other, 1 … 65 536.
    border
        `ignore`: what is outside never wins; or `constant` (`fill`), `replicate`, `reflect`, `reflect_101` or `wrap`.
    fill
        Constant outside, one number or one per channel; whole and within the dtype for an integer image.

    Returns
    -------
    Array
        The image's shape and dtype. Differences of integers saturate. NaN wins wherever the element meets it. Where the
        element meets no pixel, the highest value of the dtype or infinity for an erosion, the lowest for a dilation.

    Raises
    ------
    InvalidInput
        An argument is not as above; the element is empty; both an element and a shape.

    Notes
    -----
    Rectangles take about the same time at any size, with `ignore` at any number of iterations. Other elements take time
    that grows with the number of their rows, or columns; elements with heights, with that of their pixels.

    OpenCV and scikit-image before 0.23 do not reflect the element for a dilation: the same for elements that are
    symmetric about the anchor, otherwise the dilation with the element turned by half a turn. The default border equals
    OpenCV's.
    """
    array = pixels(image)
    choice(operation, "operation", OPERATIONS)
    choice(border, "border", BORDERS)
    values = border_fill(fill, array.shape[2], array.dtype)
    times = _iterations(iterations)
    repeated = _repeated(_element(element, shape, size, heights, anchor), times, border)
    out = _combined(array, operation, lambda pixels_, lowest: _extrema(pixels_, *repeated, lowest, border, values))
    return out[:, :, 0] if np.ndim(image) == 2 else out


def rows_seen(
    *,
    operation: str,
    element: ArrayLike | None = None,
    shape: str | None = None,
    size: Pair | None = None,
    heights: ArrayLike | None = None,
    anchor: Sequence[int] | None = None,
    iterations: int = 1,
) -> int:
    """How many rows above or below a row of `morphology`'s result depends on; arguments as there.

    Raises
    ------
    InvalidInput
        As `morphology`.
    """
    choice(operation, "operation", OPERATIONS)
    runs, (y, _), _ = _element(element, shape, size, heights, anchor)
    passes = 1 if operation in ("erode", "dilate", "gradient") else 2
    return passes * _iterations(iterations) * max(y, runs.size[0] - 1 - y)


def _iterations(iterations: int) -> int:
    if not 1 <= iterations <= _MOST_ITERATIONS or int(iterations) != iterations:
        raise InvalidInput("iterations", f"must be a whole number from 1 to {_MOST_ITERATIONS}, came as {iterations}")
    return int(iterations)


def _combined(image: Array, operation: str, extrema: Callable[[Array, bool], Array]) -> Array:
    """The operation from its erosions (lowest) and dilations."""
    if operation in ("erode", "dilate"):
        return extrema(image, operation == "erode")
    if operation == "gradient":
        return _difference(extrema(image, False), extrema(image, True))
    opening = operation in ("open", "tophat")
    filtered = extrema(extrema(image, opening), not opening)
    if operation == "tophat":
        return _difference(image, filtered, into=filtered)
    return _difference(filtered, image, into=filtered) if operation == "blackhat" else filtered


def _extrema(image: Array, element: _Element, times: int, lowest: bool, border: str, fill: Array) -> Array:
    """Erode or dilate so many times: a dilation looks at the reflected element."""
    runs, (y, x), heights = element
    if not lowest:
        runs, y, x = runs.reflected(), runs.size[0] - 1 - y, runs.size[1] - 1 - x
    for _ in range(times):
        if heights is None:
            image = extrema_over(image, runs, (y, x), lowest=lowest, border=border, fill=fill)
        else:
            turned = heights if lowest else heights[::-1, ::-1]
            image = raised_extrema(image, runs.mask(), turned, (y, x), lowest=lowest, border=border, fill=fill)
    return image


def _difference(left: Array, right: Array, into: Array | None = None) -> Array:
    """`left - right`, saturated."""
    out = np.empty_like(left) if into is None else into

    def work(start: int, stop: int) -> None:
        a, b = left[start:stop], right[start:stop]
        if out.dtype.kind == "f":
            with np.errstate(invalid="ignore", over="ignore"):
                np.subtract(a, b, out=out[start:stop])
        elif out.dtype.kind == "u":
            np.subtract(np.maximum(a, b), b, out=out[start:stop])
        else:
            info = np.iinfo(out.dtype)
            out[start:stop] = np.clip(np.subtract(a, b, dtype=np.int64), info.min, info.max)

    run_bands(work, len(out), grain=_PART_ROWS)
    return out


def _repeated(element: _Element, iterations: int, border: str) -> tuple[_Element, int]:
    """The element and how often it is taken; a rectangle taken n times, nothing from outside, is a larger one."""
    runs, (y, x), heights = element
    if iterations == 1 or border != "ignore" or heights is not None or not runs.rectangle:
        return element, iterations
    height, width = (iterations * (side - 1) + 1 for side in runs.size)
    rows = np.arange(height)
    larger = Runs((height, width), rows, np.zeros_like(rows), np.full_like(rows, width))
    return _Element(larger, (iterations * y, iterations * x), None), 1


def _element(
    element: ArrayLike | None,
    shape: str | None,
    size: Pair | None,
    heights: ArrayLike | None,
    anchor: Sequence[int] | None,
) -> _Element:
    raised = None if heights is None else real_array(heights, "heights", ("kh", "kw"))
    if element is not None:
        if shape is not None or size is not None:
            raise InvalidInput("shape" if shape is not None else "size", "is for when there is no element")
        runs = mask_runs(element)
    elif raised is not None and shape is None and size is None:
        if raised.size == 0:
            raise InvalidInput("heights", f"must not be empty, came as {raised.shape}")
        runs = mask_runs(np.ones(raised.shape))
    else:
        runs = drawn_runs(shape or "rectangle", 3 if size is None else size)
    if raised is not None and raised.shape != runs.size:
        raise InvalidInput("heights", f"must have the element's shape {runs.size}, came as {raised.shape}")
    return _Element(runs, _anchor(anchor, runs.size), raised)


def _anchor(anchor: Sequence[int] | None, size: tuple[int, int]) -> tuple[int, int]:
    if anchor is None:
        return size[0] // 2, size[1] // 2
    try:
        y, x = (int(place) for place in anchor)
        whole = [y, x] == list(anchor)
    except (TypeError, ValueError, OverflowError):
        raise InvalidInput("anchor", "must be a pair (y, x)") from None
    if not whole or not (0 <= y < size[0] and 0 <= x < size[1]):
        raise InvalidInput(
            "anchor", f"must be whole and inside of the element's {size[0]} × {size[1]}, came as {anchor}"
        )
    return y, x
