import numpy as np

from geometry.depth import reproject_depth
from tests.geometry.depth.reprojection.test_reproject import WIDE, K, motion, scene


def test_colours_of_the_nearest_reading_are_copied(bands):
    rng = np.random.default_rng(4)
    for dtype, shape in (
        ("uint8", (23, 31, 3)),
        ("float32", (23, 31)),
        ("int32", (23, 31, 1)),
        ("uint16", (23, 31, 9)),
    ):
        image = rng.integers(1, 99, shape).astype(dtype)
        found = reproject_depth(scene(4), K, WIDE, motion(4), size=(40, 30), image=image, fill=7)
        assert found.image.dtype == image.dtype
        assert found.image.shape == (30, 40, *shape[2:])
        expected = image.reshape(-1, *shape[2:])[found.source_index]
        expected[found.source_index < 0] = 7
        assert np.array_equal(found.image, expected)
