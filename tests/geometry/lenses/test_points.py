import numpy as np
import pytest

from geometry import distort_points, undistort_points
from geometry.bands import band_count
from geometry.errors import InvalidInput
from geometry.lenses import POINT_STATUS, lens_model
from tests.geometry.lenses.cameras import LENSES, SIZE, K, grid
from tests.naive import lenses as naive

OK, FOLDED, BEHIND, _ = range(len(POINT_STATUS))
NEW_K = np.array([[175.0, -0.5, 125.0], [0.0, 162.0, 85.0], [0.0, 0.0, 1.0]])
R = np.array(naive.turn((0.3, 1.0, -0.2), 0.25))

every_lens = pytest.mark.parametrize("name", LENSES)


def wide():
    """Points of a view, far beyond the image, too."""
    return (grid() - K[:2, 2]) * 3 + K[:2, 2]


@every_lens
@pytest.mark.parametrize(("new_K", "turned"), [(None, None), (NEW_K, R)], ids=["same view", "another view"])
def test_distortion_is_as_defined(name, new_K, turned):
    model, k = LENSES[name]
    points = wide()
    got = distort_points(points, K, k, model=model, new_intrinsics=new_K, rotation=turned)
    radial = [*k[:2], 0, 0, *k[4:]] if model == "brown" else k
    expected = naive.distort(points, K, k, model, new_K, turned)
    kept = naive.distort(points, K, radial, model, new_K, turned)
    assert [p is None for p in expected] == [p is None for p in kept]
    for point, status, want in zip(got.points, got.status, expected, strict=True):
        if want is None:
            assert status != OK
            assert np.isnan(point).all()
        elif status == OK:
            # A few roundings of coordinates; near a pole they grow with the square of what comes out.
            size = np.abs(want).max()
            assert np.abs(point - want).max() <= 1e-11 + 2e-14 * size + 4e-15 * size**2 / K[0, 0]
        else:
            # Tangential parts fold where the radial one does not yet: the Jacobian says so.
            assert status == FOLDED
            assert model == "brown"


@every_lens
def test_distortion_and_back_gives_the_points(name):
    model, k = LENSES[name]
    points = wide()
    image = distort_points(points, K, k, model=model)
    seen = image.status == OK
    near = seen & (np.abs(image.points) < 5000).all(axis=1)
    assert near.sum() > 100
    back = undistort_points(image.points[near], K, k, model=model)
    slope = sensitivity(points[near], k, model)
    # Rounding of 1e-12 px, and what the lens makes of it: near the fold the inverse is as steep as one likes.
    assert (back.status[slope < 1e3] == OK).all()
    error = np.abs(back.points - points[near]).max(axis=1)
    assert (error <= 1e-12 * np.maximum(slope, 1) * 10).all()
    assert error[slope < 4].max() <= 1e-10


def sensitivity(points, k, model):
    """How many pixels the ideal point moves for one of the image, by differences."""
    step = 1e-4
    columns = [
        (distort_points(points + d, K, k, model=model).points - distort_points(points - d, K, k, model=model).points)
        / (2 * step)
        for d in (np.array([step, 0]), np.array([0, step]))
    ]
    jacobian = np.stack(columns, axis=-1)
    bad = ~np.isfinite(jacobian).all(axis=(1, 2))
    jacobian[bad] = np.eye(2) * 1e-12
    return 1 / np.linalg.svd(jacobian, compute_uv=False)[:, -1] + np.abs(points).max(axis=1) / 1e3


@every_lens
def test_image_points_have_an_ideal_point_that_is_seen_there(name):
    model, k = LENSES[name]
    points = grid()
    got = undistort_points(points, K, k, model=model, new_intrinsics=NEW_K, rotation=R)
    found = got.status == OK
    assert found.any()
    again = naive.distort(got.points[found], K, k, model, NEW_K, R)
    # Rotation and projection to 1e-15, as often as rays far from the axis are stretched.
    for want, have, at in zip(points[found], again, got.points[found], strict=True):
        assert np.abs(want - have).max() <= 1e-10 * max(1, np.abs(at).max() / 1e4)
    assert np.isnan(got.points[~found]).all()


