"""Splats of exact depth beside the exact depth of the target, from cameras of a ring to their neighbours."""

import numpy as np
import pytest

from geometry.bands import band_count
from tests.scenes.raytraced import COURT, project, ring, trace
from tests.scenes.splats import SPLATS, neighbours, splatted, summary

pytestmark = pytest.mark.jit  # whole pictures
MODELS = (None, "brown", "fisheye")


def three_cameras(model):
    cameras = ring(96, 72, model=model)[:3]
    return cameras, [trace(COURT, camera) for camera in cameras]


@pytest.fixture(scope="module")
def straight():
    return three_cameras(None)


@pytest.fixture(scope="module", params=MODELS, ids=str)
def views(request):
    return three_cameras(request.param)


def pairs(views, splat, kind="z"):
    cameras, seen = views
    return [
        splatted(cameras[one], seen[one], cameras[other], seen[other], splat, depth_kind=kind)
        for one, other in ((0, 1), (1, 0), (1, 2))
    ]


def truths(views):
    return [views[1][number] for number in (1, 0, 2)]


def slopes(inverse):
    """The larger change of 1/z to a neighbour in the row, and in the column."""
    across, down = np.zeros(inverse.shape), np.zeros(inverse.shape)
    step = np.abs(np.diff(inverse, axis=1))
    across[:, :-1], across[:, 1:] = step, np.maximum(across[:, 1:], step)
    step = np.abs(np.diff(inverse, axis=0))
    down[:-1], down[1:] = step, np.maximum(down[1:], step)
    return across, down


def test_the_truth_is_seen_where_it_was_traced(views):
    for camera, seen in zip(*views, strict=True):
        pixels, z = project(camera, seen.points)
        column, row = np.meshgrid(np.arange(camera.width), np.arange(camera.height))
        # pixels come from undoing the lens, points go back through it: Newton's method ends at a few roundings
        np.testing.assert_allclose(pixels, np.stack([column, row], -1), rtol=0, atol=1e-10)
        np.testing.assert_allclose(z, seen.depth, rtol=1e-13)
        np.testing.assert_allclose(np.linalg.norm(seen.normals, axis=-1), 1, rtol=1e-12)


@pytest.mark.parametrize("kind", ["z", "ray"])
def test_triangles_are_exact_on_planes(views, kind):
    for found, truth in zip(pairs(views, "triangle", kind), truths(views), strict=True):
        where = found.right & found.planes & found.whole
        assert where.mean() > 0.3
        if views[0][0].model is None:
            # 1/z is linear in the image: what is left are some roundings of float64, times slopes of up to 0.1 per px
            bound = np.full(truth.depth.shape, 1e-12)
        else:
            # a lens bends lines: 1/8 of the second derivative, which is below 1 / f for these, times 8 for the
            # magnification of up to 2.8 from source to target
            bound = sum(slopes(1 / truth.depth)) * truth.depth / views[0][0].intrinsics[1, 1] + 1e-9
        assert (np.abs(found.error) <= bound)[where].all()


def test_the_nearest_reading_is_off_by_half_a_pixel_of_the_slope_at_most(straight):
    for found, truth in zip(pairs(straight, "nearest"), truths(straight), strict=True):
        where = found.right & found.planes & found.whole
        across, down = slopes(1 / truth.depth)
        # |z / z' − 1| = z |1/z' − 1/z|, where the reading z lies half a pixel from the centre in both directions
        bound = (across + down) / 2 * (1 + found.error) * truth.depth
        assert where.sum() > 500
        assert (np.abs(found.error) <= bound + 1e-8)[where].all()


def test_triangles_leave_the_fewest_holes_and_errors(views):
    nearest, bilinear, triangle = (summary(pairs(views, splat)) for splat in SPLATS)
    assert triangle["filled"] > 0.9 > nearest["filled"]
    assert triangle["wrong"] < 0.9 * nearest["wrong"]
    for where in ("planes", "spheres", "edges"):
        assert triangle[where] < 0.5 * min(bilinear[where], nearest[where])
        assert triangle[f"{where} 99 %"] < 0.5 * nearest[f"{where} 99 %"]


def test_colours_carried_by_triangles_are_nearer_to_those_of_the_scene(views):
    errors = {}
    for splat in SPLATS:
        differences = [
            np.abs(found.carried - truth.colours)[found.right & found.whole & (found.planes | found.spheres)]
            for found, truth in zip(pairs(views, splat), truths(views), strict=True)
        ]
        errors[splat] = np.median(np.concatenate(differences))
    assert errors["triangle"] < 0.5 * errors["nearest"]


def test_true_depth_gives_the_same_bytes_at_any_number_of_bands(views):
    results = []
    for bands in (1, 2, 7):
        with band_count(bands):
            results.append(pairs(views, "triangle")[0])
    for other in results[1:]:
        assert all(one.tobytes() == two.tobytes() for one, two in zip(results[0], other, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS, ids=str)
def test_twelve_cameras_see_what_their_neighbours_predict(model):
    cameras = ring(240, 180, model=model)
    seen = [trace(COURT, camera) for camera in cameras]
    figures = {
        splat: summary([splatted(cameras[i], seen[i], cameras[j], seen[j], splat) for i, j in neighbours(cameras)])
        for splat in SPLATS
    }
    nearest, triangle = figures["nearest"], figures["triangle"]
    assert triangle["filled"] > 0.95 > 0.9 > nearest["filled"]
    assert triangle["wrong"] < 0.7 * nearest["wrong"]
    assert triangle["planes"] < (1e-14 if model is None else 1e-5)
    assert triangle["spheres"] < 0.1 * nearest["spheres"]
    assert triangle["edges"] < 0.1 * nearest["edges"]
