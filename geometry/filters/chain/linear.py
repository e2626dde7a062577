"""Runs of linear filters in a chain, merged into one convolution."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from geometry.filters.chain.catalogue import FILTERS
from geometry.filters.chain.form import Form, Options
from geometry.filters.chain.steps import Step
from geometry.filters.convolution.engines import engine_seconds
from geometry.filters.convolution.merging import merge_kernels
from geometry.filters.convolution.plan import convolution_plan, kernel_taps
from geometry.filters.derivatives import gradient_taps, laplacian_factors
from geometry.filters.smoothing.gaussian import gaussian_radius, gaussian_taps, sigma_pair
from geometry.filters.window import Padding, pair
from geometry.inputs import Array

LARGEST_SIDE = 63
"""Of kernels that are merged: wider ones take as long together as apart."""
FEWEST_NUMBERS = 2**18
"""Of an image: smaller ones are filtered several times in the time that merging takes."""


class Linear(NamedTuple):
    """A filter as a correlation with a kernel (kh, kw)."""

    kernel: Array
    dilation: tuple[int, int] = (1, 1)
    padding: Padding = "same"

    def span(self, side: int) -> int:
        """Pixels from the first tap of an axis to the last."""
        return (int(self.kernel.shape[side]) - 1) * self.dilation[side] + 1


class Run(NamedTuple):
    """Linear filters that follow one another, and the step that does what they do."""

    step: Step
    parts: tuple[Linear, ...]
    begin: Form
    end: Form
    seconds: float | None = None
    """Estimated time; none of a run of one, where nobody has asked yet."""


def merged_steps(steps: Sequence[Step], form: Form) -> list[Step]:
    """The chain with runs of linear filters merged where that is exact and cheaper."""
    if form.shape[0] * form.shape[1] * form.channels < FEWEST_NUMBERS:
        return list(steps)
    done: list[Step] = []
    run: Run | None = None
    for step in steps:
        after = step.after(form)
        following = _alone(step, form, after)
        longer = None if run is None or following is None else _joined(run, following)
        if longer is None:
            done += [run.step] if run is not None else []
            done += [step] if following is None else []
        run, form = longer or following, after
    return done + ([run.step] if run is not None else [])


def _alone(step: Step, form: Form, after: Form) -> Run | None:
    """A run of one; none of a step that is not linear or rounds."""
    options = step.options
    name = next(name for name, known in FILTERS.items() if known is step.filter)
    if name not in _KERNELS or after.dtype.kind != "f" or (options["border"] == "constant" and np.any(options["fill"])):
        return None
    with step.named():
        linear = _KERNELS[name](form, options)
    return None if linear is None else Run(step, (linear,), form, after)


def _joined(run: Run, following: Run) -> Run | None:
    """Both in one convolution; none where it would differ, or take longer."""
    border = following.step.options["border"]
    if border != run.step.options["border"]:
        return None
    parts = run.parts + following.parts
    if any(sum(part.span(side) - 1 for part in parts) >= LARGEST_SIDE for side in (0, 1)):
        return None
    merged = merge_kernels(
        [part.kernel for part in parts],
        paddings=[part.padding for part in parts],
        dilations=[part.dilation for part in parts],
        mode="correlation",
        border=border,
    )
    if not merged.exact:
        return None
    whole = Linear(merged.kernel, padding=merged.padding)
    engine, seconds = _cheapest(whole, run.begin, following.end, border)
    if seconds >= sum(_seconds(one, border) for one in (run, following)):
        return None
    options = {
        "kernel": merged.kernel,
        "mode": "correlation",
        "stride": 1,
        "dilation": 1,
        "groups": 1,
        "padding": merged.padding,
        "border": border,
        "fill": 0,
        "method": engine,
        "output_dtype": following.end.dtype.name,
    }
    step = Step(run.step.places + following.step.places, FILTERS["convolve"], options)
    return Run(step, parts, run.begin, following.end, seconds)


def _seconds(run: Run, border: str) -> float:
    return _cheapest(run.parts[0], run.begin, run.end, border)[1] if run.seconds is None else run.seconds


def _cheapest(linear: Linear, begin: Form, end: Form, border: str) -> tuple[str, float]:
    """The engine that takes the least time, and that time; nothing is rounded, so that either is as exact."""
    double = np.dtype(np.float64) in (begin.dtype, end.dtype) or begin.dtype == np.int32
    height, width = begin.shape[:2]
    plan = convolution_plan(
        (height, width, begin.channels),
        np.dtype(np.float64 if double else np.float32),
        linear.kernel,
        mode="correlation",
        stride=1,
        dilation=linear.dilation,
        groups=1,
        padding=linear.padding,
        border=border,
        fill=0,
        output_dtype="same",
    )
    estimates = engine_seconds(plan, begin.channels)
    return min((seconds, name) for name, seconds in estimates.items() if name in ("direct", "separable"))[::-1]


def _convolution(_: Form, options: Options) -> Linear | None:
    if np.ndim(options["kernel"]) != 2 or pair(options["stride"], "stride") != (1, 1):
        return None
    taps = kernel_taps(options["kernel"], options["mode"])
    return Linear(taps, pair(options["dilation"], "dilation"), options["padding"])


def _gaussian(_: Form, options: Options) -> Linear | None:
    spread = sigma_pair(options["sigma"])
    if options["method"] == "recursive":
        return None
    return _outer(spread, gaussian_radius(spread, truncate=options["truncate"], radius=options["radius"]))


def _outer(spread: tuple[float, float], reach: tuple[int, int]) -> Linear | None:
    if 2 * max(reach) >= LARGEST_SIDE:
        return None
    down, across = (gaussian_taps(one, radius) for one, radius in zip(spread, reach, strict=True))
    return Linear(np.outer(down, across))


def _box(_: Form, options: Options) -> Linear | None:
    sides = pair(options["window"], "window")
    if max(sides) > LARGEST_SIDE:
        return None
    return Linear(np.full(sides, 1 / (sides[0] * sides[1]) if options["normalized"] else 1.0))


def _unsharp(form: Form, options: Options) -> Linear | None:
    spread = sigma_pair(options["sigma"])
    smooth = _outer(spread, gaussian_radius(spread, truncate=options["truncate"]))
    if smooth is None or options["threshold"] != 0 or form.dtype.kind != "f":
        return None
    kernel = -options["amount"] * smooth.kernel
    kernel[kernel.shape[0] // 2, kernel.shape[1] // 2] += 1 + options["amount"]
    return Linear(kernel)


def _laplacian(_: Form, options: Options) -> Linear | None:
    sigma = options["sigma"]
    if sigma is not None and 2 * max(gaussian_radius(sigma_pair(sigma), truncate=options["truncate"])) >= LARGEST_SIDE:
        return None
    vertical, horizontal = laplacian_factors(options["neighbours"], sigma, options["truncate"])
    return Linear(vertical.T @ horizontal)


def _gradient(_: Form, options: Options) -> Linear | None:
    if options["output"] not in ("x", "y"):
        return None
    smooth, differ = gradient_taps(options["operator"], options["size"], options["normalization"])
    return Linear(np.outer(smooth, differ) if options["output"] == "x" else np.outer(differ, smooth))


_KERNELS: dict[str, Callable[[Form, Any], Linear | None]] = {
    "convolve": _convolution,
    "gaussian": _gaussian,
    "box": _box,
    "unsharp": _unsharp,
    "laplacian": _laplacian,
    "gradient": _gradient,
}
