"""The filters of a chain: what each makes of an image, and how far it looks up and down.

A strip of rows goes through a filter as it would within the whole image, bit for bit, where its rows depend on few
others. Recursions, spectra, running sums of floats and thresholds of the whole image have no such reach.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.filters.chain.form import Form, Options
from geometry.filters.convolution.convolve import convolution_engine, convolution_shape, convolve
from geometry.filters.convolution.factors import output_type, real_type
from geometry.filters.derivatives import gradient, laplacian
from geometry.filters.morphology.morphology import morphology, rows_seen
from geometry.filters.neighbourhood import neighbourhood, neighbourhood_program
from geometry.filters.pooling.pool import pool, pooled_shape
from geometry.filters.pooling.windows import pooling_axes
from geometry.filters.ranks.rank import rank_filter
from geometry.filters.smoothing.bilateral import bilateral, bilateral_radius
from geometry.filters.smoothing.box import box
from geometry.filters.smoothing.gaussian import gaussian, gaussian_radius, sigma_pair
from geometry.filters.smoothing.unsharp import unsharp
from geometry.filters.threshold import threshold
from geometry.filters.window import Padding, Pair, pair, window_axes
from geometry.inputs import Array, choice

DERIVATIVES = ("x", "y", "magnitude", "direction")


class Filter(NamedTuple):
    """One kind of step."""

    apply: Callable[..., Array]
    reach: Callable[[Form, Options], int | None]
    """Rows above or below that a row of the result depends on; none where it cannot be cut into strips."""
    dtype: Callable[[Form, Options], np.dtype[Any]]
    shape: Callable[[Form, Options], tuple[int, ...]] = lambda form, _: form.shape
    companions: tuple[str, ...] = ()
    """Options that are images and lie beside the image."""
    settled: Callable[[Form, Options], Options] = lambda _, options: options
    """The options with what would otherwise be chosen by the image's size."""


def _derivative(
    image: ArrayLike,
    *,
    output: str = "magnitude",
    operator: str = "sobel",
    size: int = 3,
    normalization: str = "none",
    border: str = "reflect_101",
    fill: ArrayLike = 0,
) -> Array:
    wanted = choice(output, "output", DERIVATIVES)
    found = gradient(
        image,
        operator=operator,
        size=size,
        normalization=normalization,
        magnitude=wanted == "magnitude",
        direction=wanted == "direction",
        border=border,
        fill=fill,
    )
    one: Array = getattr(found, wanted)
    return one


@wraps(threshold)  # the steps read the options and their defaults from it
def _thresholded(image: ArrayLike, **options: Any) -> Array:
    return threshold(image, **options).image


def _pooled(
    image: ArrayLike,
    window: Pair,
    *,
    method: str = "max",
    stride: Pair | None = None,
    dilation: Pair = 1,
    padding: Padding = "valid",
    ceil_mode: bool = False,
    count_padding: bool = False,
    p: float = 2.0,
    output_dtype: str = "same",
) -> Array:
    return pool(
        image,
        window,
        method=method,
        stride=stride,
        dilation=dilation,
        padding=padding,
        ceil_mode=ceil_mode,
        count_padding=count_padding,
        p=p,
        output_dtype=output_dtype,
    ).image


def _same(form: Form, _: Options) -> np.dtype[Any]:
    return form.dtype


def _asked(form: Form, options: Options) -> np.dtype[Any]:
    return output_type(form.dtype, options["output_dtype"])


def _laplacian_dtype(form: Form, options: Options) -> np.dtype[Any]:
    return real_type(form.dtype) if options["output_dtype"] is None else _asked(form, options)


def _expression_dtype(form: Form, options: Options) -> np.dtype[Any]:
    second = options["second"]
    program = neighbourhood_program(
        options["expression"],
        form.shape,
        form.dtype,
        window=options["window"],
        second_dtype=None if second is None else second.dtype,
        element=options["element"],
        output_dtype=options["output_dtype"],
    )
    return np.dtype(program.output_dtype)


def _within(options: Options, *rows: int) -> int | None:
    """The farthest of rows above and below; a border that shows rows of the other end of the image goes farther."""
    farthest = max(rows)
    return None if options.get("border") == "wrap" and farthest > 0 else farthest


def _around(taps: int) -> tuple[int, int]:
    return (taps - 1) // 2, taps // 2


def _convolution_shape(form: Form, options: Options) -> tuple[int, ...]:
    return convolution_shape(
        form.shape,
        np.shape(options["kernel"]),
        stride=options["stride"],
        dilation=options["dilation"],
        padding=options["padding"],
    )


