"""What an operator can watch: Prometheus metrics of one process."""

from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from geometry.kernel import compilations
from service.admission import Admission

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


disable_created_metrics()  # type: ignore[no-untyped-call]


class _Live(Collector):
    """Figures that are read where they live rather than counted."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission

    def collect(self) -> Iterable[Metric]:
        gate = self._admission
        yield GaugeMetricFamily("epipole_queue_waiting", "Requests waiting for a compute slot.", value=gate.waiting)
        yield GaugeMetricFamily("epipole_compute_running", "Computations in progress.", value=gate.running)
        yield GaugeMetricFamily(
            "epipole_memory_held_bytes", "Bytes that admitted requests hold by their cost.", value=gate.held
        )
        yield GaugeMetricFamily("epipole_memory_budget_bytes", "Bytes that they may hold together.", value=gate.budget)
        yield CounterMetricFamily(
            "epipole_jit_compilations",
            "Kernels compiled since the process started; constant once ready.",
            value=compilations(),
        )


class JobMetrics(Collector):
    """Jobs in the database, and what the runner of this process reports of its work."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.states: Mapping[str, int] = {}
        self._running = self._workers = self._restarts = 0
        self._tiles = Counter(
            "epipole_job_tiles", "Tiles of jobs that this process had computed.", ["outcome"], registry=registry
        )
        self._task_seconds = Histogram(
            "epipole_job_task_seconds", "Computing a task, which is some tiles.", buckets=_SECONDS, registry=registry
        )
        registry.register(self)

    def take_report(self, report: Mapping[str, Any]) -> None:
        """Count what a runner tells of."""
        self._tiles.labels("done").inc(report["done"])
        self._tiles.labels("failed").inc(report["failed"])
        for seconds in report["seconds"]:
            self._task_seconds.observe(seconds)
        self._running, self._workers = report["running"], len(report["workers"])
        self._restarts = report["restarts"]

    def collect(self) -> Iterable[Metric]:
        jobs = GaugeMetricFamily("epipole_jobs", "Jobs in the database, by state.", labels=["state"])
        for state, count in self.states.items():
            jobs.add_metric([state], count)
        yield jobs
        yield GaugeMetricFamily("epipole_jobs_here", "Jobs that this process runs.", value=self._running)
        yield GaugeMetricFamily("epipole_job_workers", "Worker processes of the embedded engine.", value=self._workers)
        yield GaugeMetricFamily(
            "epipole_job_worker_restarts",
            "Worker processes that died and were replaced, since the runner started.",
            value=self._restarts,
        )


class Metrics:
    """The metrics of one service instance, in a registry of their own."""

    def __init__(self, admission: Admission) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "epipole_requests",
            "Requests by operation and outcome.",
            ["operation", "outcome"],
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "epipole_request_seconds",
            "From the first byte in to the last byte out.",
            ["operation"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.compute_seconds = Histogram(
            "epipole_compute_seconds",
            "Decoding, computing and encoding in a worker thread.",
            ["operation"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.queue_seconds = Histogram(
            "epipole_queue_seconds",
            "Waiting for a compute slot.",
            ["operation"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.bytes_in = Counter(
            "epipole_request_bytes", "Bytes of request bodies.", ["operation"], registry=self.registry
        )
        self.bytes_out = Counter(
            "epipole_response_bytes", "Bytes of response bodies.", ["operation"], registry=self.registry
        )
        self.registry.register(_Live(admission))
        self.jobs = JobMetrics(self.registry)
