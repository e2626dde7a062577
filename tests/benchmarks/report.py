"""docs/performance.md and its charts, written from what was measured and nothing else."""

import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt

from tests.benchmarks.growth import Growth
from tests.benchmarks.paired import Measured
from tests.benchmarks.service import Figure

mpl.use("Agg")
DOCS = Path(__file__).parents[2] / "docs"
_PACKAGES = (
    "numpy",
    "numba",
    "scipy",
    "opencv-contrib-python-headless",
    "scikit-image",
    "fastapi",
    "uvicorn",
    "pillow",
)
_BLUE, _RED, _GREY = "#1f5fbf", "#c0392b", "#8a94a3"


def write_report(
    rows: Sequence[Measured], figures: Sequence[Figure], growths: Sequence[Growth], threads: int, command: str
) -> Path:
    """Write the page and the charts; returns the page's path."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    lines = [
        "# Performance",
        "",
        (
            "Written by `make bench`; no figure is typed by hand. A ratio is the peer's time over ours, the "
            "median of rounds that"
        ),
        "run each contender once: above 1 we are faster. Both at their defaults for accuracy. Targets are in brackets.",
        "",
        f"Machine: {_processor()}, {threads} threads for every contender.",
        f"Python {platform.python_version()}, {packages}.",
        f"Command: `{command}`.",
        "",
    ]
    if rows:
        _chart_ratios(rows, DOCS / "performance-ratios.svg")
        lines += [
            "![Ratios](performance-ratios.svg)",
            "",
            "| work | ours | peer | its time | ratio |",
            "|---|---:|---|---:|---:|",
        ]
        for measured in rows:
            first = True
            for peer, seconds in measured.peers.items():
                target = measured.row.targets.get(peer)
                ratio = measured.ratios[peer]
                bracket = "" if target is None else f" (≥ {target:.3g}){'' if ratio >= target else ' **missed**'}"
                ours = f"{measured.ours:.3g} {measured.row.unit}" if first else ""
                work = measured.row.work if first else ""
                lines.append(f"| {work} | {ours} | {peer} | {seconds:.4g} {measured.row.unit} | {ratio:.2f}{bracket} |")
                first = False
            if first:
                lines.append(f"| {measured.row.work} | {measured.ours:.3g} {measured.row.unit} | – | – | – |")
        lines.append("")
    if figures:
        lines += ["## Over HTTP", "", "| what | measured | target |", "|---|---|---|"]
        lines += [f"| {figure.work} | {figure.value} | {figure.target} |" for figure in figures]
        lines.append("")
    if growths:
        _chart_growth(growths, DOCS / "performance-growth.svg")
        lines += [
            "## Growth",
            "",
            "![Growth](performance-growth.svg)",
            "",
            "| work | counted in | fitted exponent | expected |",
            "|---|---|---:|---:|",
        ]
        lines += [f"| {g.work} | {g.size} | {g.exponent:.2f} | {g.expected:.0f} |" for g in growths]
        lines.append("")
    notes = DOCS / "performance-notes.md"
    if notes.is_file():
        lines += [notes.read_text(encoding="utf-8").strip(), ""]
    page = DOCS / "performance.md"
    page.write_text("\n".join(lines), encoding="utf-8")
    return page


def _chart_ratios(rows: Sequence[Measured], path: Path) -> None:
    bars = [(m.row.work, peer, m.ratios[peer], m.row.targets.get(peer)) for m in rows for peer in m.peers]
    figure, axes = plt.subplots(figsize=(10, 0.34 * len(bars) + 1.2), layout="constrained")
    for y, (_, _, ratio, target) in enumerate(bars):
        axes.barh(y, ratio, color=_RED if target is not None and ratio < target else _BLUE, height=0.66)
        axes.annotate(f"{ratio:.3g}", (ratio, y), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8)
        if target is not None:
            axes.plot([target, target], [y - 0.42, y + 0.42], color="black", linewidth=1.5)
    axes.set_yticks(range(len(bars)), [f"{work}  |  {peer}" for work, peer, *_ in bars], fontsize=8)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.axvline(1.0, color=_GREY, linewidth=1)
    axes.set_xlabel("peer's time / our time (log scale); black marks: targets; red: missed")
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0.12, y=0.01)
    _save(figure, path)


def _chart_growth(growths: Sequence[Growth], path: Path) -> None:
    lines = -(-len(growths) // 3)
    figure, panels = plt.subplots(lines, 3, figsize=(10, 3 * lines), layout="constrained", squeeze=False)
    for axes in panels.flat[len(growths) :]:
        axes.set_axis_off()
    for axes, growth in zip(panels.flat, growths, strict=False):
        axes.loglog(growth.sizes, [s * 1e3 for s in growth.seconds], "o-", color=_BLUE)
        axes.set_title(f"{growth.work}: exponent {growth.exponent:.2f}", fontsize=9)
        axes.set_xlabel(growth.size, fontsize=8)
        axes.set_ylabel("ms", fontsize=8)
        axes.tick_params(labelsize=7, which="both")
        axes.grid(visible=True, which="major", color="#e3e7ee")
    _save(figure, path)


def _save(figure: plt.Figure, path: Path) -> None:
    with mpl.rc_context({"svg.hashsalt": "epipole"}):
        figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def _processor() -> str:
    for line in (
        Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").is_file() else ()
    ):
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
