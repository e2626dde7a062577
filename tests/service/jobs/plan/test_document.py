"""The documents of docs/jobs.md, and of the real frames: they do what the page says."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from service.catalogue import OPERATIONS
from service.errors import InvalidParams
from service.jobs.document import JobDocument
from service.operation import Operation
from tests.service.jobs.plan.jobs import access_to, called, ran

PAGE = Path(__file__).parents[4] / "docs" / "jobs.md"
TEXT = PAGE.read_text(encoding="utf-8").split("## Over HTTP")[0]
EXAMPLES = [part.split("```")[0] for part in TEXT.split("```json\n")[1:]]
REALDATA = Path(os.environ.get("EPIPOLE_REALDATA", "../shared/data"))


@pytest.fixture
def roots(tmp_path: Path) -> dict[str, str]:
    """A room, two cameras' footage and their rig."""
    rng = np.random.default_rng(8)
    room, footage, rig = (tmp_path / name for name in ("room", "footage", "rig"))
    room.mkdir()
    for frame in (0, 20):
        Image.fromarray(rng.integers(1900, 2100, (12, 16)).astype(np.uint16)).save(
            room / f"frame-{frame:06d}.depth.png"
        )
    for camera in (1, 2):
        (footage / f"cam{camera:02d}").mkdir(parents=True)
        (rig / f"cam{camera:02d}").mkdir(parents=True)
        np.save(rig / f"cam{camera:02d}" / "homography.npy", np.eye(3))
        for frame in (0, 5, 10):
            pixels = rng.integers(0, 255, (24, 32, 3), np.uint8)
            Image.fromarray(pixels).save(footage / f"cam{camera:02d}" / f"frame_{frame:06d}.jpg")
    np.save(rig / "cameras.npy", rng.normal(size=(6, 3, 4)))
    return {"room": str(room), "footage": str(footage), "rig": str(rig)}


@pytest.mark.parametrize("text", EXAMPLES, ids=lambda text: json.loads(text)["operation"])
def test_every_document_of_the_page_works(text: str, roots: dict[str, str], tmp_path: Path) -> None:
    job = ran(json.loads(text), access_to(tmp_path, roots=roots))
    assert {outcome.state for outcome in job.outcomes} == {"done"}
    assert job.manifest.bytes > 0


def test_the_page_has_documents() -> None:
    assert len(EXAMPLES) == 5


def test_a_night_of_footage_is_every_tenth_frame(roots: dict[str, str], tmp_path: Path) -> None:
    document = next(json.loads(text) for text in EXAMPLES if "footage://" in text)
    job = ran(document, access_to(tmp_path, roots=roots))
    fields = [outcome.detail["fields"] for outcome in job.outcomes]
    assert fields == [{"camera": c, "frame": f} for c in (1, 2) for f in (0, 10)]
    assert [entry.media_type for entry in job.manifest.files] == ["image/jpeg"] * 4


FEW = ("gaussian", "triangulate", "contract", "fundamental-block")
EACH = [
    pytest.param(operation, id=operation.name, marks=() if operation.name in FEW else pytest.mark.slow)
    for operation in OPERATIONS
]


@pytest.mark.parametrize("operation", EACH)
def test_any_operation_without_items_leaves_what_its_call_answers(
    operation: Operation[Any, Any], tmp_path: Path
) -> None:
    document = {"operation": operation.name, "params": operation.examples[0].params}
    job = ran(document, access_to(tmp_path))
    assert (job.plan.tiles, job.outcomes[0].state) == (1, "done")
    arrays, scalars = called(document, job.access)
    for name, array in arrays.items():
        if array.ndim:
            assert (job.array(name).shape, job.array(name).dtype) == (array.shape, array.dtype)
            assert job.array(name).tobytes() == array.tobytes()
        else:
            assert job.file(f"{name}.npy").endswith(array.tobytes())
    assert job.result() == json.loads(json.dumps(scalars))


@pytest.mark.slow
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_any_operation_with_items_leaves_what_its_calls_answer(operation: Operation[Any, Any], tmp_path: Path) -> None:
    documents = [{"operation": operation.name, "params": example.params} for example in operation.examples]
    job = ran(
        {"operation": operation.name, "items": [document["params"] for document in documents]}, access_to(tmp_path)
    )
    stacked = {layout.name for layout in job.manifest.arrays}
    for number, document in enumerate(documents):
        assert job.outcomes[number].state == "done"
        for name, array in called(document, job.access)[0].items():
            if name in job.outcomes[number].detail.get("files", {}):
                assert job.file(f"items/{number:06d}/{name}.npy").endswith(array.tobytes())
            else:
                assert name in stacked
                assert job.array(name)[number].tobytes() == array.tobytes()


def test_a_call_that_is_refused_has_failed_with_its_words(tmp_path: Path) -> None:
    eye = np.eye(3, 4).tolist()
    job = ran({"operation": "fundamental", "params": {"left": eye, "right": eye}}, access_to(tmp_path))
    assert job.outcomes[0].detail["reason"] == "same_centre"
    assert job.manifest.failed == 1
    assert not job.manifest.arrays


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({}, "/operation"),
        ({"operation": 3}, "/operation"),
        ({"operation": "x", "items": [3]}, "/items/0"),
        ({"operation": "x", "items": {"pattern": {}}}, "/items/pattern"),
        ({"operation": "x", "items": {"pattern": {"a": "b"}, "assets": {}}}, "/items/pattern"),
        ({"operation": "x", "files": "gif"}, "/files"),
        ({"operation": "x", "tile": 0}, "/tile"),
        ({"operation": "x", "a/b~": 0}, "/a~1b~0"),
    ],
)
def test_documents_that_are_none_are_refused_by_place(document: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidParams) as refused:
        JobDocument.read(document)
    assert pointer in [fault.pointer for fault in refused.value.faults]


@pytest.mark.realdata
@pytest.mark.skipif(not REALDATA.is_dir(), reason="EPIPOLE_REALDATA is not there")
def test_the_room_is_reprojected_by_pattern(tmp_path: Path) -> None:
    room = REALDATA / "rgbd-room"
    intrinsics = np.loadtxt(room / "camera-intrinsics.txt").tolist()
    poses = {int(path.name[6:12]): np.loadtxt(path) for path in room.glob("*.pose.txt")}
    transforms = {str(frame): (np.linalg.inv(poses[20]) @ pose).tolist() for frame, pose in poses.items()}
    document = {
        "operation": "reproject-depth",
        "params": {
            "source_intrinsics": intrinsics,
            "target_intrinsics": intrinsics,
            "depth_scale": 0.001,
            "no_reading": [65535],
        },
        "items": {
            "pattern": {"depth": "room://frame-{frame:06d}.depth.png"},
            "params": {"transform": {"by": "frame", "values": transforms}},
        },
    }
    job = ran(document, access_to(tmp_path, roots={"room": str(room.resolve())}))
    assert [outcome.state for outcome in job.outcomes] == ["done"] * 6
    measured = np.asarray(Image.open(room / "frame-000020.depth.png")).astype(float)
    found = job.array("depth")[0].astype(float)
    known = (found > 0) & (measured > 0) & (measured < 65535)
    assert known.mean() > 0.6
    assert np.median(np.abs(found - measured)[known]) < 7
