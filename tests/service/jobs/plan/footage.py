"""Footage of two cameras, for jobs by pattern."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from service.jobs.access import Access
from tests.service.jobs.plan.jobs import access_to

SHIFT = [[1, 0, 0.5], [0, 1, 0], [0, 0, 1]]


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    """Two cameras with three frames each, one of them missing; a mask for each camera."""
    rng = np.random.default_rng(3)
    for camera in (1, 2):
        folder = tmp_path / "footage" / f"cam{camera:02d}"
        folder.mkdir(parents=True)
        for frame in (0, 10, 20)[: 4 - camera]:
            pixels = rng.integers(0, 255, (6, 8, 3), np.uint8)
            Image.fromarray(pixels).save(folder / f"frame_{frame:06d}.png")
        np.save(folder / "map.npy", rng.uniform(0, 5, (6, 8, 2)))
    (tmp_path / "footage" / "cam01" / "frame_10.png").write_bytes(b"not of this name")
    (tmp_path / "footage" / "cam01" / "notes.txt").write_bytes(b"")
    return tmp_path / "footage"


def with_footage(footage: Path, **settings: Any) -> Access:
    return access_to(footage.parent, roots={"footage": str(footage)}, **settings)


def frames(**more: Any) -> dict[str, Any]:
    return {
        "operation": "warp-perspective",
        "params": {"homography": SHIFT},
        "items": {"pattern": {"image": "footage://cam{camera:02d}/frame_{frame:06d}.png"}, **more},
    }
