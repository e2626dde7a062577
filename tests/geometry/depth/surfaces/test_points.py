import numpy as np
import pytest

from geometry.depth import depth_normals, depth_to_points
from geometry.errors import InvalidInput
from tests.naive import depth as naive
from tests.naive import depth_points as naive_points

K = np.array([[30.0, 0.25, 15.5], [0.0, 28.0, 11.25], [0.0, 0.0, 1.0]])
POSE = np.array([[0.0, -1, 0, 5], [0.6, 0, -0.8, -7], [0.8, 0, 0.6, 11], [0, 0, 0, 1]])
DTYPES = ("uint8", "uint16", "int16", "int32", "float32", "float64")


@pytest.mark.parametrize("kind", ["z", "ray"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_agrees_with_the_pixel_by_pixel_definition(dtype, kind, bands):
    depth = np.random.default_rng(1).uniform(0, 99, (13, 21)).astype(dtype)
    depth[3, :4] = [0, 77, 1, 2]
    if depth.dtype.kind == "f":
        depth[5, :5] = [np.nan, np.inf, -np.inf, -2, 1e-9]
    for transform in (None, POSE):
        found = depth_to_points(depth, K, transform=transform, depth_kind=kind, depth_scale=0.01, no_reading=(77,))
        wanted, valid = naive.points(depth, K, np.eye(4) if transform is None else POSE, kind, 0.01, (77,))
        wide = dtype in ("int32", "float64")
        assert found.points.dtype == (np.float64 if wide else np.float32)
        assert np.array_equal(found.valid, valid)
        assert found.valid.dtype == np.bool_
        # sums of four products of size up to 20, rounded in float64, then once to float32
        np.testing.assert_allclose(found.points, wanted, rtol=0, atol=1e-13 if wide else 20 * 2.0**-24)


def test_points_project_back_onto_their_pixels():
    depth = np.random.default_rng(2).uniform(1, 9, (17, 19))
    X = depth_to_points(depth, K).points
    assert np.array_equal(X[:, :, 2], depth)
    p = X @ K.T
    y, x = np.mgrid[:17, :19]
    np.testing.assert_allclose(p[:, :, 0] / p[:, :, 2], x, rtol=0, atol=1e-12)  # a few roundings of 30
    np.testing.assert_allclose(p[:, :, 1] / p[:, :, 2], y, rtol=0, atol=1e-12)


def test_rays_have_the_length_that_was_measured():
    depth = np.random.default_rng(3).uniform(1, 9, (5, 8))
    lengths = np.linalg.norm(depth_to_points(depth, K, depth_kind="ray").points, axis=2)
    np.testing.assert_allclose(lengths, depth, rtol=1e-15, atol=1e-14)


@pytest.mark.parametrize("lens", [("brown", [-0.2, 0.05, 0.002, -0.001]), ("fisheye", [0.05, -0.01, 0.002, -0.0005])])
@pytest.mark.parametrize("kind", ["z", "ray"])
@pytest.mark.parametrize("dtype", ["uint16", "float32", "float64"])
def test_points_through_a_lens_agree_with_the_definition(dtype, kind, lens, bands):
    model, k = lens
    depth = np.random.default_rng(6).uniform(0, 9, (11, 17)).astype(dtype)
    depth[3, :3] = [0, 7, 1]
    found = depth_to_points(
        depth, K, distortion=k, model=model, transform=POSE, depth_kind=kind, depth_scale=0.5, no_reading=[7]
    )
    X = naive_points.camera_points(depth, K, kind, model, k, (7,)) * 0.5
    wanted = X @ POSE[:3, :3].T + POSE[:3, 3]
    assert np.array_equal(found.valid, np.isfinite(wanted[:, :, 0]))
    # inverses of lenses to 1e-13; float32 rounds numbers up to 20 once
    atol = 1e-11 if dtype == "float64" else 20 * 2.0**-24
    np.testing.assert_allclose(found.points, wanted, rtol=0, atol=atol)


def test_blocks_of_rays_have_no_seams(monkeypatch):
    depth = np.random.default_rng(6).uniform(1, 9, (11, 17))
    given = {"distortion": [-0.2, 0.05, 0.002, -0.001], "normals": True, "max_jump": 9.0}
    whole = depth_to_points(depth, K, **given)
    monkeypatch.setattr("geometry.depth.optics._BLOCK_POINTS", 40)
    cut = depth_to_points(depth, K, **given)
    assert np.array_equal(cut.points, whole.points)
    assert np.array_equal(cut.normals, whole.normals, equal_nan=True)


def test_what_a_lens_does_not_see_has_no_point():
    wide = np.array([[10.0, 0, 20], [0, 10, 0], [0, 0, 1]])
    found = depth_to_points(np.ones((1, 41)), wide, distortion=[0.0] * 4, model="fisheye")
    assert np.array_equal(found.valid[0], np.abs(np.arange(41) - 20) <= 15)  # π / 2 lies 15.7 px from the middle
    assert np.array_equal(np.isfinite(found.points[0, :, 0]), found.valid[0])


@pytest.mark.parametrize("dtype", DTYPES)
def test_colours_are_the_pixels_of_the_image(dtype):
    depth = np.ones((3, 4), np.float32)
    image = np.arange(24).reshape(3, 4, 2).astype(dtype)
    found = depth_to_points(depth, K, image=image)
    assert found.colors.dtype == image.dtype
    assert np.array_equal(found.colors, image)
    assert depth_to_points(depth, K, image=image[:, :, 0]).colors.shape == (3, 4, 1)
    assert depth_to_points(depth, K).colors is None


def test_normals_are_those_of_depth_normals_and_come_when_asked_for():
    depth = np.random.default_rng(8).uniform(5, 5.1, (9, 8))
    given = {"transform": POSE, "depth_kind": "ray", "max_jump": 0.01}
    found = depth_to_points(depth, K, normals=True, **given).normals
    assert np.array_equal(found, depth_normals(depth, K, **given).normals, equal_nan=True)
    assert depth_to_points(depth, K).normals is None


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ({"depth": [1.0]}, "depth"),
        ({"intrinsics": K.T}, "intrinsics/1/0"),
        ({"intrinsics": np.eye(3) * [[-1], [1], [1]]}, "intrinsics/0/0"),
        ({"transform": np.ones((4, 4))}, "transform/3"),
        ({"depth_kind": "Z"}, "depth_kind"),
        ({"depth_scale": -1}, "depth_scale"),
        ({"no_reading": [[1]]}, "no_reading"),
        ({"distortion": [1.0]}, "distortion"),
        ({"model": "wide"}, "model"),
        ({"image": np.ones((3, 2))}, "image"),
        ({"image": np.ones((2, 2), complex)}, "image"),
        ({"normals": True, "max_jump": -1}, "max_jump"),
    ],
)
def test_what_makes_no_sense_is_named(arguments, place):
    given = {"depth": np.ones((2, 2)), "intrinsics": K} | arguments
    with pytest.raises(InvalidInput) as caught:
        depth_to_points(given.pop("depth"), given.pop("intrinsics"), **given)
    assert caught.value.argument == place
