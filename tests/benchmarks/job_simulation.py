"""A job on a cluster, event by event: workers, one scheduler, one database, one store that all share."""

import heapq
import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Cluster:
    """What a job meets. Times in seconds, sizes in bytes, bandwidths in bytes a second.

    Attributes
    ----------
    tiles, tile_bytes, tile_seconds
        Tiles of the job, what each writes, and how long one worker computes one.
    batch
        Tiles of one task.
    schedule_seconds
        The scheduler's own time for one task; it does one thing at a time.
    record_seconds, row_seconds
        One commit of the runner, and each row in it; commits follow each other, and begin at most every 0.1 s.
    worker_bandwidth, store_bandwidth
        Of one worker, and of the store for all of them.
    write_latency
        Of one write, whatever its size.
    window
        Tasks that are handed to a worker ahead.
    spread
        Relative standard deviation of the tiles' times.
    """

    workers: int
    tiles: int
    tile_bytes: float
    tile_seconds: float
    batch: int = 1
    schedule_seconds: float = 1e-3
    record_seconds: float = 8e-3
    row_seconds: float = 5e-5
    worker_bandwidth: float = 300e6
    store_bandwidth: float = math.inf
    write_latency: float = 0.0
    window: int = 2
    spread: float = 0.15

    @property
    def bounds(self) -> dict[str, float]:
        """Seconds that the job takes at least because of each part alone."""
        tasks = math.ceil(self.tiles / self.batch)
        tile = self.tile_seconds + self.write_latency + self.tile_bytes / self.worker_bandwidth
        return {
            "workers": tasks * self.batch * tile / self.workers,
            "store": self.tiles * self.tile_bytes / self.store_bandwidth,
            "scheduler": tasks * self.schedule_seconds,
            "database": self.tiles * self.row_seconds,
        }


@dataclass(frozen=True)
class Run:
    """How a simulated job went: its seconds, and the share of them that each part was busy."""

    seconds: float
    busy: dict[str, float]

    @property
    def limit(self) -> str:
        """The part that is busiest."""
        return max(self.busy, key=lambda part: self.busy[part])


class _Store:
    """Writes share the store's bandwidth evenly, and none is faster than its worker's own.

    Progress is counted in bytes that a write which began at the beginning would have behind it, so that a change of
    rate touches no write that is under way.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._writes: list[tuple[float, int]] = []
        self._at = 0.0
        self._moved = 0.0
        self.sent = 0.0

    def _rate(self) -> float:
        if not self._writes:
            return 0.0
        return min(self._cluster.worker_bandwidth, self._cluster.store_bandwidth / len(self._writes))

    def advance(self, now: float) -> None:
        moved = self._rate() * (now - self._at)
        self.sent += moved * len(self._writes)
        self._moved += moved
        self._at = now

    def begin(self, now: float, worker: int) -> None:
        self.advance(now)
        heapq.heappush(self._writes, (self._moved + self._cluster.tile_bytes * self._cluster.batch, worker))

    def next_end(self) -> float:
        if not self._writes:
            return math.inf
        return self._at + max(0.0, self._writes[0][0] - self._moved) / self._rate()

    def end(self, now: float) -> int:
        self.advance(now)
        return heapq.heappop(self._writes)[1]


def simulate(cluster: Cluster, seed: int = 0) -> Run:
    """Run the job once."""
    rng = np.random.default_rng(seed)
    tasks = math.ceil(cluster.tiles / cluster.batch)
    spread = math.log1p(cluster.spread**2)
    tile_seconds = rng.lognormal(-spread / 2, math.sqrt(spread), tasks) * cluster.tile_seconds * cluster.batch
    computing: list[tuple[float, int]] = []
    store = _Store(cluster)
    held = [0] * cluster.workers  # tasks that a worker has ahead
    idle = set(range(cluster.workers))
    arriving: list[tuple[float, int]] = []
    scheduled = started = done = 0
    scheduler_free = scheduler_busy = worker_busy = now = 0.0
    ends = np.empty(tasks)

    def order(worker: int, at: float) -> None:
        nonlocal scheduled, scheduler_free, scheduler_busy
        if scheduled < tasks:
            scheduled += 1
            scheduler_free = max(scheduler_free, at) + cluster.schedule_seconds
            scheduler_busy += cluster.schedule_seconds
            heapq.heappush(arriving, (scheduler_free, worker))

    def begin(worker: int, at: float) -> None:
        nonlocal started, worker_busy
        if held[worker]:
            held[worker] -= 1
            idle.discard(worker)
            seconds = tile_seconds[started] + cluster.write_latency * cluster.batch
            started += 1
            worker_busy += seconds
            heapq.heappush(computing, (at + seconds, worker))
        else:
            idle.add(worker)

    for _ in range(cluster.window):
        for worker in range(cluster.workers):
            order(worker, 0.0)
    while done < tasks:
        times = (
            arriving[0][0] if arriving else math.inf,
            computing[0][0] if computing else math.inf,
            store.next_end(),
        )
        now = min(times)
        if now == times[0]:
            worker = heapq.heappop(arriving)[1]
            held[worker] += 1
            if worker in idle:
                begin(worker, now)
        elif now == times[1]:
            store.begin(now, heapq.heappop(computing)[1])
        else:
            worker = store.end(now)
            ends[done] = now
            done += 1
            order(worker, now)
            begin(worker, now)
    committed, database_busy = _commits(ends, cluster)
    seconds = max(now, committed)
    busy = {
        "workers": (worker_busy + store.sent / cluster.worker_bandwidth) / (seconds * cluster.workers),
        "store": store.sent / (seconds * cluster.store_bandwidth),
        "scheduler": scheduler_busy / seconds,
        "database": database_busy / seconds,
    }
    return Run(seconds, busy)


def _commits(ends: np.ndarray, cluster: Cluster, pause: float = 0.1) -> tuple[float, float]:
    """When the last tile is on record, and how long commits took in all."""
    at = busy = 0.0
    first = 0
    while first < len(ends):
        begin = max(at, ends[first]) + pause
        last = int(np.searchsorted(ends, begin, side="right"))
        cost = cluster.record_seconds + (last - first) * cluster.batch * cluster.row_seconds
        at, busy, first = begin + cost, busy + cost, last
    return at, busy
