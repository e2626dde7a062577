import numpy as np
import pytest

from geometry import Degenerate, InvalidInput, homography_from_points
from tests.geometry.homographies.scenes import PERSPECTIVE, correspondences, mapped, unit
from tests.naive import homographies as naive

SQUARE = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]])


def random_quads(seed):
    """Four points near the corners of a picture, and four more: convex in the same order on both sides."""
    rng = np.random.default_rng(seed)
    corners = np.array([[0, 0], [640, 0], [640, 480], [0, 480]], float)
    return corners + rng.uniform(-120, 120, (4, 2)), corners + rng.uniform(-120, 120, (4, 2))


@pytest.mark.parametrize("seed", range(20))
def test_four_points_give_the_exact_homography(seed):
    source, target = random_quads(seed)
    found = homography_from_points(source, target)
    # Each entry is rounded three times: to a float, in the norm, by the division.
    np.testing.assert_allclose(found.homography, naive.unit(naive.four_point_homography(source, target)), rtol=1e-15)
    assert found.inliers.all()
    assert found.rms < 1e-12
    assert (found.iterations, found.steps, found.mirrored) == (0, 0, False)


def test_four_points_far_from_the_origin_are_still_exact():
    source, target = random_quads(1)
    source, target = source + np.array([5e5, 5e6]), np.round(target * 64) / 64 + np.array([4e6, -3e6])
    exact = naive.four_point_homography(source, target)
    # The scale of the naive solution is that of its last entry, whose sign may differ.
    found = homography_from_points(source, target).homography
    np.testing.assert_allclose(found * np.sign(found[2, 2]), naive.unit(exact), rtol=1e-15)


def test_a_homography_that_takes_the_origin_to_infinity_is_found():
    h = np.array([[1.0, 0, 5], [0, 2, 0], [1, 0, 0]])
    source = SQUARE + np.array([1, 2])
    found = homography_from_points(source, mapped(h, source)).homography
    assert found[2, 2] == pytest.approx(0, abs=1e-15)  # the targets are rounded
    np.testing.assert_allclose(found, unit(h), atol=1e-15)


@pytest.mark.parametrize("refine", ["symmetric", "reprojection", "none"])
@pytest.mark.parametrize("count", [5, 8, 200, 1000])
def test_exact_correspondences_give_their_homography(count, refine):
    source, target = correspondences(count, noise=0.0)
    found = homography_from_points(source, target, refine=refine)
    # Targets are rounded to 2⁻⁴⁴ px; a homography of five points may enlarge that a hundredfold, relative to 1 px.
    np.testing.assert_allclose(mapped(found.homography, source), target, atol=1e-10)
    np.testing.assert_allclose(found.homography, unit(PERSPECTIVE), atol=1e-12)
    assert found.rms < 1e-10


def test_the_scale_is_unit_norm_and_w_is_positive_at_the_points():
    for sign in (1, -1):
        source, target = correspondences(30)
        h = homography_from_points(source * sign, target).homography
        assert np.linalg.norm(h) == pytest.approx(1, abs=1e-15)
        assert (h[2, :2] @ (source * sign).T + h[2, 2] > 0).all()


def test_errors_are_the_symmetric_transfer_errors():
    source, target = correspondences(40, wrong=8)
    for method in ("least_squares", "ransac"):
        found = homography_from_points(source, target, method=method)
        expected = naive.transfer_errors(found.homography.tolist(), source, target)
        # Coordinates of 1000 px, differences at 2⁻⁵³ of that times a condition of about 100.
        np.testing.assert_allclose(found.error, expected, rtol=1e-9, atol=1e-9)
        assert found.rms == pytest.approx(np.sqrt(np.mean(found.error[found.inliers] ** 2)))


def test_a_correspondence_across_the_horizon_has_an_infinite_error():
    source, target = correspondences(40)
    h = homography_from_points(source, target).homography
    beyond = np.array([[-3 / 6e-5, 0.0]])  # w = 1 + 6e-5 x is −2 there
    assert h[2] @ [*beyond[0], 1] < 0
    source, target = np.r_[source, beyond], np.r_[target, mapped(h, beyond)]
    found = homography_from_points(source, target, method="ransac")
    assert found.error[-1] == np.inf
    assert not found.inliers[-1]


