"""The files that the README's examples use, as the demo leaves them."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from api.demo.scenes import INTRINSICS, dome, moved_camera, room


def write_inputs(folder: Path, cameras: int) -> None:
    """room.png, room-depth.png, pair.json and rig.npy."""
    folder.mkdir(parents=True, exist_ok=True)
    colours, metres = room(np.eye(4))
    Image.fromarray(colours).save(folder / "room.png")
    Image.fromarray(np.round(metres * 1000).astype(np.uint16)).save(folder / "room-depth.png")
    pair = {"left": (INTRINSICS @ np.eye(4)[:3]).tolist(), "right": (INTRINSICS @ moved_camera()[:3]).tolist()}
    (folder / "pair.json").write_text(json.dumps(pair))
    np.save(folder / "rig.npy", dome(cameras))
