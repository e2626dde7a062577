"""Outputs larger than memory, a tile at a time."""

import numpy as np
import pytest

from geometry.warp import warp_perspective

SIDE = 50_000
TILE = 96


@pytest.mark.jit
@pytest.mark.parametrize("interpolation", ["linear", "cubic"])
def test_64_tiles_of_an_output_of_fifty_thousand_by_fifty_thousand_meet_without_a_seam(interpolation):
    rng = np.random.default_rng(6)
    source = rng.integers(0, 256, (300, 400, 3), dtype=np.uint8)
    scale = SIDE / 400
    homography = np.array([[scale, 9.0, 17.0], [-7.0, 1.2 * scale, 31.0], [2e-4, 3e-4, 1.0]])
    options = {"size": (SIDE, SIDE), "interpolation": interpolation, "border": "reflect"}
    for x, y in rng.integers(0, SIDE - 2 * TILE, (64, 2)):
        left, top = int(x), int(y)
        whole = warp_perspective(source, homography, roi=(left, top, TILE, TILE), **options)
        wide, high = (int(v) for v in rng.integers(1, TILE, 2))
        for at_x, at_y, width, height in [
            (0, 0, wide, high),
            (wide, 0, TILE - wide, high),
            (0, high, wide, TILE - high),
            (wide, high, TILE - wide, TILE - high),
        ]:
            part = warp_perspective(source, homography, roi=(left + at_x, top + at_y, width, height), **options)
            np.testing.assert_array_equal(part.image, whole.image[at_y : at_y + height, at_x : at_x + width])
            np.testing.assert_array_equal(part.mask, whole.mask[at_y : at_y + height, at_x : at_x + width])