@pytest.mark.parametrize("refine", ["symmetric", "reprojection"])
def test_no_homography_near_the_refined_one_has_less_error(refine):
    source, target = correspondences(25, noise=2.0)

    def cost(h):
        forward = ((mapped(h, source) - target) ** 2).sum()
        return forward + (refine == "symmetric") * ((mapped(np.linalg.inv(h), target) - source) ** 2).sum()

    h = homography_from_points(source, target, refine=refine).homography
    least = cost(h)
    assert least < cost(homography_from_points(source, target, refine="none").homography)
    for k in range(9):
        for step in (1e-5, -1e-5):
            moved = h.reshape(9).copy()
            moved[k] *= 1 + step
            assert cost(moved.reshape(3, 3)) >= least


def test_the_order_of_the_points_does_not_matter():
    source, target = correspondences(50)
    order = np.random.default_rng(3).permutation(50)
    one, other = homography_from_points(source, target), homography_from_points(source[order], target[order])
    # The minimum is flat: a relative change of the cost of 1e-9, where the refinement ends, moves H by its root.
    np.testing.assert_allclose(one.homography, other.homography, atol=1e-7)
    np.testing.assert_allclose(one.error[order], other.error, atol=1e-4)


def test_moved_and_scaled_points_give_the_moved_homography():
    source, target = correspondences(50)
    move = np.array([[4.0, 0, 1000], [0, 4.0, -500], [0, 0, 1]])
    direct = homography_from_points(source, target).homography
    # A similarity of both sides scales all errors alike.
    moved = homography_from_points(mapped(move, source), mapped(move, target)).homography
    np.testing.assert_allclose(unit(np.linalg.inv(move) @ moved @ move), direct, atol=1e-7)


def test_swapped_sides_give_the_inverse():
    source, target = correspondences(50)
    there, back = homography_from_points(source, target), homography_from_points(target, source)
    np.testing.assert_allclose(unit(np.linalg.inv(there.homography)), back.homography, atol=1e-7)
    np.testing.assert_allclose(there.error, back.error, atol=1e-4)


def test_a_weight_of_two_counts_as_two_points():
    source, target = correspondences(12)
    weights = np.ones(12)
    weights[3] = 2
    weighted = homography_from_points(source, target, weights=weights)
    doubled = homography_from_points(np.r_[source, source[3:4]], np.r_[target, target[3:4]])
    np.testing.assert_allclose(weighted.homography, doubled.homography, atol=1e-7)
    assert weighted.rms == pytest.approx(doubled.rms, rel=1e-6)


@pytest.mark.parametrize("method", ["least_squares", "ransac"])
def test_a_weight_of_zero_takes_a_point_out(method):
    source, target = correspondences(12)
    wrong = np.r_[target, [[900.0, 3.0]]]
    weights = np.r_[np.ones(12), 0.0]
    found = homography_from_points(np.r_[source, [[5.0, 5.0]]], wrong, weights=weights, method=method)
    alone = homography_from_points(source, target, method=method)
    np.testing.assert_array_equal(found.homography, alone.homography)
    np.testing.assert_array_equal(found.inliers, np.r_[alone.inliers, False])
    assert found.error[-1] > 100


def test_a_mirrored_plane_is_found_and_said():
    source, target = correspondences(20)
    found = homography_from_points(source * [1, -1], target)
    assert found.mirrored
    assert found.rms < 2


@pytest.mark.parametrize("wrong", [0, 200, pytest.param(320, marks=pytest.mark.jit)])
def test_ransac_finds_the_right_correspondences(wrong):
    source, target = correspondences(400, wrong=wrong, noise=0.5)
    found = homography_from_points(source, target, method="ransac")
    assert found.inliers[wrong:].mean() > 0.98  # e² / (2 · 0.5²) is χ² of two degrees: 1 in 10⁷ passes 4 px
    assert found.inliers[:wrong].mean() < 0.02 if wrong else True
    right = homography_from_points(source[wrong:], target[wrong:])
    grid = np.stack(np.meshgrid([0.0, 960, 1920], [0.0, 540, 1080]), -1).reshape(-1, 2)
    # The fits differ by the few correspondences beyond the threshold.
    np.testing.assert_allclose(mapped(found.homography, grid), mapped(right.homography, grid), atol=0.5)


