"""`python -m tests.docs.pictures`: draw docs/images from the README's examples, run against a service of its own."""

import json
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from api.demo.epipolar import epipolar_picture
from api.demo.scenes import moved_camera, room, tinted_depth
from tests.benchmarks.load import free_port, running
from tests.docs import (
    batch,
    foreshortened,
    fused,
    graph_picture,
    neighbourhoods,
    neighbours,
    rectified,
    splats,
    surfaces,
)
from tests.docs.examples import ROOT, run_example, shell_examples
from tests.docs.scenes import write_inputs

IMAGES = ROOT / "docs" / "images"


def main() -> None:
    """Run every example and put what it shows side by side with what went in."""
    port = free_port()
    with tempfile.TemporaryDirectory() as name, running(["-m", "api.command", "serve", "--port", str(port)], port):
        folder = Path(name)
        write_inputs(folder / "demo-output", 50)
        printed = [run_example(command, f"http://127.0.0.1:{port}", folder) for command in shell_examples()]
        left, metres = room(np.eye(4))
        right, _ = room(moved_camera())
        beside(left, pixels(folder / "warped.png")).save(IMAGES / "warp.png", optimize=True)
        matrix = np.array(json.loads(printed[1])["fundamental"])
        epipolar_picture(left, metres, right, matrix)[0].save(IMAGES / "epipolar.png", optimize=True)
        depths = [
            tinted_depth(pixels(path)) for path in (folder / "demo-output/room-depth.png", folder / "reprojected.png")
        ]
        beside(*depths).save(IMAGES / "depth.png", optimize=True)
        beside(left, pixels(folder / "relief.png")).save(IMAGES / "relief.png", optimize=True)
        beside(left, pixels(folder / "side.png").repeat(4, 0).repeat(4, 1)).save(IMAGES / "scatter.png", optimize=True)
    batch.draw()
    foreshortened.draw()
    fused.draw()
    graph_picture.draw()
    neighbourhoods.draw()
    neighbours.draw()
    rectified.draw()
    splats.draw()
    surfaces.draw()


def pixels(path: Path) -> np.ndarray:
    """A picture file as an array."""
    return np.asarray(Image.open(path))


def beside(left: np.ndarray, right: np.ndarray) -> Image.Image:
    """Two pictures of one height with a little space between them."""
    gap = np.full((left.shape[0], 16, 3), 255, np.uint8)
    return Image.fromarray(np.hstack([left, gap, right]))


if __name__ == "__main__":
    main()
