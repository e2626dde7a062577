import numpy as np
import pytest

from geometry.depth import depth_to_points
from geometry.errors import InvalidInput
from tests.naive import depth as naive

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
    ],
)
def test_what_makes_no_sense_is_named(arguments, place):
    given = {"depth": np.ones((2, 2)), "intrinsics": K} | arguments
    with pytest.raises(InvalidInput) as caught:
        depth_to_points(given.pop("depth"), given.pop("intrinsics"), **given)
    assert caught.value.argument == place