def test_inliers_are_those_within_the_threshold():
    source, target = correspondences(300, wrong=100)
    for threshold in (1.5, 3.0, 6.0):
        found = homography_from_points(source, target, method="ransac", threshold=threshold)
        np.testing.assert_array_equal(found.inliers, found.error <= threshold)


def test_ransac_repeats_itself_and_its_seed_matters_little():
    source, target = correspondences(300, wrong=150)
    first = homography_from_points(source, target, method="ransac", seed=7)
    again = homography_from_points(source, target, method="ransac", seed=7)
    other = homography_from_points(source, target, method="ransac", seed=8)
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert (first.inliers == other.inliers).mean() > 0.98


def test_ransac_without_wrong_correspondences_stops_early():
    source, target = correspondences(300, noise=0.1)
    found = homography_from_points(source, target, method="ransac")
    assert found.iterations <= 64
    assert found.inliers.all()


def test_ransac_draws_no_more_samples_than_allowed():
    source, target = correspondences(300, wrong=200)
    assert homography_from_points(source, target, method="ransac", iterations=50).iterations == 50


def test_ransac_of_four_points_takes_all():
    source, target = random_quads(0)
    found = homography_from_points(source, target, method="ransac")
    np.testing.assert_array_equal(found.homography, homography_from_points(source, target).homography)
    assert found.inliers.all()


@pytest.mark.parametrize("wrong", [0, 500])
def test_opencv_finds_the_same(wrong):
    cv2 = pytest.importorskip("cv2")
    source, target = correspondences(1000, wrong=wrong, noise=0.5)
    grid = np.stack(np.meshgrid([0.0, 960, 1920], [0.0, 540, 1080]), -1).reshape(-1, 2)
    if wrong:
        ours = homography_from_points(source, target, method="ransac")
        theirs, _ = cv2.findHomography(source, target, cv2.USAC_MAGSAC, 3.0)
        allowed = 0.3  # other weights of the same 500 correspondences at noise 0.5 px
    else:
        ours = homography_from_points(source, target, refine="reprojection")
        theirs, _ = cv2.findHomography(source, target)
        allowed = 1e-3  # OpenCV's refinement ends after ten steps
    np.testing.assert_allclose(mapped(ours.homography, grid), mapped(theirs, grid), atol=allowed)


@pytest.mark.parametrize("method", ["least_squares", "ransac"])
def test_the_inputs_are_left_alone(method):
    source, target = correspondences(30)
    before = source.copy(), target.copy()
    homography_from_points(source, target, method=method)
    np.testing.assert_array_equal(source, before[0])
    np.testing.assert_array_equal(target, before[1])


@pytest.mark.parametrize("method", ["least_squares", "ransac"])
@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize(
    ("points", "reason"),
    [
        ([[0, 0], [5, 0], [5, 5], [5, 5]], "coincident_points"),
        ([[0, 0], [5, 0], [0, 0], [5, 5], [0, 0], [5, 0]], "coincident_points"),
        ([[0, 0], [5, 0], [7, 0], [5, 5]], "collinear_points"),
        ([[0, 0], [0.1, 0.3], [0.2, 0.6], [0.3, 0.9]], "collinear_points"),
        ([[0.1 * i, 0.7 * i + 3] for i in range(9)], "collinear_points"),
    ],
)
def test_points_that_do_not_determine_a_homography_are_refused(points, reason, swap, method):
    points = np.array(points, float)
    other = np.random.default_rng(0).uniform(0, 100, points.shape)
    with pytest.raises(Degenerate) as caught:
        homography_from_points(*((other, points) if swap else (points, other)), method=method)
    assert caught.value.reason == reason


def test_all_but_one_point_on_a_line_are_refused():
    source = np.array([[i * 10.0, 0.0] for i in range(8)] + [[3.0, 40.0]])
    with pytest.raises(Degenerate) as caught:
        homography_from_points(source, mapped(PERSPECTIVE, source))
    assert caught.value.reason == "collinear_points"


def test_four_points_across_the_horizon_are_refused():
    with pytest.raises(Degenerate) as caught:
        homography_from_points(SQUARE, SQUARE[[0, 2, 1, 3]])
    assert caught.value.reason == "behind_camera"


