import numpy as np
import pytest

from geometry.errors import InvalidInput
from geometry.relations import DISTANCE_STATUS, epipolar_distance
from tests.geometry.cameras.scenes import cameras, images, relation, scene
from tests.naive import points as naive

ROWS = np.array([[0.0, 0, 0], [0, 0, -1], [0, 1, 0]])
FORWARD = np.array([[0.0, -1, 40], [1, 0, -50], [-40, 50, 0]])  # both epipoles at (50, 40)
KINDS = ("sampson", "symmetric", "left", "right", "reprojection")


def names(found):
    return [DISTANCE_STATUS[code] for code in found.status]


def noisy(seed, count, sigma=1.0):
    rng = np.random.default_rng(seed)
    pair = cameras(rng, 2)
    left, right = images(pair, scene(rng, count)) + rng.normal(0, sigma, (2, count, 2))
    return relation(*pair), left, right


@pytest.mark.parametrize("kind", KINDS[:4])
@pytest.mark.usefixtures("bands")
def test_distances_agree_with_their_definition(kind):
    F, left, right = noisy(1, 601)
    found = epipolar_distance(F, left, right, kind=kind)
    expected = [naive.distances(F, *pair)[kind] for pair in zip(left, right, strict=True)]
    # the residual is a difference of products up to 1e3 px, rounded to 1e-13 of them
    np.testing.assert_allclose(found.distances, expected, rtol=1e-11, atol=1e-10)
    assert not found.status.any()


@pytest.mark.parametrize("sigma", [0.1, 3.0, 60.0])
def test_reprojection_is_the_smallest_of_all_stationary_points(sigma):
    F, left, right = noisy(2, 150, sigma)
    found = epipolar_distance(F, left, right, kind="reprojection", squared=True)
    expected = [naive.nearest_pair(F, *pair) for pair in zip(left, right, strict=True)]
    assert not found.status.any()
    # roots of a polynomial of degree 6 are good to about half the digits, the cost at them is flat
    np.testing.assert_allclose(found.distances, expected, rtol=1e-6, atol=1e-12)


def test_sampson_is_the_first_order_of_reprojection():
    F, left, right = noisy(3, 200, 1e-3)
    sampson, exact = (epipolar_distance(F, left, right, kind=kind).distances for kind in ("sampson", "reprojection"))
    # relative difference of second order in noise / distance from the epipole: (1e-3 / 100)²; then roundings of 1e-10
    np.testing.assert_allclose(sampson, exact, rtol=1e-5, atol=1e-10)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scale", [-1.0, 1e-200, 1e200])
def test_scale_and_sign_of_the_matrix_do_not_matter(kind, scale):
    F, left, right = noisy(4, 50)
    plain, scaled = (epipolar_distance(f * F, left, right, kind=kind).distances for f in (1.0, scale))
    np.testing.assert_allclose(scaled, plain, rtol=1e-9)  # the scaled entries are rounded anew


@pytest.mark.parametrize("kind", KINDS)
def test_swapping_the_images_transposes_the_matrix(kind):
    F, left, right = noisy(5, 50)
    other = {"left": "right", "right": "left"}.get(kind, kind)
    one = epipolar_distance(F, left, right, kind=kind).distances
    two = epipolar_distance(F.T, right, left, kind=other).distances
    np.testing.assert_allclose(one, two, rtol=1e-9, atol=1e-10)


def test_squares_are_squares_and_known_values_hold():
    found = epipolar_distance(ROWS, [[10.0, 5]], [[3.0, 8]], kind="symmetric", squared=True)
    assert found.distances == pytest.approx(18, rel=1e-14)  # 3² + 3²
    assert epipolar_distance(ROWS, [[10.0, 5]], [[3.0, 8]]).distances == pytest.approx(3 / np.sqrt(2))
    assert epipolar_distance(ROWS, [[10.0, 5]], [[3.0, 8]], kind="reprojection").distances == pytest.approx(
        3 / np.sqrt(2)
    )


def test_epipoles_have_no_distance():
    e, x = [50.0, 40], [60.0, 45]
    table = {
        "sampson": ["is_epipole", "ok", "ok"],
        "symmetric": ["is_epipole", "is_epipole", "is_epipole"],
        "left": ["is_epipole", "ok", "is_epipole"],
        "right": ["is_epipole", "is_epipole", "ok"],
        "reprojection": ["is_epipole", "ok", "ok"],
    }
    for kind, expected in table.items():
        found = epipolar_distance(FORWARD, [e, e, x], [e, x, e], kind=kind)
        assert names(found) == expected, kind
        assert np.array_equal(np.isnan(found.distances), np.array(expected) == "is_epipole")
        assert np.abs(found.distances[found.status == 0]).max(initial=0) == 0


def test_lines_at_infinity_are_infinitely_far():
    F = np.array([[1.0, 0, -10], [0, 1, -20], [0, 0, 5]])
    found = epipolar_distance(F, [[10.0, 20]], [[3.0, 4]], kind="right")
    assert names(found) == ["at_infinity"]
    assert found.distances.tolist() == [np.inf]


@pytest.mark.parametrize("kind", KINDS)
def test_entries_far_below_the_largest_are_not_lost(kind):
    # In units of 1e-60 px the constraint y' = y has entries of 1e-60 beside 1.
    plain = epipolar_distance(ROWS, [[10.0, 5]], [[3.0, 8]], kind=kind).distances
    place = np.diag([1e60, 1e60, 1.0])
    tiny = epipolar_distance(
        np.linalg.inv(place) @ ROWS @ np.linalg.inv(place), [[1e61, 5e60]], [[3e60, 8e60]], kind=kind
    )
    np.testing.assert_allclose(tiny.distances, 1e60 * plain, rtol=1e-12)
    assert names(tiny) == ["ok"]


def test_every_pair_may_have_its_own_matrix():
    rng = np.random.default_rng(6)
    matrices, left, right = rng.normal(size=(9, 3, 3)), rng.normal(size=(9, 2)), rng.normal(size=(9, 2))
    for kind in KINDS:
        together = epipolar_distance(matrices, left, right, kind=kind).distances
        alone = [epipolar_distance(matrices[m], left[m : m + 1], right[m : m + 1], kind=kind)[0][0] for m in range(9)]
        np.testing.assert_allclose(together, alone, rtol=1e-12)


def test_nothing_gives_nothing():
    found = epipolar_distance(ROWS, np.zeros((0, 2)), np.zeros((0, 2)))
    assert found.distances.shape == found.status.shape == (0,)


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ({"fundamental": np.zeros((3, 3))}, "fundamental"),
        ({"left": [[1.0, np.nan]]}, "left/0/1"),
        ({"right": [[-1e101, 0]]}, "right/0/0"),
        ({"right": [[1.0, 2], [3, 4]]}, "right"),
        ({"kind": "algebraic"}, "kind"),
    ],
)
def test_what_is_wrong_is_named(arguments, place):
    given = {"fundamental": ROWS, "left": [[1.0, 2]], "right": [[3.0, 4]]} | arguments
    with pytest.raises(InvalidInput) as caught:
        epipolar_distance(given.pop("fundamental"), given.pop("left"), given.pop("right"), **given)
    assert caught.value.argument == place
