"""`python -m tests.docs.graph_picture`: the view graph of a walk around a building, from above."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from geometry import ViewGraph, projections_from_poses, view_graph
from tests.docs.examples import ROOT

SIZE = (2000, 1500)
RANGE = (4.0, 16.0)
_FINER = 3
_SHOWN = (860, 560)
_SCALE = 19.0  # pixels of the picture per metre
_WALLS = ((-11, -4), (11, -4), (11, 1), (2, 1), (2, 7), (-11, 7))


def walk() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Projections, centres (N, 2) and viewing directions (N, 2) of 60 photographs taken around the building."""
    rng = np.random.default_rng(4)
    angle = np.linspace(0, 2 * np.pi, 52, endpoint=False) + rng.normal(size=52) * 0.04
    shrink = (np.abs(np.cos(angle)) ** 4 + np.abs(np.sin(angle)) ** 4) ** -0.25
    places = np.stack([18 * np.cos(angle) * shrink, 1.5 + 11.5 * np.sin(angle) * shrink], axis=1)
    places += rng.normal(size=places.shape) * 0.4
    close = np.stack([np.linspace(-9, 9, 8), np.full(8, -7.0)], axis=1)  # the front again, from nearby
    centers = np.concatenate([places, close + rng.normal(size=close.shape) * 0.2])
    targets = np.concatenate([places * [0.5, 0.3], close * [1, 0.3]])
    forward = targets - centers
    forward /= np.linalg.norm(forward, axis=1, keepdims=True)
    z = np.column_stack([forward, np.zeros(len(forward))])
    y = np.tile([0.0, 0, -1], (len(z), 1))
    rotations = np.stack([np.cross(y, z), y, z], axis=1)
    K = [[1500, 0, 999.5], [0, 1500, 749.5], [0, 0, 1]]
    heights = np.full((len(z), 1), 1.7)
    return projections_from_poses(K, rotations=rotations, centers=np.hstack([centers, heights])), centers, forward


def picture(graph: ViewGraph, centers: np.ndarray, forward: np.ndarray) -> Image.Image:
    """Pairs grey, darker with the score; the maximum spanning tree blue; cameras as the wedges that they see."""
    canvas = Image.new("RGB", (_SHOWN[0] * _FINER, _SHOWN[1] * _FINER), "white")
    pen = ImageDraw.Draw(canvas)

    def at(x: float, y: float) -> tuple[float, float]:
        return (_SHOWN[0] / 2 + _SCALE * x) * _FINER, (_SHOWN[1] / 2 + 10 - _SCALE * (y - 1.5)) * _FINER

    pen.polygon([at(*corner) for corner in _WALLS], fill=(238, 228, 212), outline=(196, 178, 148), width=2 * _FINER)
    for (i, j), score in zip(graph.pairs.tolist(), graph.scores.tolist(), strict=True):
        level = int(215 - 120 * score)
        pen.line([at(*centers[i]), at(*centers[j])], fill=(level, level, level), width=_FINER)
    for i, j in graph.maximum_tree.tolist():
        pen.line([at(*centers[i]), at(*centers[j])], fill=(24, 98, 190), width=3 * _FINER)
    for center, ahead in zip(centers, forward, strict=True):
        aside = np.array([-ahead[1], ahead[0]]) * 0.45
        wedge = [at(*center), at(*(center + 0.85 * ahead + aside)), at(*(center + 0.85 * ahead - aside))]
        pen.polygon(wedge, fill=(255, 255, 255), outline=(40, 40, 40), width=_FINER)
        x, y = at(*center)
        radius = 3 * _FINER
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(200, 60, 40))
    font = ImageFont.load_default(13 * _FINER)
    legend = [((150, 150, 150), 1, "pairs worth matching"), ((24, 98, 190), 3, "maximum spanning tree")]
    for row, (colour, width, text) in enumerate(legend):
        x, y = 12 * _FINER, (16 + 20 * row) * _FINER
        pen.line([(x, y), (x + 26 * _FINER, y)], fill=colour, width=width * _FINER)
        pen.text((x + 34 * _FINER, y), text, fill=(40, 40, 40), font=font, anchor="lm")
    return canvas.resize(_SHOWN, Image.Resampling.BOX)


def draw() -> None:
    """Write docs/images/view-graph.png."""
    projections, centers, forward = walk()
    graph = view_graph(projections, SIZE, RANGE, neighbours=4)
    target = ROOT / "docs" / "images" / "view-graph.png"
    picture(graph, centers, forward).save(target, optimize=True)


if __name__ == "__main__":
    draw()
