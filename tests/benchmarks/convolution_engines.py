"""`python -m tests.benchmarks.convolution_engines`: the engines of `convolve`, and the one that `auto` takes.

Kernels of 1 to 301 pixels, five sizes of image, 1, 3 and 64 channels, float32, dense kernels without structure. Engines
that would take far longer than the best one by their own estimate are left out.
"""

import time
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt

from geometry import convolution_engine, convolve, use_threads
from geometry.filters.convolution.engines import engine_seconds
from geometry.filters.convolution.plan import convolution_plan
from geometry.kernel import warm_up

mpl.use("Agg")
CHART = Path(__file__).parents[2] / "docs" / "images" / "convolution-engines.png"
SIDES = (1, 3, 5, 7, 9, 11, 15, 21, 31, 61, 101, 201, 301)
SIZES = ((64, 64), (240, 320), (480, 640), (1080, 1920), (2160, 3840))
CHANNELS = (1, 3, 64)
LARGEST = 2**25
"""Numbers of an image; larger combinations of size and channels are left out."""
_FARTHEST = 4.0
_ROUNDS, _SECONDS = 3, 0.25

Losses = dict[tuple[int, int, int], tuple[str, str, float]]


def _estimates(image: np.ndarray, kernel: np.ndarray) -> dict[str, float]:
    plan = convolution_plan(
        image.shape, image.dtype, kernel, mode="correlation", stride=1, dilation=1, groups=1, padding="same",
        border="constant", fill=0, output_dtype="same",
    )  # fmt: skip
    return engine_seconds(plan, image.shape[2])


def measured(image: np.ndarray, kernel: np.ndarray) -> dict[str, float]:
    """Seconds by engine, the best of a few rounds in which the engines take turns."""
    estimates = _estimates(image, kernel)
    nearest = min(estimates.values())
    names = [name for name, seconds in estimates.items() if seconds <= _FARTHEST * nearest]
    best = dict.fromkeys(names, np.inf)
    started = time.perf_counter()
    for number in range(_ROUNDS):
        for name in names:
            before = time.perf_counter()
            convolve(image, kernel, mode="correlation", method=name)
            best[name] = min(best[name], time.perf_counter() - before)
        if number and time.perf_counter() - started > _SECONDS:
            break
    return best


def losses() -> Losses:
    """By size, channels and side of the kernel: what `auto` takes, the best engine, and how much longer auto takes."""
    rng, found = np.random.default_rng(1), {}
    for height, width in SIZES:
        for channels in CHANNELS:
            if height * width * channels > LARGEST:
                continue
            image = rng.random((height, width, channels), dtype=np.float32)
            for side in SIDES:
                kernel = rng.normal(size=(side, side))
                times = measured(image, kernel)
                chosen = convolution_engine(image.shape, image.dtype, kernel, mode="correlation")
                best = min(times, key=lambda name: times[name])
                found[height, channels, side] = chosen, best, times[chosen] / times[best]
                figures = ", ".join(f"{name} {seconds * 1e3:.2f} ms" for name, seconds in times.items())
                print(f"{width}×{height}×{channels}, {side}×{side}: {chosen}; {figures}", flush=True)
    return found


def draw(found: Losses) -> None:
    """Write the chart: one line for each image, how much longer `auto` takes than the best engine."""
    figure, axes = plt.subplots(figsize=(7.5, 4.2), layout="constrained", dpi=120)
    for (height, width), style in zip(SIZES, (":", "-.", "--", (0, (5, 1)), "-"), strict=True):
        for channels, colour in zip(CHANNELS, ("#1f5fbf", "#c0392b", "#d68910"), strict=True):
            values = [found[height, channels, side][2] for side in SIDES if (height, channels, side) in found]
            if values:
                axes.plot(SIDES, values, linestyle=style, color=colour, label=f"{width}×{height}×{channels}")
    axes.axhline(1.3, color="#8a94a3", linewidth=1)
    axes.set_xscale("log")
    axes.set_xticks(SIDES, [str(side) for side in SIDES], fontsize=8)
    axes.minorticks_off()
    axes.set_ylim(0.95, None)
    axes.set_xlabel("side of the kernel, pixels")
    axes.set_ylabel("time of auto by time of the best engine")
    axes.set_title("convolve: the engine that auto takes, and the best one", fontsize=11)
    axes.legend(fontsize=7, ncols=3)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(CHART, metadata={"Software": None})
    plt.close(figure)


def main() -> None:
    """Measure, print and draw."""
    use_threads(2)
    warm_up()
    found = losses()
    draw(found)
    worst = max(found, key=lambda place: found[place][2])
    print(f"at worst {found[worst][2]:.2f} × the best engine, at {worst}; wrote {CHART}")


if __name__ == "__main__":
    main()
