"""Expressions over windows beside kernels that were written and compiled for one of them each."""

from collections.abc import Callable, Iterator
from typing import Any

import numba
import numpy as np

from geometry import neighbourhood
from geometry.bands import run_bands
from tests.benchmarks.paired import Row

_compiled: Callable[..., Any] = numba.njit(nogil=True, error_model="numpy", boundscheck=False)
_HAND = "hand-written numba"


@_compiled
def _range(p, out, start, stop):
    for y in range(start, stop):
        for x in range(out.shape[1]):
            low = high = p[y, x]
            for i in range(3):
                for j in range(3):
                    low, high = min(low, p[y + i, x + j]), max(high, p[y + i, x + j])
            out[y, x] = high - low


@_compiled
def _majority(p, out, start, stop):
    for y in range(start, stop):
        for x in range(out.shape[1]):
            total = np.float32(0)
            for i in range(3):
                for j in range(3):
                    total += np.float32(p[y + i, x + j])
            out[y, x] = total / np.float32(9) > np.float32(0.5)


@_compiled
def _median(p, out, start, stop):
    kept = np.empty(9, p.dtype)
    for y in range(start, stop):
        for x in range(out.shape[1]):
            for tap in range(9):
                value, at = p[y + tap // 3, x + tap % 3], tap
                while at > 0 and kept[at - 1] > value:
                    kept[at] = kept[at - 1]
                    at -= 1
                kept[at] = value
            out[y, x] = kept[4]


@_compiled
def _alike(p, out, start, stop):
    for y in range(start, stop):
        for x in range(out.shape[1]):
            count, centre = 0, np.float32(p[y + 1, x + 1])
            for i in range(3):
                for j in range(3):
                    count += abs(np.float32(p[y + i, x + j]) - centre) < np.float32(10)
            out[y, x] = count >= 5


@_compiled
def _peaks(p, out, start, stop):
    for y in range(start, stop):
        for x in range(out.shape[1]):
            high = p[y, x]
            for i in range(3):
                for j in range(3):
                    high = max(high, p[y + i, x + j])
            out[y, x] = p[y + 1, x + 1] if p[y + 1, x + 1] == high else 0


@_compiled
def _dilate(p, out, start, stop, element):
    for y in range(start, stop):
        for x in range(out.shape[1]):
            high = p[y + 2, x + 2]
            for i in range(5):
                for j in range(5):
                    if element[i, j]:
                        high = max(high, p[y + i, x + j])
            out[y, x] = high


@_compiled
def _correlation(p, out, start, stop, q):
    for y in range(start, stop):
        for x in range(out.shape[1]):
            s, t, ss, st, tt = np.float32(0), np.float32(0), np.float32(0), np.float32(0), np.float32(0)
            for i in range(7):
                for j in range(7):
                    a, b = p[y + i, x + j], q[y + i, x + j]
                    s, t, ss, st, tt = s + a, t + b, ss + a * a, st + a * b, tt + b * b
            n = np.float32(49)
            out[y, x] = (st / n - s / n * t / n) / np.sqrt((ss / n - (s / n) ** 2) * (tt / n - (t / n) ** 2))


CORRELATION = "(mean(w * v) - mean(w) * mean(v)) / sqrt((mean(w * w) - mean(w) ** 2) * (mean(v * v) - mean(v) ** 2))"


def rows(grey: np.ndarray, floats: np.ndarray) -> Iterator[Row]:
    """3840×2160, one channel: bytes and float32; and the example of the question, 512×512."""
    disk = np.hypot(*np.mgrid[-2:3, -2:3]) < 2.5
    cases: list[tuple[str, Any, int, tuple[Any, ...], dict[str, Any]]] = [
        ("max(w) - min(w)", _range, 1, (), {}),
        ("mean(w) > 0.5", _majority, 1, (), {}),
        ("median(w)", _median, 1, (), {}),
        ("sum(abs(w - w[0,0]) < 10) >= 5", _alike, 1, (), {}),
        ("where(w[0,0] == max(w), w[0,0], 0)", _peaks, 1, (), {}),
        ("max(where(element, w, -inf))", _dilate, 2, (disk,), {"element": disk}),
    ]
    for image, kind in ((grey, "u8"), (floats, "f32")):
        for expression, function, margin, extra, options in cases:
            yield _row(image, kind, expression, function, margin, extra, options)
    second = np.ascontiguousarray(floats[::-1])
    extra = (np.pad(second, 3),)
    yield _row(
        floats,
        "f32",
        CORRELATION,
        _correlation,
        3,
        extra,
        {"second": second, "window": 7},
        "correlation of two windows 7×7",
    )
    binary = (grey[:512, :512] > 127).astype(np.uint8)
    block = np.ones((3, 3), np.uint8)
    yield Row(
        "filters",
        "neighbourhood u8, 512×512, mean(w and element) > 0",
        lambda: neighbourhood(binary, "mean(w and element) > 0", element=block),
        {"numpy, four axes (the question's answer)": lambda: _four_axes(binary, block)},
        {"numpy, four axes (the question's answer)": 50.0},
    )


def _row(
    image: np.ndarray,
    kind: str,
    expression: str,
    function: Any,
    margin: int,
    extra: tuple[Any, ...],
    options: dict[str, Any],
    title: str | None = None,
) -> Row:
    dtype = neighbourhood(image[:8, :8], expression, **_smaller(options)).dtype

    def by_hand() -> np.ndarray:
        padded, out = np.pad(image, margin), np.empty(image.shape, dtype)
        run_bands(lambda start, stop: function(padded, out, start, stop, *extra), image.shape[0], grain=16)
        return out

    return Row(
        "filters",
        f"neighbourhood {kind}, {title or expression}",
        lambda: neighbourhood(image, expression, **options),
        {_HAND: by_hand},
        {_HAND: 1 / 3},
        rounds=7,
    )


def _smaller(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value[:8, :8] if name == "second" else value for name, value in options.items()}


def _four_axes(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Every window as two more axes, then the mean over them."""
    framed = np.zeros(np.array(image.shape) + 2)
    framed[1:-1, 1:-1] = image
    windows = np.empty(image.shape + kernel.shape)
    for i in range(3):
        for j in range(3):
            windows[..., i, j] = framed[i : i + image.shape[0], j : j + image.shape[1]]
    return np.mean(np.logical_and(windows, kernel), axis=(2, 3)) > 0
