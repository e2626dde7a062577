"""`python -m tests.benchmarks.job_scaling`: measure what a tile costs here, simulate a rig of 100,000 cameras on
clusters of three sizes, and write both into docs/scaling.md."""

import argparse
import json
import math
import platform
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt

from tests.benchmarks.job_costs import (
    compute_seconds_per_pair,
    local_write_seconds,
    record_seconds,
    s3_write_seconds,
    scheduling,
)
from tests.benchmarks.job_simulation import Cluster, Run, simulate
from tests.postgres import running_postgres

DOCS = Path(__file__).parents[2] / "docs"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
CAMERAS = 100_000
PAIR_BYTES = 72
MILLION = 1_000_000
SHARD = 1 << 18  # pairs of a tile, where the job does not say
TASK_SECONDS = 0.5  # what the runner aims at
WRITE_LATENCY = 0.03  # of a store across a network; an assumption
WORKERS = (10, 100, 1000)
STORES = {"1 GB/s": 1e9, "10 GB/s": 1e10, "100 GB/s": 1e11}


@dataclass(frozen=True)
class Costs:
    """Seconds of the parts of a tile on this machine; megabytes a second for writes."""

    pair: float
    local: float
    local_quarter: float
    s3: float
    task: float
    task_wall: float
    tasks: int
    scheduler_megabytes: float
    sqlite_row: float
    sqlite_hundred: float
    postgres_row: float
    postgres_hundred: float


def measure(tasks: int, folder: Path) -> Costs:
    """Measure every part, one after another."""
    scheduled = scheduling(tasks)
    with tempfile.TemporaryDirectory(dir=folder) as name, running_postgres() as server:
        sqlite = [record_seconds(f"sqlite:///{name}/{n}.sqlite", batch=n, batches=100) for n in (1, 100)]
        postgres = [record_seconds(server.new_database(), batch=n, batches=100) for n in (1, 100)]
    return Costs(
        pair=compute_seconds_per_pair(),
        local=72 / local_write_seconds(72, folder),
        local_quarter=18 / local_write_seconds(18, folder),
        s3=18 / s3_write_seconds(18),
        task=scheduled.processor,
        task_wall=scheduled.wall,
        tasks=scheduled.tasks,
        scheduler_megabytes=scheduled.megabytes,
        sqlite_row=sqlite[0],
        sqlite_hundred=sqlite[1],
        postgres_row=postgres[0],
        postgres_hundred=postgres[1],
    )


def cluster(costs: Costs, workers: int, store: float, pairs: int = SHARD, batch: int | None = None) -> Cluster:
    """The job of all pairs, condensed, on workers like the one that was measured."""
    row = max(1e-6, (costs.postgres_hundred - costs.postgres_row) / 99)
    seconds = pairs * costs.pair + WRITE_LATENCY + pairs * PAIR_BYTES / (costs.local_quarter * 1e6)
    return Cluster(
        workers=workers,
        tiles=math.ceil(CAMERAS * (CAMERAS - 1) / 2 / pairs),
        tile_bytes=pairs * PAIR_BYTES,
        tile_seconds=pairs * costs.pair,
        batch=batch or max(1, int(TASK_SECONDS / seconds)),
        schedule_seconds=costs.task,
        record_seconds=costs.postgres_row,
        row_seconds=row,
        worker_bandwidth=costs.local_quarter * 1e6,
        store_bandwidth=store,
        write_latency=WRITE_LATENCY,
    )


