"""Paired timing: every round runs each contender once, so that a machine whose speed drifts treats all alike."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Work = Callable[[], object]


@dataclass(frozen=True)
class Row:
    """One line of the table: our work, the peers' work on the same input, and the ratio to reach.

    `scale` turns seconds of one call into the unit that is shown (milliseconds by default).
    """

    family: str
    work: str
    ours: Work
    peers: Mapping[str, Work]
    targets: Mapping[str, float]
    unit: str = "ms"
    scale: float = 1e3
    peer_scales: Mapping[str, float] = field(default_factory=dict)
    rounds: int = 15


@dataclass(frozen=True)
class Measured:
    """Medians of one row: our figure, each peer's figure and ratio, in the row's unit."""

    row: Row
    ours: float
    peers: dict[str, float]
    ratios: dict[str, float]


def measure(row: Row, *, seconds: float) -> Measured:
    """Time the contenders of `row` alternately for about `seconds`, after one warm-up each, garbage collection off."""
    contenders = {"ours": row.ours, **row.peers}
    for work in contenders.values():
        work()
    times: dict[str, list[float]] = {name: [] for name in contenders}
    gc.disable()
    try:
        started = time.perf_counter()
        while len(times["ours"]) < 3 or (len(times["ours"]) < row.rounds and time.perf_counter() - started < seconds):
            for name, work in contenders.items():
                before = time.perf_counter()
                work()
                times[name].append(time.perf_counter() - before)
    finally:
        gc.enable()
    scales = {"ours": row.scale} | {name: row.peer_scales.get(name, row.scale) for name in row.peers}
    scaled = {name: [t * scales[name] for t in values] for name, values in times.items()}
    ratios = {
        name: statistics.median(theirs / ours for theirs, ours in zip(scaled[name], scaled["ours"], strict=True))
        for name in row.peers
    }
    figures = {name: statistics.median(values) for name, values in scaled.items()}
    return Measured(row, figures.pop("ours"), figures, ratios)
