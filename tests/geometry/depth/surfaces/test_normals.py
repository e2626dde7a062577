import numpy as np
import pytest

from geometry import InvalidInput, depth_normals, depth_to_points
from geometry.depth import NORMAL_STATUS
from tests.naive import depth_points as naive

K = np.array([[30.0, 0.25, 10.5], [0.0, 28.0, 7.25], [0.0, 0.0, 1.0]])
POSE = np.array([[0.0, -1, 0, 5], [0.6, 0, -0.8, -7], [0.8, 0, 0.6, 11], [0, 0, 0, 1]])
BROWN = ("brown", [-0.2, 0.05, 0.002, -0.001])
FISHEYE = ("fisheye", [0.05, -0.01, 0.002, -0.0005])


def plane(normal, distance, model="brown", k=None, kind="z", shape=(15, 21)):
    """Depth of the plane n·X = d, made with rays of the naive lens."""
    depth = np.full(shape, np.nan)
    for y in range(shape[0]):
        for x in range(shape[1]):
            ray = np.array([*naive.ray(K, x, y, model, k), 1.0])
            z = distance / (normal @ ray)
            depth[y, x] = (z * np.linalg.norm(ray) if kind == "ray" else z) if z > 0 else np.nan
    return depth


def scene(dtype="float64"):
    """Two slanted surfaces, noise, and pixels that hold everything that is no reading."""
    rng = np.random.default_rng(4)
    y, x = np.mgrid[:15, :21]
    depth = np.where(x + y < 18, 40 + 0.3 * x, 80 - 0.5 * y) + rng.uniform(0, 0.2, (15, 21))
    depth[3, 4:7] = 0
    depth[9, 9] = 65.0
    if np.dtype(dtype).kind == "f":
        depth[12, 3:8] = [np.nan, np.inf, -np.inf, -5, 1e-9]
    return depth.astype(dtype)


@pytest.mark.parametrize(
    ("dtype", "kind", "lens"),
    [
        *((dtype, "z", ("brown", None)) for dtype in ("uint8", "uint16", "int16", "int32", "float32")),
        *(("float64", kind, lens) for kind in ("z", "ray") for lens in (("brown", None), BROWN, FISHEYE)),
    ],
)
def test_agrees_with_the_pixel_by_pixel_definition(dtype, kind, lens, bands):
    model, k = lens
    depth = scene(dtype)
    found = depth_normals(depth, K, distortion=k, model=model, depth_kind=kind, no_reading=[65])
    wanted = naive.normals(depth, K, kind, model, k, (65,))
    assert found.normals.dtype == np.float32
    ok = found.status == NORMAL_STATUS.index("ok")
    assert np.array_equal(ok, np.isfinite(wanted[:, :, 0]))
    # float32; rays of the naive lens are right to 1e-13, and cross products divide by 1e-3 at least
    np.testing.assert_allclose(found.normals[ok], wanted[ok], rtol=0, atol=2.0**-23 + 1e-9)
    assert np.isnan(found.normals[~ok]).all()
    nothing = np.isnan(naive.camera_points(depth, K, no_reading=(65,))[:, :, 0])
    assert np.array_equal(found.status == NORMAL_STATUS.index("no_reading"), nothing)


@pytest.mark.parametrize("lens", [("brown", None), BROWN, FISHEYE], ids=["none", "brown", "fisheye"])
@pytest.mark.parametrize("kind", ["z", "ray"])
def test_normals_of_planes_are_exact(kind, lens):
    for slope in ([0.0, 0, -1], [0.3, -0.5, -0.8], [0.05, 0.9, -0.4]):
        normal = np.array(slope) / np.linalg.norm(slope)
        depth = plane(normal, -2.0, *lens, kind)
        found = depth_normals(depth, K, distortion=lens[1], model=lens[0], depth_kind=kind, max_jump=1.0)
        seen = found.status == 0
        assert seen.sum() > 100
        # differences of neighbours keep 1e-13 of the depth's 1e-16 over a spacing of 1e-3; then float32
        np.testing.assert_allclose(found.normals[seen] - normal.astype(np.float32), 0, atol=2.0**-23)


def test_normals_face_the_camera_and_turn_with_the_points():
    depth = scene()
    points = depth_to_points(depth, K).points
    plain = depth_normals(depth, K)
    ok = plain.status == 0
    assert ((plain.normals[ok] * points[ok]).sum(axis=1) < 0).all()
    np.testing.assert_allclose(np.linalg.norm(plain.normals[ok], axis=1), 1, atol=3 * 2.0**-24)  # three roundings
    turned = depth_normals(depth, K, transform=POSE)
    np.testing.assert_allclose(turned.normals[ok], plain.normals[ok] @ POSE[:3, :3].T, rtol=0, atol=2.0**-22)


def test_the_unit_of_depth_does_not_matter():
    plain = depth_normals(scene(), K)
    for unit in (2.0**-900, 2.0**900):
        scaled = depth_normals(scene() * unit, K)
        assert np.array_equal(scaled.normals, plain.normals, equal_nan=True)
        assert np.array_equal(scaled.status, plain.status)


def test_pixels_without_two_neighbours_on_their_surface_say_so():
    for shape in ((1, 1), (1, 6), (6, 1)):
        assert (depth_normals(np.ones(shape), K).status == NORMAL_STATUS.index("no_neighbours")).all()
    lone = np.full((5, 5), 9.0)
    lone[2, 2] = 2
    assert depth_normals(lone, K).status[2, 2] == NORMAL_STATUS.index("no_neighbours")


def test_what_a_lens_does_not_see_says_so():
    wide = np.array([[10.0, 0, 20], [0, 10, 0], [0, 0, 1]])
    status = depth_normals(np.ones((3, 41)), wide, distortion=[0.0] * 4, model="fisheye").status
    outside = np.hypot(np.arange(41) - 20, np.arange(3)[:, None]) > 10 * np.pi / 2
    assert np.array_equal(status == NORMAL_STATUS.index("outside_lens"), outside)


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ({"depth": [1.0]}, "depth"),
        ({"intrinsics": np.zeros((3, 3))}, "intrinsics/2/2"),
        ({"distortion": [1.0]}, "distortion"),
        ({"model": "wide"}, "model"),
        ({"transform": np.ones((4, 4))}, "transform/3"),
        ({"depth_kind": "Z"}, "depth_kind"),
        ({"no_reading": [[1]]}, "no_reading"),
        ({"max_jump": -0.1}, "max_jump"),
    ],
)
def test_what_makes_no_sense_is_named(arguments, place):
    given = {"depth": np.ones((2, 2)), "intrinsics": K} | arguments
    with pytest.raises(InvalidInput) as caught:
        depth_normals(given.pop("depth"), given.pop("intrinsics"), **given)
    assert caught.value.argument == place