def page(costs: Costs) -> list[str]:
    """The part of the page that is measured and simulated."""
    lines = [
        (
            f"Machine: {_processor()}, two cores; Python {platform.python_version()}. A worker is one process with two "
            "threads."
        ),
        "",
        "| part of a tile | measured here |",
        "|---|---:|",
        f"| compute pairs, float64 | {costs.pair * 1e9:.1f} ns a pair: {costs.pair * MILLION * 1e3:.0f} ms a million |",
        f"| write a shard of 72 MB to the local disk: checksums, write, fsync, rename | {costs.local:.0f} MB/s |",
        f"| the same, 18 MB | {costs.local_quarter:.0f} MB/s |",
        f"| write a shard of 18 MB to the S3 server of the tests (one Python process) | {costs.s3:.0f} MB/s |",
        (
            f"| scheduler, {costs.tasks:,} empty tasks, its processor time | {costs.task * 1e3:.2f} ms a task: at most "
            f"{1 / costs.task:.0f} tasks/s |"
        ),
        f"| the same with client and one worker on the same two cores, wall | {costs.task_wall * 1e3:.2f} ms a task |",
        f"| memory of the scheduler afterwards | {costs.scheduler_megabytes:.0f} MB |",
        f"| SQLite: record one tile, durable | {costs.sqlite_row * 1e3:.1f} ms |",
        (
            f"| SQLite: record 100 tiles in one commit | {costs.sqlite_hundred * 1e3:.1f} ms: "
            f"{100 / costs.sqlite_hundred:,.0f} tiles/s |"
        ),
        f"| PostgreSQL: record one tile, durable | {costs.postgres_row * 1e3:.1f} ms |",
        (
            f"| PostgreSQL: record 100 tiles in one commit | {costs.postgres_hundred * 1e3:.1f} ms: "
            f"{100 / costs.postgres_hundred:,.0f} tiles/s |"
        ),
        "",
        (
            f"Simulated: 100,000 cameras, condensed, float64, tiles of {SHARD:,} pairs ({SHARD * PAIR_BYTES / 1e6:.1f} "
            f"MB), {cluster(costs, 1, 1e9).batch} tiles a task, {WRITE_LATENCY * 1e3:.0f} ms of latency a write."
        ),
        "",
        "| workers | store, all together | takes | result | of the workers' ideal | busiest part |",
        "|---:|---|---:|---:|---:|---|",
    ]
    for workers in WORKERS:
        for name, bandwidth in STORES.items():
            lines.append(_row(workers, name, cluster(costs, workers, bandwidth)))
    lines += [
        "",
        "A thousand workers and a store of 100 GB/s, with tiles of other sizes:",
        "",
        "| pairs a tile | tiles | tiles a task | takes | of the workers' ideal | scheduler busy | busiest part |",
        "|---:|---:|---:|---:|---:|---:|---|",
    ]
    for pairs, batch in ((10_000, 1), (10_000, None), (SHARD, 1), (SHARD, None), (4 * SHARD, 1), (16 * SHARD, 1)):
        case = cluster(costs, 1000, 1e11, pairs, batch)
        run = simulate(case)
        lines.append(
            f"| {pairs:,} | {case.tiles:,} | {case.batch} | {_duration(run.seconds)} | "
            f"{100 * case.bounds['workers'] / run.seconds:.0f} % | {100 * run.busy['scheduler']:.0f} % | {run.limit} |"
        )
    return lines


def draw(costs: Costs, path: Path) -> None:
    """Throughput over workers, for each store, and for tiles that are too small."""
    counts = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000]
    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    total = CAMERAS * (CAMERAS - 1) / 2 * PAIR_BYTES / 1e9
    for (name, bandwidth), colour in zip(STORES.items(), ("#c0392b", "#e08e0b", "#1f5fbf"), strict=True):
        rates = [total / simulate(cluster(costs, n, bandwidth)).seconds for n in counts]
        axes.loglog(counts, rates, "o-", color=colour, label=f"store of {name}")
    few = [1, 10, 100, 1000]
    small = [total / simulate(cluster(costs, n, 1e11, 10_000, 1)).seconds for n in few]
    axes.loglog(few, small, "s--", color="#8a94a3", label="store of 100 GB/s, a task for every 0.72 MB")
    axes.set_xlabel("workers of two cores")
    axes.set_ylabel("GB/s of results")
    axes.grid(visible=True, which="major", color="#e3e7ee")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    with mpl.rc_context({"svg.hashsalt": "epipole"}):
        figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def main() -> None:
    """Measure, simulate, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.job_scaling", description=__doc__)
    parser.add_argument("--tasks", type=int, default=50_000, help="empty tasks for the scheduler")
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="a folder of the disk that results go to")
    parser.add_argument("--costs", type=Path, help="measured before: read from this file, or else written to it")
    options = parser.parse_args()
    if options.costs is not None and options.costs.is_file():
        costs = Costs(**json.loads(options.costs.read_text(encoding="utf-8")))
    else:
        costs = measure(options.tasks, options.folder)
        if options.costs is not None:
            options.costs.write_text(json.dumps(asdict(costs)), encoding="utf-8")
    mpl.use("Agg")
    draw(costs, DOCS / "scaling.svg")
    target = DOCS / "scaling.md"
    before, _, rest = target.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    lines = page(costs)
    target.write_text("\n".join([before + BEGIN, *lines, END]) + after, encoding="utf-8")
    print("\n".join(lines))


def _row(workers: int, store: str, case: Cluster) -> str:
    run: Run = simulate(case)
    rate = case.tiles * case.tile_bytes / run.seconds / 1e9
    ideal = 100 * case.bounds["workers"] / run.seconds
    return f"| {workers:,} | {store} | {_duration(run.seconds)} | {rate:.2f} GB/s | {ideal:.0f} % | {run.limit} |"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


if __name__ == "__main__":
    main()
