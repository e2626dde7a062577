"""Gaussian smoothing by recursion: time independent of σ."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.filters.border import BORDERS, border_index
from geometry.filters.convolution.plan import border_fill
from geometry.inputs import Array, choice
from geometry.kernel import kernel
from geometry.memory import fresh_arrays

_AMPLITUDES = 1.65521 - 3.40635j, -0.65536 + 0.17509j
_EXPONENTS = -1.74022 + 0.62867j, -1.67321 + 1.99055j
"""`exp(-t²/2)` ≈ Re Σ a_k exp(b_k t) for t ≥ 0, fitted for the smallest greatest deviation, 1.7e-4."""

_REACH = 8.0
"""In σ, where the response to anything farther is below 2e-6."""

_COLUMNS = 64


@kernel("void(f8[:,::1], f8[:,::1], f8[:,::1], f8[:,::1], i8)")
def _recurse(source, out, factors, states, margin):  # type: ignore[no-untyped-def]
    length, width = len(out), out.shape[1]
    last = len(source) - 1
    for turn in range(2):
        edge = source[last if turn else 0]
        for k in range(len(factors)):
            start_re, start_im = factors[k, 4 + 2 * turn], factors[k, 5 + 2 * turn]
            for x in range(width):
                states[2 * k, x] = edge[x] * start_re
                states[2 * k + 1, x] = edge[x] * start_im
        for step in range(len(source)):
            i = last - step if turn else step
            line = source[i]
            inside = margin <= i < margin + length
            target = out[i - margin if inside else 0]
            if turn == 0 and inside:
                target[:] = 0.0
            for k in range(len(factors)):
                re, im, weight_re, weight_im = factors[k, 0], factors[k, 1], factors[k, 2], factors[k, 3]
                z_re, z_im = states[2 * k], states[2 * k + 1]
                if turn == 0:
                    for x in range(width):
                        decayed = re * z_re[x] - im * z_im[x] + line[x]
                        z_im[x] = re * z_im[x] + im * z_re[x]
                        z_re[x] = decayed
                if inside:
                    for x in range(width):
                        target[x] += weight_re * z_re[x] - weight_im * z_im[x]
                if turn == 1:
                    for x in range(width):
                        total = z_re[x] + line[x]
                        z_re[x] = re * total - im * z_im[x]
                        z_im[x] = re * z_im[x] + im * total


def _factors(sigma: float) -> Array:
    """Of each term: the decay from pixel to pixel, the weight, and the states before and behind an endless constant."""
    decays = [np.exp(exponent / sigma) for exponent in _EXPONENTS]
    total = sum(
        (amplitude * (1 + decay) / (1 - decay)).real for amplitude, decay in zip(_AMPLITUDES, decays, strict=True)
    )
    rows = []
    for amplitude, decay in zip(_AMPLITUDES, decays, strict=True):
        before = decay / (1 - decay)
        rows.append([decay, amplitude / total, before / decay, before])
    return np.array(rows).view(np.float64)


def _smooth_down(source: Array, sigma: float, sources: Array, fill: Array, length: int, out: Array) -> None:
    """Smooth (H, n) lines down their columns into (H, n), block by block."""
    factors = _factors(sigma)
    margin = (len(sources) - length) // 2

    def work(start: int, stop: int) -> None:
        for first in range(start * _COLUMNS, min(stop * _COLUMNS, source.shape[1]), _COLUMNS):
            block = source[:, first : first + _COLUMNS]
            lines = np.ascontiguousarray(block[np.maximum(sources, 0)], np.float64)
            lines[sources < 0] = fill[first : first + _COLUMNS]
            smooth = np.empty((length, lines.shape[1]))
            _recurse(lines, smooth, factors, np.empty((2 * len(factors), lines.shape[1])), margin)
            out[:, first : first + _COLUMNS] = smooth

    run_bands(work, -(-source.shape[1] // _COLUMNS))


def _sources(length: int, sigma: float, border: str) -> Array:
    """Pixels along an axis and its margins; constants beyond either end need no margin but one."""
    margin = 1 if border in ("constant", "replicate") else math.ceil(_REACH * sigma)
    return border_index(np.arange(-margin, length + margin), length, border)


def recursive_gaussian(
    image: Array, sigma: tuple[float, float], *, border: str, fill: ArrayLike, output: np.dtype[Any]
) -> Array:
    """Smooth an image with the sum of decaying oscillations that is nearest to a Gaussian.

    `y = Re Σ_k a_k (z_k + z'_k)`, `z_k[n] = q_k z_k[n-1] + x[n]`, `z'_k[n] = q_k (z'_k[n+1] + x[n+1])`,
    `q_k = exp(b_k / σ)`.

    Parameters
    ----------
    image
        (H, W, C), ready for a kernel.
    sigma
        (σ_y, σ_x), pixels.
    border, fill
        What lies outside.
    output
        The image's dtype, float32 or float64.

    Returns
    -------
    Array
        (H, W, C), `output`.
    """
    height, width, channels = image.shape
    constant = border_fill(fill, channels, image.dtype)
    choice(border, "border", BORDERS)
    lines = image.reshape(height, width * channels)
    if sigma[0] > 0:
        (smooth,) = fresh_arrays((lines.shape, np.dtype(np.float64)))
        _smooth_down(lines, sigma[0], _sources(height, sigma[0], border), np.tile(constant, width), height, smooth)
        lines = smooth
    if sigma[1] > 0:
        across = lines.reshape(height, width, channels).swapaxes(0, 1).reshape(width, height * channels)
        smooth = np.empty(across.shape)
        _smooth_down(across, sigma[1], _sources(width, sigma[1], border), np.tile(constant, height), width, smooth)
        lines = smooth.reshape(width, height, channels).swapaxes(0, 1).reshape(lines.shape)
    return rounded(lines.reshape(image.shape), output)


def rounded(values: Array, output: np.dtype[Any]) -> Array:
    """Values as `output`: integers saturate and round half to even, where NaN cannot be."""
    (out,) = fresh_arrays((values.shape, output))

    def work(start: int, stop: int) -> None:
        part = values[start:stop]
        if output.kind == "f":
            out[start:stop] = part
        else:
            info = np.iinfo(output)
            out[start:stop] = np.clip(np.rint(part), info.min, info.max)

    run_bands(work, len(values), grain=32)
    return out
