"""`python -m tests.docs.surfaces`: the rendered room, normals of its depth map, and, enlarged, where surfaces end."""

import numpy as np
from PIL import Image

from api.demo.scenes import INTRINSICS, room
from geometry import depth_discontinuities, depth_normals
from geometry.depth import DISCONTINUITY_STATUS
from tests.docs.examples import ROOT

COLOURS = {"occluding": (220, 60, 40), "occluded": (40, 110, 200), "both": (150, 60, 190)}


def draw() -> None:
    """Write docs/images/depth-surfaces.png."""
    turned = np.eye(4)
    turned[:3, :3] = [[0.9877, 0, 0.1564], [0, 1, 0], [-0.1564, 0, 0.9877]]
    colours, depth = room(turned)
    normals = depth_normals(depth, INTRINSICS).normals
    directions = np.where(np.isnan(normals), 0, 127.5 - 127.5 * normals * [-1, 1, 1]).astype(np.uint8)
    status = depth_discontinuities(depth).status
    edges = np.full((*depth.shape, 3), 255, np.uint8)
    for name, colour in COLOURS.items():
        edges[status == DISCONTINUITY_STATUS.index(name)] = colour
    top, left = 250, 340
    closer = edges[top : top + len(depth) // 8, left : left + depth.shape[1] // 8].repeat(8, 0).repeat(8, 1)
    closer[[0, 1, -2, -1]] = closer[:, [0, 1, -2, -1]] = 200
    gap = np.full((len(depth), 16, 3), 255, np.uint8)
    sheet = Image.fromarray(np.hstack([colours, gap, directions, gap, closer]))
    sheet = sheet.resize((sheet.width // 2, sheet.height // 2), Image.Resampling.BOX)
    sheet.save(ROOT / "docs" / "images" / "depth-surfaces.png", optimize=True)


if __name__ == "__main__":
    draw()
