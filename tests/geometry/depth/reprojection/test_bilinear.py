import numpy as np
import pytest

from geometry.bands import band_count
from geometry.depth import reproject_depth
from tests.geometry.depth.reprojection.test_reproject import DTYPES, WIDE, K, motion, scene
from tests.naive import depth_splats as naive

SMALL = np.array([[12.0, 0.25, 5.5], [0.0, 11.0, 4.25], [0.0, 0.0, 1.0]])
ROUNDING = 1e-13  # a few dozen products and sums of float64


def test_agrees_with_the_pixel_by_pixel_definition(bands):
    for seed, size, dtype, kind in (
        (1, (13, 9), "float64", "z"),
        (2, (20, 15), "float32", "ray"),
        (3, (5, 17), "uint16", "z"),
        (4, (1, 1), "int32", "ray"),
    ):
        depth, transform = scene(seed, dtype, (11, 9)), motion(seed)
        scale = 0.02 if np.dtype(dtype).kind in "iu" else 1.0
        options = {"depth_kind": kind, "depth_scale": scale, "no_reading": (77,)}
        found = reproject_depth(
            depth,
            SMALL,
            WIDE / 3,
            transform,
            size=size,
            splat="bilinear",
            depth_tolerance=0.3,
            source_status=True,
            **options,
        )
        camera = WIDE / WIDE[2, 2]
        moved = naive.positions(depth, SMALL, camera, transform, size, kind=kind, scale=scale, no_reading=(77,))
        wanted, index, _ = naive.bilinear(moved, depth.shape, size, 0.3)
        assert np.array_equal(found.source_index, index)
        assert np.array_equal(found.status, index < 0)
        if depth.dtype.kind in "iu":
            assert np.array_equal(found.depth, np.where(index >= 0, np.rint(wanted), 0))
        else:
            rounding = 2.0**-23 if depth.dtype == np.float32 else ROUNDING
            np.testing.assert_allclose(found.depth, wanted, rtol=rounding)
        fates = naive.fates(moved, set(index[index >= 0].tolist()))
        assert {at: naive.FATES[found.source_status[at]] for at in fates} == fates
        assert found.fates._asdict() == {name: list(fates.values()).count(name) for name in naive.FATES}


def shifted(x, y=0.0):
    """Of a plane at depth 1 seen with focal length 1: a shift in pixels."""
    T = np.eye(4)
    T[:2, 3] = x, y
    return T


UNIT = np.eye(3)


def test_a_pixel_has_the_weighted_mean_of_the_readings_around_it():
    found = reproject_depth(np.array([[1.0, 1.0, 1.0]]), UNIT, UNIT, shifted(0.25), size=(4, 1), splat="bilinear")
    assert found.depth.tolist() == [[1, 1, 1, 1]]
    assert found.source_index.tolist() == [[0, 1, 2, 2]]
    depth = np.array([[1.0, 1.01]])
    found = reproject_depth(depth, UNIT, UNIT, shifted(0.25), size=(2, 1), splat="bilinear")
    x = 1.0 + 0.25 / 1.01  # where the second one lands
    expected = (0.25 * 1.0 + (2 - x) * 1.01) / (0.25 + 2 - x)
    assert found.depth[0, 1] == pytest.approx(expected, rel=1e-14)  # a dozen roundings
    assert found.source_index.tolist() == [[0, 1]]


def test_readings_beyond_the_tolerance_do_not_count():
    together = np.array([[0.5, 0, 0], [0, 1, 0], [0, 0, 1]])  # columns 0 and 1 land at 0 and a half
    depth = np.array([[10.0, 10.2]])
    for tolerance, expected in ((0.0, 10.0), (0.019, 10.0), (0.021, (10.0 + 0.5 * 10.2) / 1.5), (1e300, None)):
        found = reproject_depth(
            depth, UNIT, together, np.eye(4), size=(1, 1), splat="bilinear", depth_tolerance=tolerance
        )
        if expected is not None:
            assert found.depth[0, 0] == pytest.approx(expected, rel=1e-15)
        assert found.source_index[0, 0] == 0


def test_of_equal_weights_the_first_reading_is_named(bands):
    together = np.array([[0.5, 0, 0.25], [0, 0.5, 0.25], [0, 0, 1]])  # 2 × 2 readings lie around one pixel, alike
    for height in (1, 3):
        found = reproject_depth(
            np.full((2, 2), 3.0), UNIT, together, np.eye(4), size=(2, height), splat="bilinear", no_reading=[7]
        )
        assert found.source_index[0, 0] == 0
    mirrored = np.array([[1.0, 0, 0.5], [0, 1, 0], [0, 0, 1]])
    found = reproject_depth(np.full((1, 2), 3.0), UNIT, mirrored, np.eye(4), size=(3, 1), splat="bilinear")
    assert found.source_index.tolist() == [[0, 0, 1]]


def test_readings_beside_the_target_still_reach_it():
    found = reproject_depth(np.array([[1.0]]), UNIT, UNIT, shifted(-0.75, 0.75), splat="bilinear", source_status=True)
    assert found.depth[0, 0] == 1
    assert found.fates.visible == 1
    assert found.source_status.tolist() == [[0]]
    missed = reproject_depth(np.array([[1.0]]), UNIT, UNIT, shifted(-1.0), splat="bilinear")
    assert missed.status[0, 0] == 1
    assert missed.fates.outside == 1


def test_results_do_not_depend_on_bands():
    image = np.random.default_rng(5).integers(0, 255, (23, 31, 5)).astype(np.uint8)
    for dtype in ("uint16", "float32"):
        results = []
        for bands in (1, 2, 7):
            with band_count(bands):
                results.append(
                    reproject_depth(
                        scene(8, dtype),
                        K,
                        K,
                        motion(8, angle=2.0),
                        size=(50, 40),
                        depth_scale=0.02,
                        splat="bilinear",
                        depth_tolerance=0.5,
                        image=image,
                        source_status=True,
                    )
                )
        for other in results[1:]:
            for name in ("depth", "source_index", "status", "image", "source_status"):
                assert getattr(results[0], name).tobytes() == getattr(other, name).tobytes()
            assert results[0].fates == other.fates


@pytest.mark.parametrize("dtype", DTYPES)
def test_colours_are_averaged_as_depths_are(dtype):
    rng = np.random.default_rng(6)
    image = rng.integers(0, 127, (9, 11, 5)).astype(dtype)
    depth, transform = scene(9, "float64", (11, 9)), motion(9)
    found = reproject_depth(
        depth, SMALL, SMALL, transform, splat="bilinear", depth_tolerance=0.3, image=image, fill=[1, 2, 3, 4, 5]
    )
    moved = naive.positions(depth, SMALL, SMALL, transform, (11, 9))
    _, index, colours = naive.bilinear(moved, depth.shape, (11, 9), 0.3, image)
    assert found.image.dtype == image.dtype
    assert (found.image[index < 0] == [1, 2, 3, 4, 5]).all()
    # a mean of whole numbers is a half only where float64 sums of weights say so by chance
    rounding = 2.0**-22 if dtype == "float32" else 1e-13
    wanted = np.rint(colours) if image.dtype.kind in "iu" else colours
    np.testing.assert_allclose(found.image[index >= 0], wanted[index >= 0], rtol=rounding)
