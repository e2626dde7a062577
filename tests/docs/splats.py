"""`python -m tests.docs.splats`: the rendered room as a camera closer to it sees its depth map, splat by splat."""

import numpy as np
from PIL import Image

from api.demo.scenes import INTRINSICS, room
from geometry import reproject_depth
from tests.docs.examples import ROOT

_CROP = (slice(140, 460), slice(300, 620))


def draw() -> None:
    """Write docs/images/depth-splats.png: nearest; nearest with filled holes; triangle."""
    colours, depth = room(np.eye(4))
    closer = np.eye(4)
    closer[0, 3], closer[2, 3] = 0.25, -0.8
    views = depth.astype(np.float32), INTRINSICS, INTRINSICS, closer
    nearest = reproject_depth(*views, image=colours, fill=255)
    filled = reproject_depth(*views, image=colours, fill=255, fill_holes="footprint")
    triangles = reproject_depth(*views, image=colours, fill=255, splat="triangle")
    pictures = []
    for found in (nearest, filled, triangles):
        assert found.image is not None
        pictures += [found.image[_CROP], np.full((_CROP[0].stop - _CROP[0].start, 16, 3), 255, np.uint8)]
    Image.fromarray(np.hstack(pictures[:-1])).save(ROOT / "docs" / "images" / "depth-splats.png", optimize=True)


if __name__ == "__main__":
    draw()
