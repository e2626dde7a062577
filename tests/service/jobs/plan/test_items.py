"""Items: each as a call of its own, their results side by side."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from service.errors import StorageFailed
from service.jobs.plan import Task, finish_job, run_tiles
from tests.service.jobs.plan.footage import SHIFT, frames, with_footage
from tests.service.jobs.plan.jobs import OWNER, Ran, access_to, called, planned, ran, unchecked

EYE = np.eye(3, 4).tolist()


def moved(x: float) -> list[Any]:
    return [[1, 0, 0, x], [0, 1, 0, 0], [0, 0, 1, 0]]


def pairs(count: int) -> dict[str, Any]:
    """Pairs of cameras; the first has one centre twice."""
    return {"operation": "fundamental", "params": {"left": EYE}, "items": [{"right": moved(i)} for i in range(count)]}


def test_results_of_one_shape_are_stacked(tmp_path: Path) -> None:
    job = ran(pairs(20), access_to(tmp_path))
    assert job.plan.tiles == 20
    stacked = job.array("fundamental")
    assert stacked.shape == (20, 3, 3)
    for number in range(1, 20):
        params = {"left": EYE, "right": moved(number)}
        arrays, scalars = called({"operation": "fundamental", "params": params}, job.access)
        assert stacked[number].tobytes() == arrays["fundamental"].tobytes()
        assert job.outcomes[number].detail["result"] == json.loads(json.dumps(scalars))


def test_an_item_that_fails_says_why_and_leaves_the_fill(tmp_path: Path) -> None:
    job = ran(pairs(5), access_to(tmp_path))
    failed = job.outcomes[0]
    assert (failed.state, failed.detail["reason"]) == ("failed", "same_centre")
    assert failed.detail["title"] == "This configuration has no stable answer"
    assert np.isnan(job.array("fundamental")[0]).all()
    assert job.array("item_status").tolist() == [1, 0, 0, 0, 0]
    assert (job.manifest.failed, job.manifest.tiles) == (1, 5)


def test_refused_parameters_of_an_item_are_named(tmp_path: Path) -> None:
    document = pairs(3)
    document["items"].append({"right": [[1, 2], [3, 4]]})
    job = ran(document, access_to(tmp_path))
    (fault,) = job.outcomes[3].detail["errors"]
    assert fault["pointer"] == "/right"


def test_every_outcome_is_small(footage: Path) -> None:
    for job in (ran(frames(), with_footage(footage)), ran(pairs(9), access_to(footage.parent / "other"))):
        for outcome in job.outcomes:
            assert len(json.dumps(outcome.detail)) < 1000


def test_any_order_and_any_size_of_tasks_gives_the_same_bytes(tmp_path: Path) -> None:
    np.save(tmp_path / "image.npy", np.random.default_rng(2).normal(size=(300, 300)))
    access = access_to(tmp_path / "data", roots={"lab": str(tmp_path)})
    document = {
        "operation": "warp-perspective",
        "params": {"image": {"uri": "lab://image.npy"}, "homography": SHIFT},
        "items": [{"fill": fill} for fill in range(20)],
    }
    first = ran(document, access, "a")
    second = ran(document, access, "b", batch=1, order=lambda tasks: tasks[::-1])
    assert 1 < first.plan.group < 20
    assert first.objects() == second.objects()


def test_one_item_after_another_gives_the_same_bytes_as_all_at_once(tmp_path: Path) -> None:
    access = access_to(tmp_path)
    whole = ran(pairs(7), access, "whole")
    job, plan = planned(pairs(7), access, "single")
    outcomes = [run_tiles(job, [tile], access, unchecked)[0] for tile in (3, 0, 6, 1, 2, 5, 4)]
    finish_job(job, plan, iter(sorted(outcomes, key=lambda o: o.tile)), access)
    assert Ran(job, plan, outcomes, access).objects() == whole.objects()


def test_failed_items_alone_are_computed_again(footage: Path) -> None:
    access = with_footage(footage)
    late = footage / "cam01" / "frame_000010.png"
    pixels = late.read_bytes()
    job, plan = planned(frames(), access, "retried")
    late.write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    before = run_tiles(job, range(plan.tiles), access, unchecked)
    assert [outcome.state for outcome in before] == ["done", "failed", "done", "done", "done"]
    late.write_bytes(pixels)
    again = run_tiles(job, [1], access, unchecked)
    outcomes = [before[0], *again, *before[2:]]
    finish_job(job, plan, iter(outcomes), access)
    retried = Ran(job, plan, outcomes, access)
    assert retried.manifest.failed == 0
    assert retried.objects() == ran(frames(), access, "whole").objects()


def test_items_are_found_by_name_and_sorted_by_their_fields(footage: Path) -> None:
    job = ran(frames(), with_footage(footage))
    fields = [outcome.detail["fields"] for outcome in job.outcomes]
    assert [(f["camera"], f["frame"]) for f in fields] == [(1, 0), (1, 10), (1, 20), (2, 0), (2, 10)]
    params = {"homography": SHIFT, "image": {"uri": "footage://cam02/frame_000010.png"}}
    arrays, _ = called({"operation": "warp-perspective", "params": params}, job.access)
    assert job.array("image")[4].tobytes() == arrays["image"].tobytes()


def test_patterns_are_joined_on_the_fields_that_they_share(footage: Path) -> None:
    document = {
        "operation": "remap",
        "items": {
            "pattern": {
                "image": "footage://cam{camera:02d}/frame_{frame:06d}.png",
                "map": "footage://cam{camera:02d}/map.npy",
            },
            "where": {"frame": "10:"},
        },
    }
    job = ran(document, with_footage(footage))
    assert [outcome.detail["fields"]["camera"] for outcome in job.outcomes] == [1, 1, 2]
    assert {outcome.state for outcome in job.outcomes} == {"done"}


def test_parameters_follow_the_fields(footage: Path) -> None:
    other = [[1, 0, 0], [0, 1, 2], [0, 0, 1]]
    varying = {
        "homography": {"by": "camera", "values": {"1": SHIFT, "2": other}},
        "fill": {"by": ["camera", "frame"], "values": {"1": {"0": 1, "10": 2, "20": 3}, "2": [4] + [0] * 9 + [5]}},
    }
    document = frames(params=varying)
    del document["params"]
    job = ran(document, with_footage(footage))
    params = {"homography": other, "fill": 5, "image": {"uri": "footage://cam02/frame_000010.png"}}
    arrays, _ = called({"operation": "warp-perspective", "params": params}, job.access)
    assert job.array("image")[4].tobytes() == arrays["image"].tobytes()


def test_files_of_parameters_follow_the_fields(footage: Path) -> None:
    document = frames(params={"map": {"uri": "footage://cam{camera:02d}/map.npy"}})
    document |= {"operation": "remap", "params": {}}
    job = ran(document, with_footage(footage))
    assert {outcome.state for outcome in job.outcomes} == {"done"}


def test_results_are_kept_as_pictures_where_the_job_says_so(footage: Path) -> None:
    job = ran({**frames(), "files": "png"}, with_footage(footage))
    (layout,) = job.manifest.arrays
    assert layout.name == "item_status"
    names = [entry.name for entry in job.manifest.files]
    assert names[:2] == ["items/000000/image.png", "items/000000/mask.png"]
    key, shape, dtype = job.outcomes[0].detail["files"]["image"]
    assert (key, shape, dtype) == ("files/items/000000/image.png", [6, 8, 3], "uint8")
    pixels = np.asarray(Image.open(io.BytesIO(job.file("items/000000/image.png"))))
    params = {"homography": SHIFT, "image": {"uri": "footage://cam01/frame_000000.png"}}
    arrays, _ = called({"operation": "warp-perspective", "params": params}, job.access)
    assert np.array_equal(pixels, arrays["image"])


def test_what_no_picture_can_hold_becomes_npy(tmp_path: Path) -> None:
    job = ran({**pairs(3), "files": "png", "arrays": ["fundamental"]}, access_to(tmp_path))
    matrix = np.load(io.BytesIO(job.file("items/000002/fundamental.npy")))
    assert matrix.shape == (3, 3)
    assert [entry.name for entry in job.manifest.files] == [f"items/00000{n}/fundamental.npy" for n in (1, 2)]


def test_results_of_several_shapes_become_files(tmp_path: Path) -> None:
    items = [{"image": [[0.0] * width] * 2} for width in (2, 3, 2)]
    document = {"operation": "warp-perspective", "params": {"homography": SHIFT}, "items": items}
    job = ran(document, access_to(tmp_path))
    assert {layout.name for layout in job.manifest.arrays} == {"item_status"}
    assert np.load(io.BytesIO(job.file("items/000001/image.npy"))).shape == (2, 3)


def test_only_the_arrays_asked_for_are_kept(footage: Path) -> None:
    job = ran({**frames(), "arrays": ["mask"]}, with_footage(footage))
    assert [layout.name for layout in job.manifest.arrays] == ["mask", "item_status"]


def test_stored_assets_are_items(tmp_path: Path) -> None:
    access = access_to(tmp_path)
    names = []
    for value in (1.0, 2.0):
        data = io.BytesIO()
        np.save(data, np.full((2, 2), value))
        upload = access.assets.upload(OWNER)
        upload.write(data.getvalue())
        names.append(upload.commit())
    items = {"assets": {"image": names}, "params": {"homography": {"by": "item", "values": [np.eye(3).tolist()] * 2}}}
    job = ran({"operation": "warp-perspective", "items": items}, access)
    assert [outcome.detail["fields"] for outcome in job.outcomes] == [{"item": 0}, {"item": 1}]
    assert job.array("image")[:, 0, 0].tolist() == [1.0, 2.0]


def test_depth_maps_are_fused_into_many_views(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    (tmp_path / "room").mkdir()
    for frame in range(3):
        np.save(tmp_path / "room" / f"depth_{frame:03d}.npy", rng.uniform(1.9, 2.1, (6, 8)))
    access = access_to(tmp_path, roots={"room": str(tmp_path / "room")})
    intrinsics = [[8, 0, 3.5], [0, 8, 2.5], [0, 0, 1]]
    poses = np.tile(np.eye(4), (4, 1, 1))
    poses[:, 0, 3] = [0, 0.1, -0.1, 0.05]
    shared = {"intrinsics": intrinsics, "poses": poses[:3].tolist(), "target_intrinsics": intrinsics}
    document = {
        "operation": "fuse-depth",
        "params": {**shared, "depths": {"stack": "room://depth_{frame:03d}.npy"}},
        "items": [{"target_pose": pose} for pose in poses.tolist()],
    }
    job = ran(document, access)
    depths = np.stack([np.load(tmp_path / "room" / f"depth_{frame:03d}.npy") for frame in range(3)])
    for number, pose in enumerate(poses.tolist()):
        params = {**shared, "depths": depths.tolist(), "target_pose": pose}
        arrays, _ = called({"operation": "fuse-depth", "params": params}, access)
        assert job.array("depth")[number].tobytes() == arrays["depth"].tobytes()


def test_a_plan_is_the_same_when_it_is_made_again(footage: Path) -> None:
    access = with_footage(footage)
    assert planned(frames(), access, "one")[1] == planned(frames(), access, "two")[1]


def test_files_that_appear_after_the_plan_take_no_part(footage: Path) -> None:
    access = with_footage(footage)
    job, plan = planned(frames(), access)
    (footage / "cam01" / "frame_000005.png").write_bytes(b"late")
    outcomes = run_tiles(Task.of(job), range(plan.tiles), access, unchecked)
    assert [outcome.detail["fields"]["frame"] for outcome in outcomes] == [0, 10, 20, 0, 10]


def test_a_plan_whose_notes_are_gone_is_a_failure_of_the_store(footage: Path) -> None:
    access = with_footage(footage)
    job, _ = planned(frames(), access, "gone")
    access.objects.delete("gone")
    with pytest.raises(StorageFailed):
        run_tiles(job, [0], access, unchecked)
