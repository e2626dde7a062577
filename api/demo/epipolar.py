"""Two views side by side: points in the left one, their epipolar lines and true matches in the right one."""

from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from api.demo.scenes import INTRINSICS, WIDTH, moved_camera

Array = np.ndarray[Any, Any]

_POINTS = ((268, 200), (383, 133), (137, 379), (400, 262), (300, 340), (470, 420), (40, 150))
_COLOURS = ("#ff5b4d", "#ffb000", "#2fb86a", "#1f8fff", "#9b5cff", "#ff5fb2", "#00b8c4")


def epipolar_picture(left: Array, depth: Array, right: Array, fundamental: Array) -> tuple[Image.Image, float]:
    """Draw chosen points and their lines; also the largest distance (pixels) of a true match to its line.

    The true matches come from the depth of the left view (metres), not from the matrix.
    """
    canvas = Image.fromarray(np.hstack([left, right]))
    draw = ImageDraw.Draw(canvas)
    transform, worst = moved_camera(), 0.0
    for (x, y), colour in zip(_POINTS, _COLOURS, strict=True):
        a, b, c = fundamental @ [x, y, 1.0]
        ends = [(WIDTH, -c / b), (2 * WIDTH - 1, -(c + a * (WIDTH - 1)) / b)]
        draw.line(ends, fill=colour, width=2)
        space = transform[:3, :3] @ (np.linalg.inv(INTRINSICS) @ [x, y, 1.0] * depth[y, x]) + transform[:3, 3]
        u, v, w = INTRINSICS @ space
        worst = max(worst, abs(a * u / w + b * v / w + c) / float(np.hypot(a, b)))
        for px, py in ((x, y), (WIDTH + u / w, v / w)):
            draw.ellipse([px - 6, py - 6, px + 6, py + 6], fill=colour, outline="white", width=2)
    return canvas, worst
