import numpy as np
import pytest

from geometry.depth import SOURCE_STATUS, reproject_depth
from geometry.depth.optics import camera_optics
from geometry.depth.reprojection.general import nearest_seen
from geometry.depth.reprojection.positions import Passage, positions
from geometry.depth.reprojection.wide import rounded
from geometry.depth.views import Motion, depth_readings, inverse_intrinsics, representable_range, rigid_motion
from tests.geometry.depth.reprojection.test_reproject import DTYPES, WIDE, K, motion, scene
from tests.naive import depth_splats as naive

SMALL = np.array([[12.0, 0.25, 5.5], [0.0, 11.0, 4.25], [0.0, 0.0, 1.0]])
FEW = np.array([[10.0, 0.2, 5.0], [0.0, 9.0, 3.5], [0.0, 0.0, 1.0]])
BROWN = ("brown", (-0.2, 0.05, 0.002, -0.001, 0.01))
FISHEYE = ("fisheye", (0.05, -0.02, 0.01, -0.003))
FATES = {name: code for code, name in enumerate(SOURCE_STATUS)}


def passage(depth, K_source, K_target, transform, size, kind="z", scale=1.0):
    R, t = rigid_motion(transform)
    inverses = np.stack([inverse_intrinsics(K_source), inverse_intrinsics(K_target)])
    bounds = representable_range(depth.dtype)
    moving = Motion(K_target @ R @ inverses[0], K_target @ t / scale, inverses, kind == "ray", *size, *bounds)
    return Passage(camera_optics(K_source), camera_optics(K_target), R, t / scale, moving)


@pytest.mark.parametrize("kind", ["z", "ray"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_positions_give_what_the_short_ways_give(dtype, kind, bands):
    for seed, size in ((1, (31, 23)), (2, (40, 30)), (4, (1, 1))):
        depth, transform = scene(seed, dtype, (23, 17)), motion(seed)
        scale = 0.02 if np.dtype(dtype).kind in "iu" else 1.0
        options = {"size": size, "depth_kind": kind, "depth_scale": scale, "no_reading": (77,)}
        short = reproject_depth(depth, K, WIDE, transform, **options)
        readings = depth_readings(depth, (77,))
        moved = positions(readings, passage(depth, K, WIDE, transform, size, kind, scale))
        seen = nearest_seen(moved, readings, size, None)
        assert rounded(seen.nearest, seen.source_index, depth.dtype).tobytes() == short.depth.tobytes()
        assert seen.source_index.tobytes() == short.source_index.tobytes()
        assert seen.status.tobytes() == short.status.tobytes()
        told = reproject_depth(depth, K, WIDE, transform, source_status=True, **options)
        assert told.fates == short.fates
        assert told.depth.tobytes() == short.depth.tobytes()


@pytest.mark.parametrize("kind", ["z", "ray"])
@pytest.mark.parametrize("lenses", [(BROWN, None), (None, BROWN), (FISHEYE, BROWN), (BROWN, FISHEYE)])
def test_lenses_agree_with_the_point_by_point_definition(lenses, kind):
    depth, transform, size = scene(3, "float64", (11, 9)), motion(3), (12, 10)
    options = {}
    for side, lens in zip(("source", "target"), lenses, strict=True):
        if lens is not None:
            options |= {f"{side}_model": lens[0], f"{side}_distortion": lens[1]}
    moved = naive.positions(depth, SMALL, FEW, transform, size, kind=kind, lenses=lenses)
    for splat in ("nearest", "bilinear"):
        found = reproject_depth(
            depth,
            SMALL,
            FEW,
            transform,
            size=size,
            depth_kind=kind,
            splat=splat,
            depth_tolerance=0.1,
            source_status=True,
            **options,
        )
        if splat == "nearest":
            wanted, index = naive.nearest(moved, depth.shape, size, depth.dtype)
        else:
            wanted, index, _ = naive.bilinear(moved, depth.shape, size, 0.1)
        assert np.array_equal(found.source_index, index)
        # positions agree to 1e-12 px, and a pixel's weights, of a hundredth at least here, to 1e-10
        np.testing.assert_allclose(found.depth, wanted, rtol=1e-9 if splat == "bilinear" else 1e-13)
        fates = naive.fates(moved, set(index[index >= 0].tolist()))
        assert {at: naive.FATES[found.source_status[at]] for at in fates} == fates


def test_what_a_lens_does_not_show_is_outside_of_it():
    folding = [-0.4, 0, 0, 0]  # turns back at a radius of 0.91
    camera = np.array([[4.0, 0, 4], [0, 4, 4], [0, 0, 1]])
    depth = np.full((9, 9), 2.0)
    source = reproject_depth(depth, camera, camera, motion(1, 0.01, 0.01), source_distortion=folding)
    assert source.fates.outside_lens > 0
    target = reproject_depth(
        depth, camera, camera, motion(1, 0.01, 0.01), target_distortion=folding, source_status=True
    )
    assert target.fates.outside_lens > 0
    assert target.source_status[0, 0] == FATES["outside_lens"]
    assert target.source_status[4, 4] == FATES["visible"]
    depth[4, 4], back = 0, np.diag([-1.0, 1, -1, 1])
    behind = reproject_depth(depth, camera, camera, back, target_distortion=folding)
    assert behind.fates.behind_camera == 80
    assert behind.fates.no_reading == 1
