"""The engines of a convolution, and which of them is the fastest.

Each engine has an estimate of its time on one core, in seconds, from shapes alone. The constants were fitted on one
machine by `python -m tests.benchmarks.convolution_engines`; only their ratios matter, and those are much alike on
others.
"""

from collections.abc import Callable

from geometry.errors import InvalidInput
from geometry.filters.convolution.channels import matrix_seconds, mix_channels
from geometry.filters.convolution.direct import direct
from geometry.filters.convolution.fft import fft
from geometry.filters.convolution.mixing import mix_seconds
from geometry.filters.convolution.plan import Plan
from geometry.filters.convolution.separable import exact_rank, separable
from geometry.filters.convolution.spectral_blocks import fft_seconds, spectral_plan
from geometry.inputs import Array, choice

ENGINES: dict[str, Callable[[Array, Plan, Array], None]] = {
    "direct": direct,
    "separable": separable,
    "fft": fft,
    "im2col": mix_channels,
}

_TAP_NS = 0.018
"""Of one product and sum in float32."""
_FACTOR_NS = 0.024
"""The same in passes along columns and rows, which are shorter."""
_PIXEL_NS = 1.6
"""Of loading, rounding and storing one number."""
_CALL_NS = 2e4

FEWEST_TAPS = 64
"""Smaller kernels gain little or nothing from spectra, and whole numbers in float images stay whole without them."""


def engine_seconds(plan: Plan, channels: int) -> dict[str, float]:
    """Estimated time for one image, by engine; only engines whose results are as exact as documented for all."""
    wide = plan.accumulator.itemsize / 4
    places = plan.rows.places * plan.columns.places
    kh, kw = plan.taps.shape[:2]
    found = {}
    if plan.taps.ndim == 2:
        numbers = places * channels
        found["direct"] = 1e-9 * (_CALL_NS + numbers * (_PIXEL_NS + kh * kw * _TAP_NS) * wide)
        if kh > 1 and kw > 1 and (rank := exact_rank(plan)) is not None:
            each = (_PIXEL_NS + rank * (kh + kw + 4) * _FACTOR_NS) * wide
            found["separable"] = 1e-9 * (_CALL_NS + numbers * each)
    else:
        found["direct"], found["im2col"] = mix_seconds(plan), matrix_seconds(plan)
    if kh * kw >= FEWEST_TAPS:
        spectral, exact = spectral_plan(plan)
        if exact:
            found["fft"] = _CALL_NS * 1e-9 + fft_seconds(spectral, channels)
    return found


def engine(plan: Plan, channels: int, method: str) -> str:
    """The engine of that name, or the fastest one for `auto`.

    Raises
    ------
    InvalidInput
        `method` names no engine, or one that cannot take the kernel.
    """
    choice(method, "method", ("auto", *ENGINES))
    if method == "auto":
        estimates = engine_seconds(plan, channels)
        return min(estimates, key=lambda name: estimates[name])
    if plan.taps.ndim == 4 and method == "separable":
        raise InvalidInput("method", "separable works on kernels (kh, kw), not (kh, kw, Cin, Cout)")
    if plan.taps.ndim == 2 and method == "im2col":
        raise InvalidInput("method", "im2col works on kernels (kh, kw, Cin, Cout), not (kh, kw)")
    return method
