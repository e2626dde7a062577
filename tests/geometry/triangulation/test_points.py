import numpy as np
import pytest

from geometry.errors import Degenerate, InvalidInput
from geometry.triangulation import TRIANGULATION_STATUS, triangulate
from tests.geometry.cameras.scenes import K, cameras, images, relation, scene
from tests.naive import points as naive

METHODS = ("optimal", "gauss_newton", "dlt")
UTM = (512_345.678, 5_412_345.678, 312.5)
ROW = np.array([[[800.0, 0, 320, -800 * x], [0, 800, 240, 0], [0, 0, 1, 0]] for x in (0.0, 1.0, 2.0)])


def names(found):
    return [TRIANGULATION_STATUS[code] for code in found.status]


def noisy(seed, views, count, sigma=1.0, origin=(0, 0, 0)):
    rng = np.random.default_rng(seed)
    projections, points = cameras(rng, views, origin), scene(rng, count, origin)
    return projections, points, images(projections, points) + rng.normal(0, sigma, (views, count, 2))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("views", [2, 3, 7])
@pytest.mark.usefixtures("bands")
def test_points_come_back_from_their_images(method, views):
    projections, points, seen = noisy(1, views, 41, 0.0)
    found = triangulate(projections, seen, method=method)
    # images are rounded to 1e-13 px; with 1000 px a radian and a baseline of 1/10 of the depth that is 1e-14 of 10
    np.testing.assert_allclose(found.points, points, rtol=0, atol=1e-11)
    assert names(found) == ["ok"] * 41
    assert found.error.max() < 1e-10
    assert (found.views == views).all()


def test_map_coordinates_lose_no_more_digits_than_the_projections_have():
    projections, points, seen = noisy(2, 3, 50, 0.0, UTM)
    # P holds t = −K R C ≈ 1e9 px to 1e-7, which moves a centre by 1e-10; results are rounded to 1e-9 at 5e6
    for method in METHODS:
        np.testing.assert_allclose(triangulate(projections, seen, method=method).points, points, rtol=0, atol=2e-7)


def test_a_millimetre_of_baseline_far_from_the_origin_is_enough():
    rng = np.random.default_rng(3)
    centers = np.array([[0.0, 0, 0], [0.001, 0, 0]])
    plain = np.stack([K @ np.c_[np.eye(3), -c] for c in centers])
    far = np.stack([np.c_[P[:, :3], P[:, 3] - P[:, :3] @ np.array([2.0**19, 2.0**22, 0])] for P in plain])
    points = scene(rng, 20) * 0.02
    found = triangulate(far, images(plain, points))
    # P's last column of 4e9 px is rounded to 5e-7 px, of 10 px between the two images
    np.testing.assert_allclose(found.points - [2.0**19, 2.0**22, 0], points, rtol=1e-5, atol=1e-8)
    assert names(found) == ["ok"] * 20


@pytest.mark.parametrize("sigma", [0.3, 5.0])
def test_two_views_reach_the_smallest_reprojection_error(sigma):
    projections, _, seen = noisy(4, 2, 60, sigma)
    F = relation(*projections)
    smallest = np.array([naive.nearest_pair(F, *pair) for pair in zip(*seen, strict=True)])
    for method in ("optimal", "gauss_newton"):
        found = triangulate(projections, seen, method=method)
        # the error is a mean over two views; the polynomial's roots are good to half the digits, the cost is flat there
        np.testing.assert_allclose(2 * found.error**2, smallest, rtol=1e-7, atol=1e-11)


@pytest.mark.parametrize("views", [2, 3, 6])
def test_no_point_nearby_has_a_smaller_error(views):
    projections, _, seen = noisy(5, views, 25, 2.0)
    found = triangulate(projections, seen)
    rng = np.random.default_rng(6)
    for m, point in enumerate(found.points):
        least = naive.squared_error(projections, seen[:, m], point)
        assert least == pytest.approx(views * found.error[m] ** 2, rel=1e-9)
        for step in (1e-3, 1e-5):
            # the cost grows by step² · (100 px / unit)² and more; its own rounding is 1e-12
            beside = [naive.squared_error(projections, seen[:, m], point + d) for d in rng.normal(0, step, (20, 3))]
            assert min(beside) > least


def test_least_squares_of_scipy_find_the_same_points():
    from scipy.optimize import least_squares

    projections, points, seen = noisy(7, 4, 8, 3.0)
    found = triangulate(projections, seen)
    for m in range(8):
        solved = least_squares(
            lambda x, m=m: (images(projections, x[np.newaxis])[:, 0] - seen[:, m]).ravel(),
            points[m],
            xtol=1e-15,
            gtol=1e-15,
            ftol=1e-15,
        )
        # scipy differentiates numerically, to about 1e-8 of the step
        np.testing.assert_allclose(found.points[m], solved.x, rtol=0, atol=1e-6)


