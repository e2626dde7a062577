import numpy as np
import pytest

from geometry import distort_points, undistort_points
from geometry.errors import Degenerate
from geometry.lenses import lens_view
from geometry.lenses.extent import view_intrinsics
from tests.geometry.lenses.cameras import LENSES, SIZE, K
from tests.naive import lenses as naive

every_lens = pytest.mark.parametrize("name", [name for name in LENSES if "folds" not in name])


def chosen(extent, model, k, source=SIZE, size=SIZE, rotation=None):
    view = lens_view(K, k, model=model, new_intrinsics=None, rotation=rotation)
    return view_intrinsics(view, extent, source, size)


def edge(width, height):
    x, y = np.arange(float(width)), np.arange(float(height))
    sides = [(x, 0 * x), (x, 0 * x + height - 1), (0 * y, y), (0 * y + width - 1, y)]
    return np.concatenate([np.stack(side, axis=1) for side in sides])


@every_lens
@pytest.mark.parametrize("size", [SIZE, (200, 210)], ids=str)
def test_all_just_holds_the_edge_of_the_image(name, size):
    model, k = LENSES[name]
    new_K = chosen("all", model, k, size=size)
    got = undistort_points(edge(*SIZE), K, k, model=model, new_intrinsics=new_K)
    assert not got.status.any()
    # A rounding of coordinates up to 1e3 px.
    np.testing.assert_allclose(got.points.min(axis=0), 0, atol=1e-10)
    np.testing.assert_allclose(got.points.max(axis=0), np.array(size) - 1, atol=1e-10)


@every_lens
@pytest.mark.parametrize("turned", [pytest.param(False, marks=pytest.mark.jit), True])
def test_valid_shows_nothing_but_the_image_and_touches_its_edge(name, turned):
    model, k = LENSES[name]
    R = np.array(naive.turn((1, 2, 0.5), 0.1)) if turned else None
    new_K = chosen("valid", model, k, rotation=R)
    got = distort_points(edge(*SIZE), K, k, model=model, new_intrinsics=new_K, rotation=R)
    assert not got.status.any()
    room = np.minimum(got.points, np.array(SIZE) - 1 - got.points).min()
    # Not outside, but for what masks let pass; within a pixel, the step in which sides are looked at.
    assert -(2.0**-30) <= room <= 1


def test_opencv_chooses_the_same_views():
    cv2 = pytest.importorskip("cv2")
    straight = K * [[1, 0, 1], [1, 1, 1], [1, 1, 1]]
    for name in ("barrel, 5", "pincushion, 5"):
        _, k = LENSES[name]
        for extent, alpha in (("all", 1), ("valid", 0)):
            view = lens_view(straight, k, model="brown", new_intrinsics=None, rotation=None)
            ours = view_intrinsics(view, extent, SIZE, SIZE)
            theirs, _ = cv2.getOptimalNewCameraMatrix(straight, np.array(k), SIZE, alpha)
            # It looks at nine points a side and stops its iteration at a hundredth of a pixel.
            np.testing.assert_allclose(ours, theirs, atol=2)


@pytest.mark.parametrize("extent", ["all", "valid"])
def test_an_edge_at_a_right_angle_has_no_place_in_a_flat_view(extent):
    view = lens_view([[20, 0, 50], [0, 20, 50], [0, 0, 1]], [0] * 4, model="fisheye", new_intrinsics=None,
                     rotation=None)  # fmt: skip
    with pytest.raises(Degenerate) as caught:
        view_intrinsics(view, extent, (101, 101), (101, 101))
    assert caught.value.reason == "behind_camera"


def test_all_refuses_an_edge_beyond_the_fold_and_valid_leaves_it_out():
    k = [-0.5, 0.0, 0.0, 0.0]
    with pytest.raises(Degenerate) as caught:
        chosen("all", "brown", k)
    assert caught.value.reason == "folded"
    new_K = chosen("valid", "brown", k)
    # The circle of the fold, radius √(2/3), bounds the view: its corners reach it.
    corners = np.array([[x, y, 1] for x in (0, SIZE[0] - 1) for y in (0, SIZE[1] - 1)]).T
    radii = np.hypot(*np.linalg.solve(new_K, corners)[:2])
    assert radii.max() == pytest.approx(np.sqrt(2 / 3), rel=1e-9)
    got = distort_points(edge(*SIZE), K, k, new_intrinsics=new_K)
    assert not got.status.any()


@pytest.mark.parametrize("extent", ["all", "valid"])
def test_a_line_of_pixels_has_no_view(extent):
    with pytest.raises(Degenerate) as caught:
        chosen(extent, "brown", [0, 0, 0, 0], source=(100, 1))
    assert caught.value.reason == "empty_view"


def test_a_camera_turned_away_has_no_view():
    R = np.array(naive.turn((0, 1, 0), np.pi))
    with pytest.raises(Degenerate) as caught:
        chosen("valid", "brown", [0.1, 0, 0, 0], rotation=R)
    assert caught.value.reason == "behind_camera"
