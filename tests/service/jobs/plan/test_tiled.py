"""Tiles and the call that they replace: equal to the last bit."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from service.errors import InvalidParams, TooLarge
from service.jobs.plan import Plan, run_tiles
from tests.service.jobs.plan.jobs import access_to, called, planned, ran, unchecked


def cameras(count: int) -> list[Any]:
    rng = np.random.default_rng(5)
    projections = rng.normal(size=(count, 3, 4))
    if count > 8:
        projections[7] = projections[2]  # the same centre
        projections[4, 2] = projections[4, 1]  # rank deficient
    listed: list[Any] = projections.tolist()
    return listed


def depth_views(**more: Any) -> dict[str, Any]:
    rng = np.random.default_rng(6)
    depths = (2 + 0.01 * rng.normal(size=(5, 12, 16))).round(3)
    poses = np.tile(np.eye(4), (5, 1, 1))
    poses[:, 0, 3] = [0, 0.02, -0.03, 30, 0.05]
    intrinsics = [[16, 0, 7.5], [0, 16, 5.5], [0, 0, 1]]
    return {"depths": depths.tolist(), "intrinsics": intrinsics, "poses": poses.tolist(), **more}


def picture(channels: tuple[int, ...] = (3,)) -> dict[str, Any]:
    pixels = np.random.default_rng(7).integers(0, 255, (40, 50, *channels))
    return {"data": pixels.tolist(), "dtype": "uint8"}


HOMOGRAPHY = [[1.1, 0.2, -3], [-0.1, 0.9, 4], [0.001, 0.002, 1]]

CASES = {
    "full": ("fundamental-all", {"projections": cameras(23)}, (4, 23, None)),
    "float32": ("fundamental-all", {"projections": cameras(23), "dtype": "float32", "normalization": "none"}, (8,)),
    "flags": ("fundamental-all", {"projections": cameras(13), "size": {"width": 2, "height": 3}}, (4, None)),
    "condensed": ("fundamental-all", {"projections": cameras(23), "layout": "condensed"}, (31, 60, 253, None)),
    "condensed flags": (
        "fundamental-all",
        {"projections": cameras(11), "layout": "condensed", "size": {"width": 2, "height": 3}},
        (9, 25, None),
    ),
    "one camera": ("fundamental-all", {"projections": cameras(1)}, (None,)),
    "no camera": ("fundamental-all", {"projections": []}, (None,)),
    "one camera condensed": ("fundamental-all", {"projections": cameras(1), "layout": "condensed"}, (None,)),
    "warp": ("warp-perspective", {"image": picture(), "homography": HOMOGRAPHY}, (16, 50, None)),
    "warp fit": (
        "warp-perspective",
        {"image": picture(()), "homography": HOMOGRAPHY, "size": "fit", "interpolation": "cubic"},
        (13, None),
    ),
    "warp roi": (
        "warp-perspective",
        {
            "image": picture(),
            "homography": HOMOGRAPHY,
            "size": {"width": 90, "height": 70},
            "roi": {"x": 5, "y": 9, "width": 60, "height": 33},
            "border": "reflect",
            "antialias": True,
        },
        (10, 64),
    ),
    "consistency": ("depth-consistency", depth_views(), (4, None)),
    "consistency maps": ("depth-consistency", depth_views(maps=True), (3, None)),
    "consistency pairs": ("depth-consistency", depth_views(pairs=[[0, 1], [1, 0], [4, 2], [0, 3]]), (1, 3)),
}


@pytest.mark.parametrize(("name", "tile"), [(name, tile) for name, case in CASES.items() for tile in case[2]])
def test_tiles_are_equal_to_the_call(name: str, tile: int | None, tmp_path: Path) -> None:
    operation, params, _ = CASES[name]
    access = access_to(tmp_path)
    document: dict[str, Any] = {"operation": operation, "params": params}
    job = ran({**document, **({} if tile is None else {"tile": tile})}, access, order=lambda tasks: tasks[::-1])
    arrays, scalars = called(document, access)
    assert {outcome.state for outcome in job.outcomes} == {"done"}
    assert {layout.name for layout in job.manifest.arrays} == set(arrays)
    for array_name, array in arrays.items():
        found = job.array(array_name)
        assert (found.dtype, found.shape) == (array.dtype, array.shape)
        assert found.tobytes() == array.tobytes(), array_name
    assert job.result() == json.loads(json.dumps(scalars))


def test_the_same_tile_writes_the_same_bytes_again(tmp_path: Path) -> None:
    access = access_to(tmp_path)
    document = {"operation": "fundamental-all", "params": {"projections": cameras(9)}, "tile": 4}
    first, second = (ran(document, access, name) for name in ("a", "b"))
    assert first.objects() == second.objects()


def test_results_above_the_limit_are_refused_before_anything_is_made(tmp_path: Path) -> None:
    access = access_to(tmp_path, max_job_bytes=1000)
    with pytest.raises(TooLarge, match="EPIPOLE_MAX_JOB_BYTES"):
        planned({"operation": "fundamental-all", "params": {"projections": cameras(9)}}, access)
    assert not (tmp_path / "results").exists()


def test_too_many_tiles_are_refused(tmp_path: Path) -> None:
    access = access_to(tmp_path, max_job_items=5)
    with pytest.raises(TooLarge, match="EPIPOLE_MAX_JOB_ITEMS"):
        planned({"operation": "fundamental-all", "params": {"projections": cameras(9)}, "tile": 1}, access)


def test_a_place_outside_the_output_is_refused_at_once(tmp_path: Path) -> None:
    roi = {"x": 45, "y": 0, "width": 6, "height": 1}
    params = {"image": picture(), "homography": HOMOGRAPHY, "roi": roi}
    with pytest.raises(InvalidParams, match="/params/roi"):
        planned({"operation": "warp-perspective", "params": params}, access_to(tmp_path))


def test_a_tile_that_geometry_refuses_has_failed_and_says_why(tmp_path: Path) -> None:
    params = {"image": picture(), "homography": HOMOGRAPHY, "antialias": True, "interpolation": "nearest"}
    job = ran({"operation": "warp-perspective", "params": params}, access_to(tmp_path))
    (outcome,) = job.outcomes
    assert outcome.state == "failed"
    assert outcome.detail["errors"][0]["pointer"] == "/antialias"
    assert job.manifest.failed == 1


def test_a_check_that_raises_stops_the_work_between_bands(tmp_path: Path) -> None:
    class CancelledError(Exception):
        pass

    access = access_to(tmp_path)
    job, plan = planned({"operation": "fundamental-all", "params": {"projections": cameras(40)}}, access)
    checks = 0

    def check() -> None:
        nonlocal checks
        checks += 1
        if checks > 3:
            raise CancelledError

    with pytest.raises(CancelledError):
        run_tiles(job, range(plan.tiles), access, check)
    assert run_tiles(job, range(plan.tiles), access, unchecked)[0].state == "done"


def test_a_plan_survives_being_written_down(tmp_path: Path) -> None:
    _, plan = planned({"operation": "fundamental-all", "params": {"projections": cameras(9)}}, access_to(tmp_path))
    assert Plan.from_json(plan.to_json()) == plan