def test_dlt_is_the_singular_vector_of_its_equations():
    # with the origin among the cameras already and their widest distance 1
    projections = np.stack([K @ np.c_[np.eye(3), [s, 0, 0]] for s in (1.0, -1.0)])
    rng = np.random.default_rng(8)
    seen = images(projections, scene(rng, 20)) + rng.normal(0, 2, (2, 20, 2))
    found = triangulate(projections, seen, method="dlt")
    unit = 2.0  # the power of two above 1
    for m in range(20):
        local = [np.c_[P[:, :3], P[:, 3] / unit] for P in projections]
        vector = naive.linear_point(local, seen[:, m])
        np.testing.assert_allclose(found.points[m], unit * vector[:3] / vector[3], rtol=1e-9)


def test_covariance_and_parallax_agree_with_their_definition():
    projections, _, seen = noisy(9, 3, 10)
    centers = [-np.linalg.solve(P[:, :3], P[:, 3]) for P in projections]
    found = triangulate(projections, seen, sigma=0.7)
    for m, point in enumerate(found.points):
        expected = naive.covariance(projections, point, 0.7)
        # central differences with a step of 1e-6: rounding 1e-13 px / 1e-6 of derivatives of 100
        np.testing.assert_allclose(found.covariance[m], expected, rtol=1e-5, atol=1e-6 * np.abs(expected).max())
        assert found.parallax[m] == pytest.approx(naive.widest_angle(centers, point), rel=1e-9)


def test_points_scatter_as_their_covariance_says():
    rng = np.random.default_rng(10)
    projections, point = cameras(rng, 3), scene(rng, 1)
    seen = images(projections, point) + rng.normal(0, 0.5, (3, 1500, 2))
    found = triangulate(projections, seen, sigma=0.5)
    difference = found.points - point
    squared = np.einsum("mi,mij,mj->m", difference, np.linalg.inv(found.covariance), difference)
    assert squared.mean() == pytest.approx(3, rel=0.1)  # chi square with 3 degrees: σ of the mean is 0.063


def test_views_that_do_not_see_a_point_have_no_say():
    projections, _, seen = noisy(11, 5, 30)
    rng = np.random.default_rng(12)
    hidden = rng.random((5, 30)) < 0.4
    partly = np.where(hidden[:, :, np.newaxis], np.nan, seen)
    partly[2, 3, 0] = np.nan  # half a point is none
    hidden[2, 3] = True
    found = triangulate(projections, partly)
    for m in range(30):
        kept = ~hidden[:, m]
        assert found.views[m] == kept.sum()
        if kept.sum() < 2:
            assert names(found)[m] == "too_few_views"
            assert np.isnan(found.points[m]).all()
        else:
            alone = triangulate(projections[kept], seen[kept][:, m : m + 1])
            # the world's origin is among other cameras: other roundings
            np.testing.assert_allclose(found.points[m], alone.points[0], rtol=1e-9)


def test_scale_and_sign_of_projections_do_not_matter():
    projections, _, seen = noisy(13, 3, 20)
    plain = triangulate(projections, seen)
    for scales in ((-1, 1, 1), (1e150, -1e-150, 3), (1e-300, 1e-300, 1e300)):
        scaled = triangulate(projections * np.array(scales, float)[:, np.newaxis, np.newaxis], seen)
        np.testing.assert_allclose(scaled.points, plain.points, rtol=1e-9)
        assert np.array_equal(scaled.status, plain.status)