def test_many_points_across_the_horizon_are_refused():
    h = np.array([[1.0, 0, 0], [0, 1, 0], [0.1, 0, 1]])
    source = np.random.default_rng(0).uniform(-30, 30, (20, 2))
    with pytest.raises(Degenerate) as caught:
        homography_from_points(source, mapped(h, source))
    assert caught.value.reason == "behind_camera"


def test_targets_that_only_a_singular_map_gives_are_refused():
    source = np.random.default_rng(0).uniform(1, 100, (20, 2))
    target = source / source.sum(axis=1, keepdims=True)  # all on u + v = 1; the origin goes to no point at all
    source[0], target[0] = [0.0, 0.0], [5.0, 5.0]
    with pytest.raises(Degenerate) as caught:
        homography_from_points(source, target, refine="none")
    assert caught.value.reason == "singular_homography"


@pytest.mark.parametrize("count", [5, 12, 100])
def test_random_correspondences_have_no_consensus(count):
    rng = np.random.default_rng(count)
    source, target = rng.uniform(0, 1000, (2, count, 2))
    with pytest.raises(Degenerate) as caught:
        homography_from_points(source, target, method="ransac", iterations=2000)
    assert caught.value.reason == "no_consensus"


def test_a_threshold_as_large_as_the_scene_finds_no_consensus():
    source, target = correspondences(50)
    with pytest.raises(Degenerate) as caught:
        homography_from_points(source / 2000, target / 2000, method="ransac")
    assert caught.value.reason == "no_consensus"


@pytest.mark.parametrize(
    ("argument", "options"),
    [
        ("source", {"source": SQUARE[:3], "target": SQUARE[:3]}),
        ("source", {"source": np.zeros((4, 3))}),
        ("source/2/1", {"source": [[0, 0], [1, 0], [1, np.nan], [0, 1]]}),
        ("target", {"target": np.zeros((5, 2))}),
        ("weights", {"weights": [1, 2, 3]}),
        ("weights", {"weights": [1, 2, 3, 0]}),
        ("weights/1", {"weights": [1, -2, 3, 4]}),
        ("method", {"method": "lmeds"}),
        ("refine", {"refine": "always"}),
        ("threshold", {"threshold": 0}),
        ("threshold", {"threshold": np.inf}),
        ("confidence", {"confidence": 1}),
        ("iterations", {"iterations": 0}),
        ("seed", {"seed": -1}),
    ],
)
def test_a_wrong_argument_is_named(argument, options):
    given = {"source": SQUARE, "target": SQUARE, **options}
    with pytest.raises(InvalidInput) as caught:
        homography_from_points(given.pop("source"), given.pop("target"), **given)
    assert caught.value.argument == argument


@pytest.mark.parametrize("scale", [1e-150, 1e150])
@pytest.mark.parametrize("count", [4, 30])
@pytest.mark.parametrize("method", ["least_squares", "ransac"])
def test_points_of_any_size_are_fitted(scale, count, method):
    source, target = correspondences(count, noise=0.0)
    found = homography_from_points(source * scale, target * scale, method=method, threshold=3 * scale)
    # Compared with numbers of usual size: the products above would overflow.
    usual = homography_from_points(source, target, method=method)
    rows, columns = np.array([1, 1, 1 / scale]), np.array([1 / scale, 1 / scale, 1])
    moved = found.homography / np.abs(found.homography).max() / rows[:, np.newaxis] / columns
    np.testing.assert_allclose(unit(moved / np.abs(moved).max()), usual.homography, atol=1e-12)
    np.testing.assert_array_equal(found.inliers, usual.inliers)


def test_sides_of_very_unlike_size_overflow_by_name():
    source, target = correspondences(30)
    with pytest.raises(Degenerate) as caught:
        homography_from_points(source * 1e150, target * 1e-150)
    assert caught.value.reason == "overflow"


def test_coordinates_whose_sums_overflow_are_refused_before_they_are_decomposed():
    source = [[0.0, 0.0], [1e308, 0.0], [-1.7e308, 3.0], [1e308, 3.0], [-1.0, 0.0], [1e308, 1e308]]
    target = [[3.0, -1.7e308], [0.0, 5e-324], [-1.0, 5e-324], [-1.7e308, -1.7e308], [1e-160, 1e160], [0.0, 1e160]]
    with np.errstate(over="ignore", invalid="ignore"), pytest.raises(Degenerate) as caught:
        homography_from_points(source, target)
    assert caught.value.reason == "overflow"
