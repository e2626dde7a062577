"""`python -m tests.docs.neighbourhoods`: the tables of the expression language, and pictures of what it can do."""

import numpy as np
from PIL import Image

from api.demo.scenes import room
from geometry import neighbourhood
from geometry.filters.neighbourhood.vocabulary import ELEMENTWISE, NAMES, OPERATORS, REDUCTIONS
from tests.docs.examples import ROOT

PAGE = ROOT / "docs" / "neighbourhood.md"
BEGIN, END = "<!-- words: generated -->", "<!-- end of words -->"

JOINT = "exp(-(v - v[0,0]) ** 2 * 200 - (dx ** 2 + dy ** 2) / 18)"


def tables() -> str:
    """Every word of the language and what it means, as Markdown."""
    names = [(f"`{name}`", meaning) for name, meaning in NAMES.items()]
    signs = [(f"`{sign}`".replace("|", "\\|"), meaning) for sign, meaning in OPERATORS.items()]
    elementwise = [(f"`{function.written}`", function.meaning) for function in ELEMENTWISE.values()]
    reductions = [(f"`{function.written}`", function.meaning) for function in REDUCTIONS.values()]
    return "\n\n".join(
        "\n".join(
            [
                f"| {head} | |",
                "|---|---|",
                *(f"| {word} | {meaning.replace('|', chr(92) + '|')} |" for word, meaning in rows),
            ]
        )
        for head, rows in (
            ("names", names),
            ("signs", signs),
            ("place by place", elementwise),
            ("over the window", reductions),
        )
    )


def page(text: str) -> str:
    """The page with its tables renewed."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{tables()}\n{END}{rest.split(END)[1]}"


def draw() -> None:
    """The room, its local range, the medians of a noisy copy, and a noisy depth map smoothed along the room's edges."""
    colours, metres = room(np.eye(4))
    rng = np.random.default_rng(0)
    spoiled = np.where(rng.random(colours.shape[:2])[:, :, None] < 0.1, rng.integers(0, 256, colours.shape), colours)
    spoiled = spoiled.astype(np.uint8)
    noisy = (metres + rng.normal(0, 0.15, metres.shape)).astype(np.float32)
    light = colours.mean(axis=2, dtype=np.float32) / 255
    smooth = neighbourhood(noisy, f"sum({JOINT} * w) / sum({JOINT})", second=light, window=15, border="replicate")
    tiles = [
        [colours, neighbourhood(colours, "clip(4 * (max(w) - min(w)), 0, 255)", border="replicate")],
        [spoiled, neighbourhood(spoiled, "median(w)", border="reflect")],
        [_grey(noisy), _grey(smooth)],
    ]
    picture = np.vstack([np.hstack([tile[::2, ::2] for tile in row]) for row in tiles])
    Image.fromarray(picture).quantize(128).save(ROOT / "docs" / "images" / "neighbourhood.png", optimize=True)


def _grey(metres: np.ndarray) -> np.ndarray:
    levels = np.clip(255 * (1 - (metres - 1.5) / 3.5), 0, 255).astype(np.uint8)
    return np.repeat(levels[:, :, np.newaxis], 3, axis=2)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    draw()
