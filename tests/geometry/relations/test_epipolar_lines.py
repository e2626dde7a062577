import numpy as np
import pytest

from geometry.errors import InvalidInput
from geometry.relations import LINE_STATUS, epipolar_lines, fundamental
from tests.geometry.cameras.scenes import cameras, relation
from tests.naive import points as naive
from tests.naive.cameras import determinant, exact

ROWS = np.array([[0.0, 0, 0], [0, 0, -1], [0, 1, 0]])  # matches lie on one row: y' = y


def names(found):
    return [LINE_STATUS[code] for code in found.status]


@pytest.mark.parametrize("points_in", ["left", "right"])
@pytest.mark.parametrize("pixel_center", ["integer", "half"])
@pytest.mark.usefixtures("bands")
def test_lines_and_segments_agree_with_their_definition(points_in, pixel_center):
    rng = np.random.default_rng(1)
    F = relation(*cameras(rng, 2))
    points = rng.uniform(-400, 1400, (101, 2))
    found = epipolar_lines(F, points, points_in=points_in, size=(1000, 777), pixel_center=pixel_center)
    edge = -0.5 if pixel_center == "integer" else 0.0
    box = (edge, edge, edge + 1000, edge + 777)
    seen = 0
    for m, point in enumerate(points):
        line = np.array(naive.line_of(F, point, points_in))
        line /= np.hypot(*line[:2])
        # a few roundings of coordinates up to 1400
        np.testing.assert_allclose(found.lines[m], line, rtol=1e-12, atol=1e-10)
        ends = sorted(naive.crossings(line, box))
        if len(ends) == 2:
            np.testing.assert_allclose(found.segments[m], ends, rtol=0, atol=1e-9)
            seen += 1
        else:
            assert not ends
            assert np.isnan(found.segments[m]).all()
        assert found.status[m] == (0 if ends else 1)
    assert 10 < seen < 101


def test_ends_lie_on_the_border_and_on_the_line():
    rng = np.random.default_rng(2)
    F = relation(*cameras(rng, 2))
    found = epipolar_lines(F, rng.uniform(0, 900, (200, 2)), size=(640, 480))
    ends = found.segments[found.status == 0]
    lines = found.lines[found.status == 0]
    residual = (np.concatenate([ends, np.ones((len(ends), 2, 1))], axis=2) * lines[:, np.newaxis]).sum(axis=2)
    assert np.abs(residual).max() < 1e-9  # roundings of products up to 1000
    inside = (ends >= -0.5) & (ends <= [639.5, 479.5])
    assert inside.all()
    assert (ends[:, 0, 0] <= ends[:, 1, 0]).all()


def test_lines_along_the_axes_are_clipped_too():
    columns = np.array([[0.0, 0, 1], [0, 0, 0], [-1, 0, 0]])
    row = epipolar_lines(ROWS, [[3.0, 2], [3, 5.5], [3, 5.6], [3, -0.6]], size=(8, 6))
    assert names(row) == ["ok", "ok", "outside", "outside"]  # the image ends at 5.5, its border belongs to it
    assert row.segments[0].tolist() == [[-0.5, 2], [7.5, 2]]
    column = epipolar_lines(columns, [[3.0, 2]], size=(8, 6))
    assert column.segments[0].tolist() == [[3, -0.5], [3, 5.5]]


@pytest.mark.parametrize("scale", [1.0, -1.0, 1e-300, -1e300])
def test_scale_of_the_matrix_does_not_matter_and_its_sign_is_kept(scale):
    found = epipolar_lines(scale * ROWS, [[3.0, 2]], size=(8, 6))
    assert (found.lines[0] == np.sign(scale) * np.array([0, -1, 2])).all()
    assert found.status[0] == 0


def test_epipoles_of_computed_matrices_have_no_line_and_points_beside_them_do():
    rng = np.random.default_rng(3)
    for _ in range(100):
        left, right = cameras(rng, 2)
        rows = exact(right)
        center = [(-1) ** k * determinant([row[:k] + row[k + 1 :] for row in rows]) for k in range(4)]
        x, y, w = (sum(a * b for a, b in zip(row, center, strict=True)) for row in exact(left))
        e = np.array([float(x / w), float(y / w)])
        found = epipolar_lines(fundamental(left, right), [e, e * (1 + 1e-9)], size=(1000, 700))
        assert names(found)[0] == "is_epipole"
        assert names(found)[1] in ("ok", "outside")


def test_an_epipole_has_no_line():
    exact = epipolar_lines([[0, -1, 40], [1, 0, -50], [-40, 50, 0]], [[50.0, 40]], size=(100, 80))
    assert names(exact) == ["is_epipole"]
    assert np.isnan(exact.lines).all()
    assert np.isnan(exact.segments).all()


def test_an_epipole_rounded_to_float64_is_known_as_one():
    # F = [e]ₓ with e rounded: F e cancels to the rounding of its products, not to 0
    rng = np.random.default_rng(4)
    for _ in range(200):
        x, y = rng.uniform(1, 2000, 2)
        F = np.array([[0, -1, y], [1, 0, -x], [-y, x, 0]]) / rng.uniform(1, 7)
        assert names(epipolar_lines(F, [[x, y]])) == ["is_epipole"]


def test_the_line_at_infinity_is_said_to_be_one():
    # A line with a = b = 0: the point (10, 20) sees the plane through the right centre parallel to its image.
    F = np.array([[1.0, 0, -10], [0, 1, -20], [0, 0, 5]])
    found = epipolar_lines(F, [[10.0, 20], [10, 19]], size=(100, 100))
    assert names(found) == ["at_infinity", "ok"]
    assert found.lines[0].tolist() == [0, 0, 1]
    assert np.isnan(found.segments[0]).all()


def test_every_point_may_have_its_own_matrix():
    rng = np.random.default_rng(5)
    matrices = rng.normal(size=(9, 3, 3))
    points = rng.normal(size=(9, 2))
    together = epipolar_lines(matrices, points, size=(3, 3))
    for m in range(9):
        alone = epipolar_lines(matrices[m], points[m : m + 1], size=(3, 3))
        for one, many in zip(alone, together, strict=True):
            np.testing.assert_array_equal(one[0], many[m])


def test_nothing_gives_nothing_and_no_size_no_segments():
    found = epipolar_lines(ROWS, np.zeros((0, 2)), size=(4, 4))
    assert [len(part) for part in found] == [0, 0, 0]
    found = epipolar_lines(ROWS, [[1.0, 2]])
    assert found.segments.shape == (0, 2, 2)
    assert found.status.tolist() == [0]


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ({"fundamental": np.zeros((3, 3))}, "fundamental"),
        ({"fundamental": np.stack([ROWS, 0 * ROWS])}, "fundamental/1"),
        ({"fundamental": ROWS[:2]}, "fundamental"),
        ({"fundamental": np.stack([ROWS] * 3)}, "fundamental"),
        ({"points": [[1.0, np.inf], [0, 0]]}, "points/0/1"),
        ({"points": [[1.0, 1], [0, 1e101]]}, "points/1/1"),
        ({"points": [1.0, 2.0]}, "points"),
        ({"points_in": "both"}, "points_in"),
        ({"size": (0, 3)}, "size"),
        ({"pixel_center": "corner"}, "pixel_center"),
    ],
)
def test_what_is_wrong_is_named(arguments, place):
    given = {"fundamental": ROWS, "points": [[1.0, 2], [3, 4]]} | arguments
    with pytest.raises(InvalidInput) as caught:
        epipolar_lines(given.pop("fundamental"), given.pop("points"), **given)
    assert caught.value.argument == place
