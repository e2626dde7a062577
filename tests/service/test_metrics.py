from prometheus_client import generate_latest

from geometry.kernel import compilations
from service.admission import Admission
from service.metrics import Metrics


def test_figures_are_read_where_they_live() -> None:
    gate = Admission(1000, 2, 3)
    metrics = Metrics(gate)
    metrics.requests.labels("fundamental", "ok").inc()
    with gate.hold() as hold:
        hold.grow(70)
        text = generate_latest(metrics.registry).decode()
    assert "epipole_memory_held_bytes 70.0" in text
    assert "epipole_memory_budget_bytes 1000.0" in text
    assert "epipole_queue_waiting 0.0" in text
    assert f"epipole_jit_compilations_total {float(compilations())}" in text
    assert 'epipole_requests_total{operation="fundamental",outcome="ok"} 1.0' in text


def test_two_services_in_one_process_count_apart() -> None:
    first, second = Metrics(Admission(1, 1, 1)), Metrics(Admission(1, 1, 1))
    first.requests.labels("fundamental", "ok").inc()
    assert 'operation="fundamental"' not in generate_latest(second.registry).decode()


def test_what_a_runner_reports_is_counted() -> None:
    metrics = Metrics(Admission(1, 1, 1))
    metrics.jobs.states = {"accepted": 2, "running": 1}
    for done in (5, 7):
        metrics.jobs.take_report(
            {"done": done, "failed": 1, "seconds": [0.2], "running": 1, "workers": [11, 12], "restarts": 3}
        )
    text = generate_latest(metrics.registry).decode()
    assert 'epipole_jobs{state="accepted"} 2.0' in text
    assert "epipole_jobs_here 1.0" in text
    assert "epipole_job_workers 2.0" in text
    assert "epipole_job_worker_restarts 3.0" in text
    assert 'epipole_job_tiles_total{outcome="done"} 12.0' in text
    assert 'epipole_job_tiles_total{outcome="failed"} 2.0' in text
    assert "epipole_job_task_seconds_count 2.0" in text
