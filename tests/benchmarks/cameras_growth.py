"""`python -m tests.benchmarks.cameras_growth`: nanoseconds a pair of all pairs, for 50 to 20,000 cameras: a chart."""

import time
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt

from geometry import Rig, use_threads
from geometry.kernel import warm_up
from tests.benchmarks.cameras import determinant_loop, numpy_pairs
from tests.benchmarks.inputs import rig

mpl.use("Agg")
CHART = Path(__file__).parents[2] / "docs" / "images" / "fundamental-growth.png"
CAMERAS = (50, 500, 5000, 20_000)
BLOCK_BYTES = 8 << 20
# Beyond these the peers would take minutes: their cost for a pair does not depend on the number of cameras.
LOOP_CAMERAS, NUMPY_CAMERAS = 500, 50
OURS, FILL, LOOP, NUMPY = (
    "Epipole",
    "ndarray.fill of the same memory",
    "compiled loop of determinants (1 thread)",
    "numpy.linalg.det",
)
_COLOURS = {OURS: "#1f5fbf", FILL: "#8a94a3", LOOP: "#c0392b", NUMPY: "#d68910"}


def _all_pairs(projections: np.ndarray, out: np.ndarray) -> None:
    """All pairs in blocks of rows as large as `out`, as they are streamed: preparation and status included."""
    prepared, rows = Rig(projections), len(out)
    for start in range(0, len(projections), rows):
        stop = min(start + rows, len(projections))
        prepared.status(start=start, stop=stop)
        prepared.fundamental_rows(start, stop, out=out[: stop - start])


def _fill(cameras: int, out: np.ndarray) -> None:
    for start in range(0, cameras, len(out)):
        out[: min(len(out), cameras - start)].fill(0.0)


def nanoseconds() -> dict[str, dict[int, float]]:
    """Nanoseconds a pair by contender and number of cameras; contenders take turns, the median of their rounds."""
    found: dict[str, dict[int, float]] = {OURS: {}, FILL: {}, LOOP: {}, NUMPY: {}}
    for cameras in CAMERAS:
        projections = rig(cameras)
        out = np.empty((max(1, min(cameras, BLOCK_BYTES // (72 * cameras))), cameras, 3, 3))
        contenders: dict[str, Callable[[], object]] = {
            OURS: lambda p=projections, o=out: _all_pairs(p, o),
            FILL: lambda n=cameras, o=out: _fill(n, o),
        }
        if cameras <= LOOP_CAMERAS:
            whole = np.empty((cameras, cameras, 3, 3))
            contenders[LOOP] = lambda p=projections, o=whole: determinant_loop(p, o)
            if cameras <= NUMPY_CAMERAS:
                contenders[NUMPY] = lambda p=projections, o=whole: numpy_pairs(p, o)
        for work in contenders.values():
            work()
        times: dict[str, list[float]] = {name: [] for name in contenders}
        for _ in range(5 if cameras < max(CAMERAS) else 2):
            for name, work in contenders.items():
                before = time.perf_counter()
                work()
                times[name].append(time.perf_counter() - before)
        for name, values in times.items():
            found[name][cameras] = float(np.median(values)) * 1e9 / cameras**2
    return found


def draw(found: dict[str, dict[int, float]], threads: int) -> None:
    """Write the chart; a dotted line continues a peer that was measured with fewer cameras only."""
    figure, axes = plt.subplots(figsize=(7.5, 4.6), layout="constrained", dpi=120)
    for name, figures in found.items():
        sizes, values = list(figures), list(figures.values())
        axes.loglog(sizes, values, "o-", color=_COLOURS[name], linewidth=1.8)
        if sizes[-1] < CAMERAS[-1]:
            axes.loglog([sizes[-1], CAMERAS[-1]], [values[-1]] * 2, ":", color=_COLOURS[name], linewidth=1.4)
        below = name == FILL
        axes.annotate(
            f"{name}: {values[-1]:,.0f} ns" if values[-1] >= 100 else f"{name}: {values[-1]:.1f} ns",
            (CAMERAS[-1], values[-1]),
            xytext=(0, -8 if below else 7),
            textcoords="offset points",
            ha="right",
            va="top" if below else "bottom",
            fontsize=9,
            color=_COLOURS[name],
        )
    axes.set_xticks(CAMERAS, [f"{n:,}" for n in CAMERAS])
    axes.minorticks_off()
    axes.set_ylim(0.7, 3e6)
    axes.set_xlabel("cameras (20,000: 400 million matrices, 28.8 GB, streamed in blocks)")
    axes.set_ylabel(f"ns a pair, {threads} threads")
    axes.set_title("The fundamental matrices of all pairs, float64", fontsize=11)
    axes.grid(visible=True, which="major", color="#e3e7ee")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(CHART, metadata={"Software": None})
    plt.close(figure)


def main() -> None:
    """Measure, print and draw."""
    threads = 2
    use_threads(threads)
    warm_up()
    found = nanoseconds()
    for name, figures in found.items():
        print(name + ": " + ", ".join(f"{value:,.3g} ns at {cameras:,}" for cameras, value in figures.items()))
    draw(found, threads)
    print(f"wrote {CHART}")


if __name__ == "__main__":
    main()