@pytest.mark.parametrize("coefficients", [4, 5, 8])
def test_no_distortion_moves_nothing_by_a_bit(coefficients):
    points = wide()
    for function in (distort_points, undistort_points):
        got = function(points, K, np.zeros(coefficients))
        assert got.points.tobytes() == points.tobytes()
        assert not got.status.any()


def test_mirrored_solutions_are_refused():
    k = [-0.3, 0, 0, 0]
    # x (1 − 0.3 x²) is 0.6 at 0.7896 and, mirrored, at 1.3097; its maximum is 0.7027.
    intrinsics = np.diag([100.0, 100.0, 1.0])
    got = undistort_points([[60, 0], [70.2, 0], [70.3, 0], [0, -300], [50, 50]], intrinsics, k)
    assert got.status.tolist() == [OK, OK, FOLDED, FOLDED, FOLDED]
    x = got.points[0, 0] / 100
    assert x - 0.3 * x**3 == pytest.approx(0.6, abs=1e-15)
    assert x < 1
    assert np.isnan(got.points[2:]).all()
    assert distort_points([[100, 0], [106, 0]], intrinsics, k).status.tolist() == [OK, FOLDED]


def test_a_fold_is_approached_from_its_near_side():
    lens = lens_model("brown", [-0.42, 0.04, 1e-3, -1e-3])
    angle = np.linspace(0, 2 * np.pi, 40)
    for part in (0.5, 0.9, 0.98):
        ideal = part * np.sqrt(lens.limit) * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        image = distort_points(ideal, np.eye(3), lens.coefficients)
        assert not image.status.any()
        back = undistort_points(image.points, np.eye(3), lens.coefficients)
        assert not back.status.any()
        # 1e-16 over the slope of the radial part, 0.02 at the least.
        assert np.abs(back.points - ideal).max() <= 2e-14


def test_strong_tangential_parts_are_solved_or_refused():
    rng = np.random.default_rng(5)
    k = [-0.42, 0.04, 0.05, -0.04]
    seen = rng.uniform(-1.2, 1.2, (300, 2))
    got = undistort_points(seen, np.eye(3), k)
    ok = got.status == OK
    assert 50 < ok.sum() < 300
    again = np.array([naive.brown(*point, k) for point in got.points[ok].tolist()])
    # The solver's own bound.
    assert np.abs(again - seen[ok]).max() <= 2e-14


def test_a_fisheye_sees_behind_itself_and_a_turned_view_shows_it():
    k = [0.01, 0.002, 0.0, 0.0]
    intrinsics = np.array([[300.0, 0, 500], [0, 300, 500], [0, 0, 1]])
    theta = np.deg2rad([0, 60, 89, 91, 110])
    at = np.stack([500 + 300 * np.array([naive.radial(t, "fisheye", k) for t in theta]), np.full(5, 500.0)], axis=1)
    ahead = undistort_points(at, intrinsics, k, model="fisheye", new_intrinsics=np.eye(3))
    assert ahead.status.tolist() == [OK, OK, OK, BEHIND, BEHIND]
    # tan 89° is 57.3; a rounding of θ moves it by 3e3 of them.
    np.testing.assert_allclose(ahead.points[:3, 0], np.tan(theta[:3]), rtol=1e-12)
    right = np.array(naive.turn((0, 1, 0), -np.pi / 2))
    turned = undistort_points(at, intrinsics, k, model="fisheye", new_intrinsics=np.eye(3), rotation=right)
    assert not turned.status[1:].any()
    np.testing.assert_allclose(turned.points[1:, 0], np.tan(theta[1:] - np.pi / 2), atol=1e-13)
    back = distort_points(turned.points[1:], intrinsics, k, model="fisheye", new_intrinsics=np.eye(3), rotation=right)
    # A rounding of 1e3 px.
    np.testing.assert_allclose(back.points, at[1:], atol=1e-11)


def test_the_camera_does_not_see_behind_itself_through_an_ordinary_lens():
    half_turn = np.array(naive.turn((0, 1, 0), np.pi))
    got = distort_points([[160, 90], [0, 0]], K, [0.1, 0, 0, 0], rotation=half_turn)
    assert got.status.tolist() == [BEHIND, BEHIND]
    assert np.isnan(got.points).all()
    assert undistort_points([[160, 90]], K, [0.1, 0, 0, 0], rotation=half_turn).status.tolist() == [BEHIND]


