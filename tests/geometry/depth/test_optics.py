import numpy as np
import pytest

from geometry.depth.optics import camera_optics
from geometry.errors import InvalidInput
from tests.geometry.lenses.cameras import LENSES, K
from tests.naive import lenses as naive

FISHEYE = ("fisheye", [0.03, -0.012, 0.004, -0.0011])


def test_rays_without_a_lens_are_the_inverse_of_the_intrinsics():
    rays = camera_optics(K).rays(5, 7)
    wanted = [[naive.solved(K, x, y) for x in range(7)] for y in range(5)]
    np.testing.assert_allclose(rays, wanted, rtol=0, atol=1e-15)  # two roundings of numbers below 1


@pytest.mark.parametrize("name", LENSES)
def test_pixels_of_points_agree_with_the_definition(name):
    model, k = LENSES[name]
    rng = np.random.default_rng(1)
    points = rng.uniform(-1, 1, (60, 3)) * [1.2, 0.7, 1]
    points[:, 2] += 0.9
    found = camera_optics(K, k, model).pixels(points)
    before = points[:, 2] > 0
    wanted = np.full((60, 2), np.nan)
    flat = points[before, :2] / points[before, 2:]
    wanted[before] = [
        (np.nan, np.nan) if at is None else at for at in naive.distort(flat, K, k, model, new_K=np.eye(3))
    ]
    sound = np.isfinite(wanted[:, 0])
    assert sound.any()
    # the definition finds where a lens folds to 1e-4 of a radius: no point of these is that near
    assert np.array_equal(np.isfinite(found[:, 0]), sound)
    # polynomials of degree 7 or 9, condition below 100, of numbers below 1e4 px
    np.testing.assert_allclose(found[sound], wanted[sound], rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("name", LENSES)
def test_rays_lead_back_to_their_pixels(name):
    model, k = LENSES[name]
    optics = camera_optics(K / [[10], [10], [1]], k, model)
    rays = optics.rays(18, 32)
    seen = np.isfinite(rays).all(axis=2)
    assert seen.any()
    points = np.concatenate([rays[seen], np.ones((seen.sum(), 1))], axis=1) * 3
    y, x = np.nonzero(seen)
    # Newton's method ends at 1e-14 of coordinates; close to a fold a pixel is worth 1e4 times as many
    np.testing.assert_allclose(optics.pixels(points), np.stack([x, y], axis=1), rtol=0, atol=1e-7)


def test_a_lens_of_zeros_is_no_lens_but_a_fisheye_of_zeros_is_one():
    plain = camera_optics(K)
    assert camera_optics(K, [0.0] * 5).lens is None
    assert np.array_equal(camera_optics(K, [0.0] * 5).rays(4, 6), plain.rays(4, 6))
    assert camera_optics(K, [0.0] * 4, "fisheye").lens is not None


def test_rows_of_rays_are_rows_of_all_of_them():
    for optics in (camera_optics(K), camera_optics(K, FISHEYE[1], "fisheye")):
        assert np.array_equal(optics.ray_rows(3, 6, 8), optics.rays(9, 8)[3:6])
        assert optics.ray_rows(2, 2, 8).shape == (0, 8, 2)


def test_rays_come_in_blocks_without_a_seam(monkeypatch):
    optics = camera_optics(K, FISHEYE[1], "fisheye")
    whole = optics.rays(9, 8)
    monkeypatch.setattr("geometry.depth.optics._BLOCK_POINTS", 20)
    assert np.array_equal(optics.rays(9, 8), whole)


def test_a_fisheye_sees_nothing_with_depth_at_90_degrees_and_beyond():
    wide = np.array([[10.0, 0, 20], [0, 10, 0], [0, 0, 1]])  # π / 2 lies 15.7 px from the middle
    rays = camera_optics(wide, [0.0] * 4, "fisheye").rays(1, 41)[0]
    assert np.array_equal(np.isfinite(rays[:, 0]), np.abs(np.arange(41) - 20) <= 15)


@pytest.mark.parametrize(("model", "k"), [("brown", None), ("brown", [-0.2, 0.05, 0.0, 0.0]), FISHEYE])
def test_points_that_are_not_before_the_camera_have_no_pixel(model, k):
    points = np.array([[1.0, 1, 0], [1, 1, -2], [np.nan, 1, 1], [1, 1, np.nan], [1e300, 1, 1e-300], [0, 0, 1e-300]])
    seen = camera_optics(K, k, model).pixels(points)
    assert np.isnan(seen[:5]).all()
    np.testing.assert_allclose(seen[5], K[:2, 2], rtol=1e-15)  # one product with 0 and one sum
    assert camera_optics(K, k, model).pixels(np.empty((0, 3))).shape == (0, 2)


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ({"intrinsics": K.T}, "source_intrinsics/1/0"),
        ({"distortion": [0.1]}, "source_distortion"),
        ({"distortion": [0.1, np.nan, 0, 0]}, "source_distortion/1"),
        ({"distortion": [0.1] * 4, "model": "wide"}, "source_model"),
        ({"model": "wide"}, "source_model"),
    ],
)
def test_errors_name_the_arguments_as_the_caller_does(arguments, place):
    given = {"intrinsics": K} | arguments
    with pytest.raises(InvalidInput) as caught:
        camera_optics(given.pop("intrinsics"), **given, prefix="source_")
    assert caught.value.argument == place
