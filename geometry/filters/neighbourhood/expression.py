"""The public face: expressions over windows, compiled once and kept."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from geometry.errors import InvalidInput
from geometry.filters.border import BORDERS
from geometry.filters.convolution.plan import border_fill
from geometry.filters.neighbourhood.cache import KeptPrograms, ProgramCache
from geometry.filters.neighbourhood.fields import Bounds
from geometry.filters.neighbourhood.machine import evaluate, scratch_bytes
from geometry.filters.neighbourhood.meaning import Meaning
from geometry.filters.neighbourhood.program import Program, compiled
from geometry.filters.neighbourhood.syntax import syntax_tree
from geometry.filters.neighbourhood.vocabulary import WIDEST
from geometry.filters.window import pair
from geometry.inputs import PIXEL_DTYPES, Array, choice, dtype_name, pixels, real_array, rectangular

OUTPUT_DTYPES = ("auto", "same", *PIXEL_DTYPES)

_EXACT = 2.0**24
_LARGE = 2.0**100


class NeighbourhoodProgram(NamedTuple):
    """What an expression was compiled to.

    Attributes
    ----------
    output_dtype
        Dtype of the result.
    arithmetic
        `float32` or `float64`, in which everything is computed.
    instructions
        How many there are for each pixel.
    scratch_bytes
        Memory that each thread needs to run them.
    listing
        The instructions, the first hundred of them. `r1[0, 2]` is what is kept in slot 1, two columns to the right.
    """

    output_dtype: str
    arithmetic: str
    instructions: int
    scratch_bytes: int
    listing: tuple[str, ...]


class _Compiled(NamedTuple):
    program: Program
    arithmetic: str
    output: np.dtype[Any]

    @property
    def nbytes(self) -> int:
        return self.program.nbytes


_kept = KeptPrograms[_Compiled](512, 2**24)


def neighbourhood(
    image: ArrayLike,
    expression: str,
    *,
    window: int | Sequence[int] | None = None,
    second: ArrayLike | None = None,
    element: ArrayLike | None = None,
    border: str = "constant",
    fill: ArrayLike = 0,
    output_dtype: str = "auto",
) -> Array:
    """Evaluate an expression over the window around every pixel.

    `out[y, x] = expression(w)` with `w[i, j] = image[y + i, x + j]` for the places i, j of the window, which are
    counted from its centre: row (kh-1) // 2 and column (kw-1) // 2. Channels are evaluated alike and apart.

    Parameters
    ----------
    image
        (H, W) or (H, W, C), uint8, uint16, int16, int32, float32 or float64; `w` in the expression.
    expression
        Up to 2000 characters: numbers, `w`, `w[row, column]`, `+ - * / // % **`, comparisons, `and or not`, functions
        such as `where`, `abs`, `exp`, and reductions of windows such as `min max mean sum median any all`; see
        docs/neighbourhood.md. Nothing else is understood, least of all Python's attributes, calls and names.
    window
        (kh, kw) or one number for both, 1 to 255. Default: the shape of `element`, or 3 × 3.
    second
        An image of the same shape, of any of these dtypes; `v` in the expression.
    element
        (kh, kw), finite numbers; `element` in the expression, such as a structuring element or weights.
    border
        What lies outside: `constant` (`fill`), `replicate`, `reflect`, `reflect_101` or `wrap`.
    fill
        Constant outside, one number or one per channel, which the images could hold.
    output_dtype
        `auto`: uint8, 0 or 1, if the outermost part of the expression is a comparison, `and`, `or`, `not`, `any` or
        `all`; otherwise as the image. `same` as the image, or a dtype by name. Integers round half to even and
        saturate; NaN becomes 0.

    Returns
    -------
    Array
        Shape of the image.

    Raises
    ------
    InvalidInput
        An argument is not as above. For `expression` the column is named: a word that is not of the language, a place
        outside the window, a window where one value must be; more than 8,192 instructions for each pixel.

    Notes
    -----
    The expression becomes a straight-line program of vector instructions, kept for later calls, and is run by a machine
    that was compiled beforehand. All arithmetic is float32 for images of 8 and 16 bits and float32, except where a
    whole number might exceed 2^24, and float64 otherwise. Division by 0 gives infinity or NaN; comparisons with NaN
    are 0, `min`, `max` and `median` of a NaN are NaN.

    What every tap needs alike is computed once per pixel; sums and extremes of such terms cost O(log kh + log kw),
    medians sort each column once.
    """
    array = pixels(image)
    other = None if second is None else pixels(second, "second")
    if other is not None and (other.shape != array.shape or np.ndim(second) != np.ndim(image)):  # type: ignore[arg-type]
        raise InvalidInput("second", f"must have the image's shape {np.shape(image)}")
    choice(border, "border", BORDERS)
    outside = border_fill(fill, array.shape[2], array.dtype)
    if other is not None:
        border_fill(fill, array.shape[2], other.dtype)
    made = _compiled(expression, window, array.dtype, None if other is None else other.dtype, element, output_dtype)
    out = evaluate(made.program, array, other, kind=made.arithmetic, border=border, fill=outside, output=made.output)
    return out[:, :, 0] if np.ndim(image) == 2 else out


def neighbourhood_program(
    expression: str,
    image_shape: Sequence[int],
    image_dtype: DTypeLike,
    *,
    window: int | Sequence[int] | None = None,
    second_dtype: DTypeLike | None = None,
    element: ArrayLike | None = None,
    output_dtype: str = "auto",
) -> NeighbourhoodProgram:
    """Compile an expression and say what became of it.

    Parameters
    ----------
    expression, window, element, output_dtype
        As for `neighbourhood`.
    image_shape
        (H, W) or (H, W, C).
    image_dtype, second_dtype
        Dtypes of the image and of the second one, where there is one.

    Raises
    ------
    InvalidInput
        As `neighbourhood`.
    """
    shape = tuple(image_shape)
    if len(shape) not in (2, 3) or min(shape) < 1:
        raise InvalidInput("image_shape", f"must be (H, W) or (H, W, C), all ≥ 1, came as {shape}")
    other = None if second_dtype is None else _pixel_dtype(second_dtype, "second_dtype")
    made = _compiled(expression, window, _pixel_dtype(image_dtype, "image_dtype"), other, element, output_dtype)
    scratch = scratch_bytes(made.program, (*shape, 1)[:3], made.arithmetic)
    return NeighbourhoodProgram(
        made.output.name, made.arithmetic, len(made.program.code), scratch, made.program.listing
    )


def program_cache() -> ProgramCache:
    """Count what the cache of compiled expressions did and holds."""
    return _kept.count()


def _pixel_dtype(dtype: DTypeLike, name: str) -> np.dtype[Any]:
    return np.dtype(choice(np.dtype(dtype).name, name, PIXEL_DTYPES))


def _compiled(
    expression: str,
    window: int | Sequence[int] | None,
    image: np.dtype[Any],
    second: np.dtype[Any] | None,
    element: ArrayLike | None,
    output_dtype: str,
) -> _Compiled:
    choice(output_dtype, "output_dtype", OUTPUT_DTYPES)
    given = None if element is None else rectangular(element, "element")
    if given is not None and given.ndim != 2:
        _taps(given)  # refuses it
    sides = _sides(None if window is None else pair(window, "window"), given)
    held = (b"",) if given is None else (given.tobytes(), given.dtype)
    key = (expression, sides, image, second, output_dtype, *held)
    if isinstance(expression, str) and (found := _kept.find(key)) is not None:
        return found
    taps = None if given is None else _taps(given)
    dtypes = [image] if second is None else [image, second]
    meaning = Meaning(sides, [_bounds(dtype) for dtype in dtypes], taps)
    result = meaning.result(syntax_tree(expression))
    output = image
    if output_dtype != "same":
        output = np.dtype((np.uint8 if result.truth else image) if output_dtype == "auto" else output_dtype)
    program = compiled(meaning.fields, result.value)
    made = _Compiled(program, _arithmetic(meaning, program, [*dtypes, output]), output)
    _kept.keep(key, made)
    return made


def _taps(element: Array) -> Array:
    return real_array(element, "element", ("kh", "kw"))


def _sides(window: tuple[int, int] | None, element: Array | None) -> tuple[int, int]:
    sides = window
    if sides is None:
        sides = (3, 3) if element is None else (element.shape[0], element.shape[1])
    if not 1 <= min(sides) <= max(sides) <= WIDEST:
        argument = "element" if window is None else "window"
        raise InvalidInput(argument, f"a window has 1 to {WIDEST} rows and columns, came as {sides}")
    if element is not None and element.shape != sides:
        raise InvalidInput("element", f"must have the window's shape {sides}, came as {element.shape}")
    return sides


def _bounds(dtype: np.dtype[Any]) -> Bounds:
    if dtype.kind == "f":
        return Bounds(-np.inf, np.inf, whole=False, special=True)
    info = np.iinfo(dtype)
    return Bounds(float(info.min), float(info.max), whole=True, special=False)


def _arithmetic(meaning: Meaning, program: Program, dtypes: list[np.dtype[Any]]) -> str:
    """float32 where it is as good as the pixels deserve."""
    if any(dtype_name(dtype) in ("int32", "float64") for dtype in dtypes):
        return "float64"
    numbers = np.abs(program.constants[np.isfinite(program.constants)])
    if (numbers > _LARGE).any() or ((numbers > 0) & (numbers < 1 / _LARGE)).any():
        return "float64"
    unbounded = any(dtype.kind == "f" for dtype in dtypes[:-1])
    for field in meaning.fields.all:
        largest = max(abs(field.bounds.low), abs(field.bounds.high))
        if field.bounds.whole and largest > _EXACT and not (unbounded and np.isinf(largest)):
            return "float64"
    return "float32"
