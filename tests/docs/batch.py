"""`python -m tests.docs.batch`: frames of a moving camera as jobs, from the command line, and how the terminal looked.

Draws docs/images/jobs.svg. The frames are real ones, which are no part of the project; without them nothing is drawn.
"""

import json
import re
import tempfile
from pathlib import Path

import numpy as np

from api.demo.scenes import dome
from tests.benchmarks.load import free_port, running
from tests.conftest import REALDATA
from tests.docs.examples import ROOT
from tests.docs.recorded import Terminal

FRAMES = REALDATA / "rgbd-room"
_REPROJECT = """jobs submit reproject-depth --pattern 'depth=room://frame-{frame:06d}.depth.png' \\
    --by frame=frames.json --param source_intrinsics=@k.json --param target_intrinsics=@k.json \\
    --param depth_scale=0.001 --param no_reading='[65535]' --arrays depth --files png --watch"""
_WARP = """jobs submit warp-perspective --pattern 'image=room://frame-{frame:06d}.color.jpg' \\
    --param homography=@h.json --files jpeg --watch"""
_RIG = "jobs submit fundamental-all --param projections=@rig.npy --watch"
_CAMERAS = 5000


def write_inputs(folder: Path) -> None:
    """Intrinsics, poses from each frame to the first, a homography, and a rig."""
    intrinsics = np.loadtxt(FRAMES / "camera-intrinsics.txt")
    poses = {int(path.name[6:12]): np.loadtxt(path) for path in sorted(FRAMES.glob("*.pose.txt"))}
    to_first = {frame: (np.linalg.inv(poses[0]) @ pose).tolist() for frame, pose in poses.items()}
    (folder / "k.json").write_text(json.dumps(intrinsics.tolist()))
    (folder / "frames.json").write_text(json.dumps({frame: {"transform": pose} for frame, pose in to_first.items()}))
    (folder / "h.json").write_text(json.dumps([[0.94, 0.26, -20], [-0.13, 1.02, 60], [-0.0002, 0.0004, 1]]))
    np.save(folder / "rig.npy", dome(_CAMERAS))


def draw() -> None:
    """Run the jobs and draw the terminal."""
    if not FRAMES.is_dir():
        print(f"docs/images/jobs.svg is left as it is: no frames at {FRAMES}")
        return
    port = free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_inputs(folder)
        settings = {"EPIPOLE_DATA_DIR": str(folder / "data"), "EPIPOLE_ROOTS": f"room={FRAMES}"}
        with running(["-m", "api.command", "serve", "--port", str(port)], port, **settings):
            terminal = Terminal(folder, {"EPIPOLE_URL": f"http://127.0.0.1:{port}"})
            for line in (_REPROJECT, _WARP):
                terminal.run(line)
            terminal.run(_RIG, until=_is_halfway)
            terminal.run("jobs list")
    terminal.save(ROOT / "docs" / "images" / "jobs.svg", "epipole jobs")


def _is_halfway(written: str) -> bool:
    counts = re.findall(r"([\d,]+) of ([\d,]+) tiles", written)
    done, total = (int(text.replace(",", "")) for text in counts[-1]) if counts else (0, 1)
    return 2 * done >= total


if __name__ == "__main__":
    draw()
