import math
from dataclasses import replace

import pytest

from tests.benchmarks.job_simulation import Cluster, simulate

QUIET = Cluster(workers=1, tiles=40, tile_bytes=1e8, tile_seconds=0.5, worker_bandwidth=1e8, spread=0.0)


def test_one_worker_takes_the_sum_of_its_tiles() -> None:
    assert simulate(QUIET).seconds == pytest.approx(40 * 1.5, rel=0.01)  # a millisecond of schedule and one commit


def test_no_job_is_quicker_than_what_any_part_takes_alone() -> None:
    for workers in (1, 7, 100):
        for store in (2e8, math.inf):
            for schedule in (1e-3, 0.3):
                cluster = replace(
                    QUIET, workers=workers, tiles=300, store_bandwidth=store, schedule_seconds=schedule, spread=0.2
                )
                least = max(seconds for part, seconds in cluster.bounds.items() if part != "workers")
                assert simulate(cluster).seconds >= least


@pytest.mark.parametrize(
    ("part", "cluster"),
    [
        ("workers", replace(QUIET, workers=10, tiles=1000)),
        ("store", replace(QUIET, workers=100, tiles=2000, store_bandwidth=1e9)),
        ("scheduler", replace(QUIET, workers=100, tiles=2000, schedule_seconds=0.05)),
        ("database", replace(QUIET, workers=100, tiles=2000, row_seconds=0.1)),
    ],
)
def test_the_part_that_is_too_slow_is_found_and_sets_the_pace(part: str, cluster: Cluster) -> None:
    run = simulate(cluster)
    assert run.limit == part
    assert run.seconds == pytest.approx(cluster.bounds[part], rel=0.1)
    assert 0.9 < run.busy[part] <= 1.0 + 1e-9


def test_twice_the_workers_halve_the_time_where_nothing_else_is_short() -> None:
    few, many = (simulate(replace(QUIET, workers=workers, tiles=4000)).seconds for workers in (10, 20))
    assert few / many == pytest.approx(2.0, rel=0.02)


def test_the_same_seed_gives_the_same_run() -> None:
    cluster = replace(QUIET, workers=9, tiles=200, spread=0.3)
    assert simulate(cluster, 3) == simulate(cluster, 3)
    assert simulate(cluster, 3) != simulate(cluster, 4)
