"""`python -m tests.docs.neighbours`: a room eroded, dilated, opened, its gradient, pooled, and the pixels that won."""

import numpy as np
from PIL import Image

from api.demo.scenes import room
from geometry import morphology, pool, pool_switches
from tests.docs.examples import ROOT

GAP = 12
WINDOW = 12


def tiles() -> list[np.ndarray]:
    """Six pictures of one size."""
    colours = room(np.eye(4))[0]
    colours = colours[: colours.shape[0] // WINDOW * WINDOW, : colours.shape[1] // WINDOW * WINDOW]
    options = {"shape": "ellipse", "size": 11}
    pooled = pool(colours, WINDOW).image
    switches = pool_switches(colours.sum(axis=2).astype(np.int32), WINDOW, stride=WINDOW // 2)
    nails = np.minimum(morphology(switches, operation="dilate", shape="ellipse", size=5), 4) * 63
    return [
        morphology(colours, operation="erode", **options),
        morphology(colours, operation="dilate", **options),
        morphology(colours, operation="open", **options),
        morphology(colours, operation="gradient", size=3),
        np.kron(pooled, np.ones((WINDOW, WINDOW, 1), np.uint8)),
        np.repeat(nails.astype(np.uint8)[:, :, np.newaxis], 3, axis=2),
    ]


def draw() -> None:
    """Draw docs/images/neighbours.png: two rows of three."""
    pictures = tiles()
    height, width = pictures[0].shape[:2]
    sheet = np.full((2 * height + GAP, 3 * width + 2 * GAP, 3), 255, np.uint8)
    for number, picture in enumerate(pictures):
        y, x = number // 3 * (height + GAP), number % 3 * (width + GAP)
        sheet[y : y + height, x : x + width] = picture
    small = Image.fromarray(sheet).resize((sheet.shape[1] // 2, sheet.shape[0] // 2), Image.Resampling.LANCZOS)
    small.save(ROOT / "docs" / "images" / "neighbours.png", optimize=True)


if __name__ == "__main__":
    draw()
