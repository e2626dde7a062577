"""The files that the README's examples use, as the demo leaves them."""

import json
from pathlib import Path
from typing import NamedTuple

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


class Checkerboard(NamedTuple):
    """A ground of black and white squares seen along it: its picture from above, and how the output shows it."""

    source: np.ndarray
    homography: np.ndarray
    size: tuple[int, int]
    square: int

    def truth(self, finer: int = 64) -> np.ndarray:
        """The scene itself, not its picture, at `finer` × `finer` points of every output pixel, in levels of grey."""
        width, height = self.size
        inverse = np.linalg.inv(self.homography)
        x = (np.arange(width * finer) + 0.5) / finer - 0.5
        out = np.empty((height, width))
        for row in range(height):
            y = ((row + (np.arange(finer) + 0.5) / finer) - 0.5)[:, None]
            p, q, w = (line[0] * x + line[1] * y + line[2] for line in inverse)
            column, line = (np.floor((at / w + 0.5) / self.square).astype(np.int64) for at in (p, q))
            white = ((column + line) % 2 == 0) & (w > 0)
            inside = (column >= 0) & (line >= 0)
            inside &= (column < self.source.shape[1] // self.square) & (line < self.source.shape[0] // self.square)
            out[row] = 255 * (white & inside).reshape(finer, width, finer).mean(axis=(0, 2))
        return out


def checkerboard(width: int) -> Checkerboard:
    """A checkerboard that reaches from below the view to near the horizon, in an output that wide."""
    square, squares = 64, 64
    source = np.kron(np.indices((squares, squares)).sum(axis=0) % 2 == 0, np.ones((square, square)))
    side, height = square * squares, width * 5 // 8
    ground = np.array([[0, 0], [side, 0], [side, side], [0, side]], float) - 0.5
    view = np.array([[0.42, 0.06], [0.56, 0.03], [1.6, 1.1], [-0.9, 1.0]]) * (width, height)
    rows = []
    for (x, y), (u, v) in zip(ground, view, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, -u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, -v])
    homography = np.linalg.svd(np.array(rows))[2][-1].reshape(3, 3)
    return Checkerboard((255 * source).astype(np.uint8), homography / homography[2, 2], (width, height), square)