def test_a_change_of_the_world_moves_the_points_with_it():
    projections, _, seen = noisy(14, 3, 20)
    angle, move = 0.7, np.array([3.0, -2, 5])
    R = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    change = np.eye(4)
    change[:3, :3], change[:3, 3] = R, move
    plain = triangulate(projections, seen)
    turned = triangulate(projections @ np.linalg.inv(change), seen)
    np.testing.assert_allclose(turned.points, plain.points @ R.T + move, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(turned.covariance, R @ plain.covariance @ R.T, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_what_has_no_point_says_why(method):
    none = [np.nan, np.nan]
    seen = np.array(
        [
            [[320.0, 240], [400, 240], [400, 240], none, [240, 240]],
            [[320, 240], [240, 240], none, none, [320, 240]],
            [[320, 240], none, none, none, none],
        ]
    )
    found = triangulate(ROW, seen, method=method)
    assert names(found) == ["parallel_rays", "ok", "too_few_views", "too_few_views", "behind_camera"]
    gone = [0, 2, 3]
    for part in found[:4]:
        assert np.isnan(part[gone]).all()
        assert not np.isnan(part[[1, 4]]).any()
    assert found.points[1] == pytest.approx([0.5, 0, 5])
    assert found.points[4] == pytest.approx([1, 0, -10])


@pytest.mark.parametrize("method", METHODS)
def test_cameras_in_one_place_see_no_depth(method):
    turned = K @ np.array([[0.6, 0, -0.8], [0, 1, 0], [0.8, 0, 0.6]]) @ np.c_[np.eye(3), [-1.0, -2, -3]]
    there = K @ np.c_[np.eye(3), [-1.0, -2, -3]]
    away = K @ np.c_[np.eye(3), [0.0, -2, -3]]
    points = np.array([[2.0, 3, 9]])
    three = np.stack([there, turned, away])
    seen = images(three, points)
    assert names(triangulate(three[:2], seen[:2], method=method)) == ["same_centre"]
    assert names(triangulate(three, seen, method=method)) == ["ok"]
    seen[2] = np.nan
    assert names(triangulate(three, seen, method=method)) == ["same_centre"]


@pytest.mark.parametrize("method", METHODS)
def test_points_on_the_baseline_are_anywhere_on_it(method):
    forward = np.stack([K @ np.c_[np.eye(3), [0.0, 0, -z]] for z in (0, 1, 2)])
    seen = np.broadcast_to(K[:2, 2], (3, 1, 2))
    assert names(triangulate(forward, seen, method=method)) == ["on_baseline"]
    aside = np.concatenate([forward, [K @ np.c_[np.eye(3), [-1.0, 0, 0]]]])
    point = np.array([[0, 0, 5.0]])
    found = triangulate(aside, images(aside, point), method=method)
    assert names(found) == ["ok"]
    np.testing.assert_allclose(found.points, point, atol=1e-11)


def test_small_parallax_is_marked_where_asked_for():
    far = np.array([[0.0, 0, 1e4]])
    seen = images(ROW, far)
    assert names(triangulate(ROW, seen)) == ["ok"]
    found = triangulate(ROW, seen, min_parallax=1e-3)
    assert names(found) == ["small_parallax"]
    assert found.parallax[0] == pytest.approx(2e-4, rel=1e-6)
    assert found.points[0] == pytest.approx(far[0], rel=1e-9)


def test_points_far_beyond_the_baseline_are_found_and_the_farthest_are_at_infinity():
    for distance, expected in ((1e6, "ok"), (1e14, "parallel_rays")):
        found = triangulate(ROW, images(ROW, [[0.3 * distance, 0, distance]]))
        assert names(found) == [expected]
    assert triangulate(ROW, images(ROW, [[3e5, 0, 1e6]])).points[0] == pytest.approx([3e5, 0, 1e6], rel=1e-6)


def test_wild_matches_do_not_fail_the_call():
    rng = np.random.default_rng(15)
    projections = cameras(rng, 4)
    seen = rng.uniform(-2000, 3000, (4, 60, 2))
    seen[:, :10] *= 1e90
    for method in METHODS:
        found = triangulate(projections, seen, method=method)
        solid = np.isin(found.status, [0, 5, 6])
        assert np.isfinite(found.points[solid]).all()


def test_nothing_gives_nothing():
    assert triangulate(ROW, np.zeros((3, 0, 2))).points.shape == (0, 3)
    assert names(triangulate(np.zeros((0, 3, 4)), np.zeros((0, 2, 2)))) == ["too_few_views"] * 2
    assert names(triangulate(ROW[:1], np.zeros((1, 2, 2)))) == ["too_few_views"] * 2


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ({"projections": ROW[0]}, "projections"),
        ({"points": np.zeros((2, 1, 2))}, "points"),
        ({"points": np.full((3, 1, 2), np.inf)}, "points/0/0/0"),
        ({"method": "midpoint"}, "method"),
        ({"sigma": 0.0}, "sigma"),
        ({"sigma": np.nan}, "sigma"),
        ({"min_parallax": -0.1}, "min_parallax"),
    ],
)
def test_what_is_wrong_is_named(arguments, place):
    given = {"projections": ROW, "points": np.zeros((3, 1, 2))} | arguments
    with pytest.raises(InvalidInput) as caught:
        triangulate(given.pop("projections"), given.pop("points"), **given)
    assert caught.value.argument == place


def test_a_camera_at_infinity_is_refused_by_name():
    affine = np.array([[1.0, 0, 0, 3], [0, 1, 0, 4], [0, 0, 0, 1]])
    with pytest.raises(Degenerate) as caught:
        triangulate(np.stack([ROW[0], affine]), np.zeros((2, 1, 2)))
    assert caught.value.reason == "camera_at_infinity"
    assert "projections/1" in caught.value.detail
    with pytest.raises(Degenerate) as caught:
        triangulate(np.stack([np.zeros((3, 4)), affine]), np.zeros((2, 1, 2)))
    assert caught.value.reason == "rank_deficient"
