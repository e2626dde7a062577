"""`python -m tests.benchmarks [--only FAMILY] [--seconds S] [--print]`: measure, then write docs/performance.md."""

import argparse
import os
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "2")

import cv2

from geometry import use_threads
from geometry.kernel import warm_up
from tests.benchmarks import arrays, cameras, depth, filters, graph, points, service, warp
from tests.benchmarks.growth import growths
from tests.benchmarks.paired import measure
from tests.benchmarks.report import write_report

FAMILIES = {
    "warp": warp,
    "cameras": cameras,
    "graph": graph,
    "points": points,
    "depth": depth,
    "filters": filters,
    "arrays": arrays,
}


def main() -> None:
    """Run the rows, the HTTP figures and the growth curves."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--only", choices=[*FAMILIES, "service", "growth"], help="measure one part and write nothing")
    parser.add_argument("--seconds", type=float, default=6.0, help="time for each row")
    parser.add_argument("--threads", type=int, default=2, help="threads of every contender")
    options = parser.parse_args()
    use_threads(options.threads)
    cv2.setNumThreads(options.threads)
    warm_up()
    measured = []
    for name, family in FAMILIES.items():
        if options.only not in (None, name):
            continue
        for row in family.rows():
            measured.append(measure(row, seconds=options.seconds))
            ratios = ", ".join(f"{ratio:.2f} × {peer}" for peer, ratio in measured[-1].ratios.items())
            print(f"{row.work}: {measured[-1].ours:.3g} {row.unit}; {ratios}", flush=True)
    figures = service.figures(rounds=5, seconds=3.0) if options.only in (None, "service") else []
    for figure in figures:
        print(f"{figure.work}: {figure.value}", flush=True)
    curves = growths() if options.only in (None, "growth") else []
    for curve in curves:
        print(f"{curve.work}: grows with {curve.size}^{curve.exponent:.2f}", flush=True)
    if options.only is None:
        command = " ".join(["python -m tests.benchmarks", *sys.argv[1:]])
        print(f"wrote {write_report(measured, figures, curves, options.threads, command)}")


if __name__ == "__main__":
    main()
