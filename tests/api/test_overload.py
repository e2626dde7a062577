"""What happens when there is more to do than there is time, memory or patience."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api import operations
from geometry.bands import interrupt_point
from service.catalogue import OPERATIONS, operation_named
from tests.api.requests import FUNDAMENTAL
from tests.running import application, metric

PATH = "/v1/fundamental"


class Gate:
    """Holds an operation back, asking between bands whether to go on, until it is opened."""

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self.opened = threading.Event()
        self.ended = threading.Semaphore(0)

    def run(self, params: Any) -> Any:
        self.entered.release()
        try:
            while not self.opened.wait(0.005):
                interrupt_point()
            return operation_named("fundamental").run(params)
        finally:
            self.ended.release()


@contextmanager
def gated(monkeypatch: pytest.MonkeyPatch, folder: Path, **settings: Any) -> Iterator[tuple[TestClient, Gate]]:
    """An application whose `fundamental` waits for its gate."""
    gate = Gate()
    patched = tuple(replace(o, run=gate.run) if o.name == "fundamental" else o for o in OPERATIONS)
    monkeypatch.setattr(operations, "OPERATIONS", patched)
    with application(data_dir=folder, **settings) as client:
        try:
            yield client, gate
        finally:
            gate.opened.set()


def test_probes_and_pages_answer_while_compute_is_saturated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with gated(monkeypatch, tmp_path, compute_threads=1) as (client, gate), ThreadPoolExecutor(3) as pool:
        busy = [pool.submit(client.post, PATH, json=FUNDAMENTAL) for _ in range(3)]
        assert gate.entered.acquire(timeout=30)
        for path in ("/livez", "/readyz", "/metrics", "/", "/docs", "/openapi.json", "/v1/operations"):
            assert client.get(path).status_code == 200
        assert metric(client, "epipole_compute_running") == 1
        assert not any(task.done() for task in busy)
        gate.opened.set()
        assert [task.result(30).status_code for task in busy] == [200] * 3
        assert metric(client, "epipole_compute_running") == 0
        assert metric(client, "epipole_memory_held_bytes") == 0


def test_beyond_the_queue_requests_are_refused_while_others_still_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = {"compute_threads": 1, "queue_size": 1}
    with gated(monkeypatch, tmp_path, **settings) as (client, gate), ThreadPoolExecutor(2) as pool:
        running = pool.submit(client.post, PATH, json=FUNDAMENTAL)
        assert gate.entered.acquire(timeout=30)
        waiting = pool.submit(client.post, PATH, json=FUNDAMENTAL)
        while metric(client, "epipole_queue_waiting") != 1:
            pass
        refused = client.post(PATH, json=FUNDAMENTAL)
        assert not running.done()
        assert refused.status_code == 503
        assert refused.json()["type"].endswith("/overloaded")
        assert int(refused.headers["retry-after"]) >= 1
        gate.opened.set()
        assert running.result(30).status_code == waiting.result(30).status_code == 200


def test_a_deadline_stops_the_work_between_bands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with gated(monkeypatch, tmp_path, compute_threads=1, request_timeout=0.2) as (client, gate):
        problem = client.post(PATH, json=FUNDAMENTAL)
        assert problem.status_code == 503
        assert problem.json()["type"].endswith("/deadline-passed")
        assert "EPIPOLE_REQUEST_TIMEOUT" in problem.json()["detail"]
        assert problem.headers["retry-after"]
        assert gate.ended.acquire(timeout=30)
        assert metric(client, "epipole_compute_running") == 0


def test_the_deadline_passes_in_the_queue_as_well(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with gated(monkeypatch, tmp_path, compute_threads=1, request_timeout=0.3) as (client, gate):
        admission = client.app.state.engine.admission
        admission.running += 1  # somebody else computes
        problem = client.post(PATH, json=FUNDAMENTAL)
        assert problem.json()["type"].endswith("/deadline-passed")
        assert metric(client, "epipole_queue_waiting") == 0
        assert not gate.entered.acquire(blocking=False)
        admission.running -= 1


def test_before_the_kernels_are_there_work_is_refused(client: TestClient) -> None:
    engine = client.app.state.engine
    engine.ready = False
    try:
        problem = client.post(PATH, json=FUNDAMENTAL)
        assert (problem.status_code, problem.headers["retry-after"]) == (503, "2")
        probe = client.get("/readyz")
        assert (probe.status_code, probe.json()) == (503, {"state": "warming-up"})
        engine.draining = True
        assert client.get("/readyz").json() == {"state": "draining"}
    finally:
        engine.ready, engine.draining = True, False


def test_outcomes_are_counted(tmp_path: Path) -> None:
    with application(data_dir=tmp_path) as client:
        client.post(PATH, json=FUNDAMENTAL)
        client.post(PATH, json={})
        client.post(PATH, content=b"{", headers={"Content-Type": "application/json"})
        text = client.get("/metrics").text
        for outcome in ("ok", "invalid-params", "unreadable-body"):
            assert f'epipole_requests_total{{operation="fundamental",outcome="{outcome}"}} 1.0' in text
        for name in ("request_seconds", "compute_seconds", "queue_seconds"):
            assert f'epipole_{name}_bucket{{le="+Inf",operation="fundamental"}}' in text
        for name in ("request_bytes", "response_bytes"):
            assert f'epipole_{name}_total{{operation="fundamental"}}' in text
        assert metric(client, "epipole_memory_budget_bytes") > 0
        assert metric(client, "epipole_jit_compilations_total") >= 0