def test_the_identity_gives_normalized_coordinates():
    got = undistort_points([[157.5, 87.5], [382.5, 87.5]], K, [0, 0, 0, 0], new_intrinsics=np.eye(3))
    # Differences of numbers near 1, each with a rounding.
    np.testing.assert_allclose(got.points, [[0, 0], [1, 0]], atol=1e-15)


@every_lens
def test_opencv_distorts_alike(name):
    cv2 = pytest.importorskip("cv2")
    model, k = LENSES[name]
    intrinsics = K * [[1, 0, 1], [1, 1, 1], [1, 1, 1]]  # it has no skew
    points = grid()
    got = distort_points(points, intrinsics, k, model=model)
    normalized = (points - K[:2, 2]) / [K[0, 0], K[1, 1]]
    if model == "fisheye":
        theirs = cv2.fisheye.distortPoints(normalized[:, None], intrinsics, np.array(k))
    else:
        rays = np.concatenate([normalized, np.ones((len(points), 1))], axis=1)
        theirs = cv2.projectPoints(rays, np.zeros(3), np.zeros(3), intrinsics, np.array(k))[0]
    ok = got.status == OK
    assert ok.sum() > 300
    # The same sums in another order, of coordinates up to 1e4 px.
    assert np.abs(got.points - theirs[:, 0])[ok].max() <= 1e-9


@pytest.mark.parametrize("model", ["brown", "fisheye"])
@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, 257, 700])
def test_points_do_not_depend_on_their_company(model, count):
    rng = np.random.default_rng(count)
    points = rng.uniform(-0.3, 1.3, (count, 2)) * SIZE
    k = [-0.42, 0.04, 1e-3, -1e-3]
    for function in (undistort_points, distort_points):
        with band_count(1):
            whole = function(points, K, k, model=model)
        assert whole.points.shape == (count, 2)
        assert whole.status.shape == (count,)
        with band_count(7):
            split = function(points, K, k, model=model)
        assert split.points.tobytes() == whole.points.tobytes()
        assert split.status.tobytes() == whole.status.tobytes()


@pytest.mark.jit
@pytest.mark.parametrize("model", ["brown", "fisheye"])
def test_points_of_any_magnitude_get_a_status(model):
    points = [[sign * 10.0**power, 10.0 ** (power / 2)] for power in range(-300, 301, 20) for sign in (1, -1)]
    for k in ([-0.3, 0.1, 1e-3, 1e-3], [0.3, 0.1, 0, 0], [1e90, -1e90, 1e90, 1e99]):
        for function in (undistort_points, distort_points):
            got = function(points, np.eye(3), k, model=model)
            assert (np.isfinite(got.points).all(axis=1) == (got.status == OK)).all()


@pytest.mark.parametrize("function", [undistort_points, distort_points])
@pytest.mark.parametrize(
    ("change", "argument"),
    [
        ({"points": [[1, 2, 3]]}, "points"),
        ({"points": [[1, np.nan]]}, "points/0/1"),
        ({"intrinsics": np.eye(4)}, "intrinsics"),
        ({"intrinsics": [[1, 0, 0], [0.5, 1, 0], [0, 0, 1]]}, "intrinsics/1/0"),
        ({"distortion": [1, 2]}, "distortion"),
        ({"model": "pinhole"}, "model"),
        ({"new_intrinsics": -np.eye(3)}, "new_intrinsics/0/0"),
        ({"rotation": np.eye(3) * 2}, "rotation"),
        ({"rotation": np.diag([1, 1, -1])}, "rotation"),
    ],
)
def test_errors_name_the_argument(function, change, argument):
    arguments = {"points": [[1, 2]], "intrinsics": K, "distortion": [0, 0, 0, 0]} | change
    if argument == "new_intrinsics/0/0":
        arguments["new_intrinsics"] = [[-1, 0, 0], [0, 1, 0], [0, 0, 1]]
    with pytest.raises(InvalidInput) as caught:
        function(arguments.pop("points"), arguments.pop("intrinsics"), arguments.pop("distortion"), **arguments)
    assert caught.value.argument == argument