def _convolution_engine(form: Form, options: Options) -> Options:
    return {**options, "method": convolution_engine(form.shape, form.dtype, **options)}


def _convolution_reach(form: Form, options: Options) -> int | None:
    if options["method"] not in ("direct", "separable") or pair(options["stride"], "stride") != (1, 1):
        return None
    geometry = {name: options[name] for name in ("stride", "dilation", "padding")}
    rows, _ = window_axes(form.shape, np.shape(options["kernel"]), **geometry)
    return _within(options, rows.before, (rows.taps - 1) * rows.dilation - rows.before)


def _gaussian_reach(_: Form, options: Options) -> int | None:
    spread = sigma_pair(options["sigma"])
    if options["method"] == "recursive":
        return None
    return _within(options, gaussian_radius(spread, truncate=options["truncate"], radius=options["radius"])[0])


def _smoothed_reach(_: Form, options: Options) -> int | None:
    return _within(options, gaussian_radius(sigma_pair(options["sigma"]), truncate=options["truncate"])[0])


def _laplacian_reach(form: Form, options: Options) -> int | None:
    if options["sigma"] is None:
        return _within(options, 1)
    reach = _smoothed_reach(form, options)
    return None if reach is None else _within(options, reach, 1)


def _box_reach(form: Form, options: Options) -> int | None:
    return _sums_reach(form, pair(options["window"], "window"), options)


def _sums_reach(form: Form, sides: tuple[int, int], options: Options) -> int | None:
    """Rows enter and leave sums of whole numbers without a trace; in floats they leave roundings."""
    if form.dtype.kind == "f":
        return None
    largest = float(max(np.iinfo(form.dtype).max, -int(np.iinfo(form.dtype).min)))
    exact = 2 * sides[0] * sides[1] * largest <= 2.0**53
    return _within(options, *_around(sides[0])) if exact else None


def _rank_reach(_: Form, options: Options) -> int | None:
    window, mask = options["window"], options["mask"]
    return _within(options, *_around(pair(window, "window")[0] if mask is None else len(mask)))


def _morphology_reach(_: Form, options: Options) -> int | None:
    choices = ("operation", "element", "shape", "size", "heights", "anchor", "iterations")
    return _within(options, rows_seen(**{name: options[name] for name in choices}))


def _bilateral_reach(_: Form, options: Options) -> int | None:
    return _within(options, bilateral_radius(options["sigma_space"], options["radius"]))


def _threshold_reach(form: Form, options: Options) -> int | None:
    if options["method"] not in ("mean", "gaussian"):
        return 0 if options["method"] == "fixed" else None
    sides = pair(options["window"], "window")
    return _sums_reach(form, sides, options) if options["method"] == "mean" else sides[0] // 2


def _expression_reach(_: Form, options: Options) -> int | None:
    window, element = options["window"], options["element"]
    rows = pair(window, "window")[0] if window is not None else 3 if element is None else len(element)
    return _within(options, *_around(rows))


def _pool_options(options: Options) -> dict[str, Any]:
    return {name: options[name] for name in ("window", "stride", "dilation", "padding", "ceil_mode")}


def _pool_reach(form: Form, options: Options) -> int | None:
    rows, _ = pooling_axes(form.shape[:2], **_pool_options(options))
    if rows.stride != 1:
        return None
    return max(rows.before, (rows.taps - 1) * rows.dilation - rows.before)


FILTERS: dict[str, Filter] = {
    "convolve": Filter(convolve, _convolution_reach, _asked, _convolution_shape, settled=_convolution_engine),
    "gaussian": Filter(gaussian, _gaussian_reach, _asked),
    "box": Filter(box, _box_reach, _asked),
    "bilateral": Filter(bilateral, _bilateral_reach, _asked, companions=("guide",)),
    "unsharp": Filter(unsharp, _smoothed_reach, _same),
    "laplacian": Filter(laplacian, _laplacian_reach, _laplacian_dtype),
    "gradient": Filter(
        _derivative, lambda _, options: _within(options, options["size"] // 2), lambda form, _: real_type(form.dtype)
    ),
    "rank-filter": Filter(rank_filter, _rank_reach, _same),
    "morphology": Filter(morphology, _morphology_reach, _same),
    "threshold": Filter(_thresholded, _threshold_reach, _same),
    "neighbourhood": Filter(neighbourhood, _expression_reach, _expression_dtype, companions=("second",)),
    "pool": Filter(
        _pooled, _pool_reach, _asked, lambda form, options: pooled_shape(form.shape, **_pool_options(options))
    ),
}
"""By the names of the operations."""
