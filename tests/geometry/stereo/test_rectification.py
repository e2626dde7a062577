import numpy as np
import pytest

from geometry import distort_points, remap, triangulate
from geometry.errors import Degenerate, InvalidInput
from geometry.stereo import rectify_stereo
from tests.geometry.relations.test_fountain import camera
from tests.geometry.stereo.pairs import K_LEFT, K_RIGHT, SIZE, apply, project, scene, turn

R = turn(0.02, -0.05, 0.03)
BASELINES = {
    "right": np.array([-0.2, 0.01, 0.02]),
    "left": np.array([0.2, 0.01, 0.02]),
    "below": np.array([0.01, -0.3, 0.02]),
    "above": np.array([0.01, 0.3, 0.02]),
}
BROWN = ([-0.28, 0.09, 0.001, -0.0005, 0.0], [-0.25, 0.07, 0.0, 0.001])
FISHEYE = ([0.02, -0.01, 0.003, -0.001], [-0.01, 0.004, 0.0, 0.0])


def rectified(t, **options):
    return rectify_stereo(K_LEFT, K_RIGHT, R, t, SIZE, **options)


@pytest.mark.parametrize("where", BASELINES)
@pytest.mark.parametrize("pixel_center", ["integer", "half"])
def test_matches_lie_on_one_row_and_disparity_gives_depth(where, pixel_center):
    t, points = BASELINES[where], scene(1)
    found = rectified(t, pixel_center=pixel_center)
    left = apply(found.left_homography, project(K_LEFT, points))
    right = apply(found.right_homography, project(K_RIGHT, points @ R.T + t))
    axis = {"horizontal": 0, "vertical": 1}[found.axis]
    assert found.axis == ("horizontal" if where in ("left", "right") else "vertical")
    assert np.abs(left - right)[:, 1 - axis].max() < 1e-9  # roundings of coordinates of 100
    assert np.sign(found.baseline) == (1 if where in ("right", "below") else -1)
    assert abs(found.baseline) == pytest.approx(np.linalg.norm(t), rel=1e-12)
    disparity = (left - right)[:, axis]
    assert (np.sign(disparity) == np.sign(found.baseline)).all()
    inside = apply(found.disparity_to_depth, np.c_[left, disparity])
    np.testing.assert_allclose(inside, points @ found.left_rotation.T, rtol=1e-9, atol=1e-9)
    again = triangulate(np.stack([found.left_projection, found.right_projection]), np.stack([left, right]))
    np.testing.assert_allclose(again.points, inside, rtol=1e-9, atol=1e-9)


def test_projections_are_those_of_the_turned_cameras():
    t, points = BASELINES["right"], scene(2)
    found = rectified(t, zero_disparity=False)
    turned = np.c_[points @ found.left_rotation.T, np.ones(len(points))]
    for P, H, source in (
        (found.left_projection, found.left_homography, project(K_LEFT, points)),
        (found.right_projection, found.right_homography, project(K_RIGHT, points @ R.T + t)),
    ):
        np.testing.assert_allclose(project(P, turned), apply(H, source), rtol=0, atol=1e-9)
    assert found.left_projection[1, 2] == found.right_projection[1, 2]
    assert found.left_projection[0, 2] != found.right_projection[0, 2]
    left, right = (project(P, turned) for P in (found.left_projection, found.right_projection))
    depth = apply(found.disparity_to_depth, np.c_[left, (left - right)[:, 0]])
    np.testing.assert_allclose(depth, turned[:, :3], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("model", "lenses"), [("brown", BROWN), ("fisheye", FISHEYE)])
@pytest.mark.parametrize("pixel_center", ["integer", "half"])
def test_maps_show_where_the_lenses_show_the_rectified_pixels(model, lenses, pixel_center):
    options = {"left_distortion": lenses[0], "right_distortion": lenses[1], "model": model}
    found = rectified(BASELINES["right"], pixel_center=pixel_center, new_size=(32, 18), **options)
    centre = 0.5 if pixel_center == "half" else 0.0
    pixels = np.array([[0, 0], [31, 0], [16, 9], [5, 17]])
    for side, K, lens, P, rotation in (
        ("left", K_LEFT, lenses[0], found.left_projection, found.left_rotation),
        ("right", K_RIGHT, lenses[1], found.right_projection, found.right_rotation),
    ):
        whole = found.map_rows(side, 0, 18)
        assert whole.shape == (18, 32, 2)
        expected, status = distort_points(
            pixels + centre, K, lens, model=model, new_intrinsics=P[:, :3], rotation=rotation
        )
        assert not status.any()
        np.testing.assert_allclose(whole[pixels[:, 1], pixels[:, 0]], expected, rtol=0, atol=1e-9)
        assert np.array_equal(found.map_rows(side, 7, 11), whole[7:11])
    assert np.array_equal(found.left_map, found.map_rows("left", 0, 18))
    assert np.array_equal(found.right_map, found.map_rows("right", 0, 18))


@pytest.mark.parametrize("where", BASELINES)
@pytest.mark.parametrize("lenses", [(None, None), BROWN])
def test_alpha_0_shows_only_the_sources_and_just_so(where, lenses):
    options = {"left_distortion": lenses[0], "right_distortion": lenses[1], "new_size": (64, 36)}
    found = rectified(BASELINES[where], alpha=0, **options)
    assert found.left_roi == found.right_roi == (0, 0, 64, 36)
    ends = np.array([SIZE[0] - 1, SIZE[1] - 1])
    closest = []
    for points in (found.left_map, found.right_map):
        assert (points >= -1e-6).all()
        assert (points <= ends + 1e-6).all()
        closest.append(min(points.min(), (ends - points).min()))
    assert min(closest) < 1e-3  # one edge of one source is touched


@pytest.mark.parametrize("where", BASELINES)
def test_alpha_1_shows_all_of_the_sources_and_just_so(where):
    found = rectified(BASELINES[where], alpha=1, new_size=(64, 36))
    corners = np.array([[0, 0], [127, 0], [0, 71], [127, 71.0]])
    shown = np.concatenate([apply(found.left_homography, corners), apply(found.right_homography, corners)])
    room = np.concatenate([shown, np.array([63, 35]) - shown])
    assert room.min() == pytest.approx(0, abs=1e-6)
    between = rectified(BASELINES[where], alpha=0.25, new_size=(64, 36)).left_projection[0, 0]
    none = rectified(BASELINES[where], alpha=0, new_size=(64, 36)).left_projection[0, 0]
    assert between == pytest.approx(0.75 * none + 0.25 * found.left_projection[0, 0], rel=1e-12)


@pytest.mark.parametrize("lenses", [(None, None), BROWN])
@pytest.mark.parametrize("alpha", [None, 0.6, 1])
def test_valid_boxes_are_filled_and_cannot_grow(lenses, alpha):
    options = {"left_distortion": lenses[0], "right_distortion": lenses[1], "new_size": (64, 36)}
    found = rectified(turn(0, 0, 0.2) @ BASELINES["right"], alpha=alpha, **options)
    for box, points in ((found.left_roi, found.left_map), (found.right_roi, found.right_map)):
        valid = ((points >= -1e-9) & (points <= np.array(SIZE) - 1 + 1e-9)).all(axis=2)
        x, y, width, height = box
        assert valid[y : y + height, x : x + width].all()
        assert width * height > 0.5 * valid.sum()
        assert x == 0 or not valid[y : y + height, x - 1].all()
        assert y == 0 or not valid[y - 1, x : x + width].all()
        assert x + width == 64 or not valid[y : y + height, x + width].all()
        assert y + height == 36 or not valid[y + height, x : x + width].all()


def test_a_pair_that_is_rectified_already_stays_as_it_is():
    found = rectify_stereo(K_LEFT, K_LEFT, np.eye(3), [-0.1, 0, 0], SIZE)
    assert np.array_equal(found.left_rotation, np.eye(3))
    assert np.array_equal(found.right_rotation, np.eye(3))
    assert found.baseline == 0.1
    assert found.left_projection[0, 0] == K_LEFT[1, 1]


def test_remap_takes_the_maps():
    found = rectify_stereo(K_LEFT, K_RIGHT, R, BASELINES["right"], SIZE, new_size=(32, 18), alpha=0)
    picture = np.add.outer(np.arange(72.0), np.arange(128.0))
    warped = remap(picture, found.left_map)
    assert warped.mask.all()
    np.testing.assert_allclose(warped.image, found.left_map.sum(axis=2), rtol=0, atol=1e-3)  # remap steps in float32


def test_opencv_agrees():
    cv2 = pytest.importorskip("cv2")
    none = np.zeros(5)
    for t in BASELINES.values():
        found = rectified(t)
        theirs = cv2.stereoRectify(
            K_LEFT, none, K_RIGHT * [[1, 0, 1], [1, 1, 1], [1, 1, 1]], none, SIZE, R, t[:, np.newaxis], alpha=-1
        )
        plain = rectify_stereo(K_LEFT, K_RIGHT * [[1, 0, 1], [1, 1, 1], [1, 1, 1]], R, t, SIZE)
        for ours, other in zip(list(plain)[:2], theirs[:2], strict=True):
            np.testing.assert_allclose(ours, other, atol=1e-12)
        for ours, other in zip(list(plain)[2:], theirs[2:5], strict=True):
            np.testing.assert_allclose(ours, other, rtol=1e-6, atol=1e-4)  # corners are float32 there
        assert found.axis == plain.axis


@pytest.mark.jit  # looks at all pixels along the edges of large photographs
@pytest.mark.realdata
def test_surveyed_cameras_of_photographs_are_rectified(realdata):
    folder = realdata / "fountain-P11"
    projections = np.stack([camera(folder / f"{number:04d}.camera") for number in (4, 5)])
    from geometry import decompose_projection

    parts = decompose_projection(projections)
    rotation = parts.rotations[1] @ parts.rotations[0].T
    translation = parts.translations[1] - rotation @ parts.translations[0]
    found = rectify_stereo(*parts.intrinsics, rotation, translation, (3072, 2048), alpha=0)
    rng = np.random.default_rng(3)
    seen = np.c_[rng.uniform(-2, 2, (100, 2)), rng.uniform(5, 9, 100)]
    left = apply(found.left_homography, project(parts.intrinsics[0], seen))
    right = apply(found.right_homography, project(parts.intrinsics[1], seen @ rotation.T + translation))
    assert np.abs(left - right)[:, 1].max() < 1e-8  # roundings of coordinates of 3000
    depth = apply(found.disparity_to_depth, np.c_[left, (left - right)[:, 0]])
    np.testing.assert_allclose(depth, seen @ found.left_rotation.T, rtol=1e-9, atol=1e-9)


@pytest.mark.slow
@pytest.mark.realdata
def test_matches_in_rectified_photographs_lie_on_one_row(realdata):
    from PIL import Image
    from skimage.feature import SIFT, match_descriptors

    from geometry import decompose_projection

    folder = realdata / "fountain-P11"
    parts = decompose_projection(np.stack([camera(folder / f"{number:04d}.camera") for number in (4, 5)]))
    rotation = parts.rotations[1] @ parts.rotations[0].T
    translation = parts.translations[1] - rotation @ parts.translations[0]
    found = rectify_stereo(*parts.intrinsics, rotation, translation, (3072, 2048), new_size=(1152, 768))
    features = []
    for number, points in ((4, found.left_map), (5, found.right_map)):
        with Image.open(folder / f"{number:04d}.jpg") as picture:
            grey = np.asarray(picture.convert("L"))
        sift = SIFT(upsampling=1)
        sift.detect_and_extract(remap(grey, points).image)
        features.append(sift)
    pairs = match_descriptors(features[0].descriptors, features[1].descriptors, max_ratio=0.6, cross_check=True)
    rows = features[0].positions[pairs[:, 0], 0] - features[1].positions[pairs[:, 1], 0]
    assert len(pairs) > 200
    # the cameras' own error is 0.16 px of 3072 columns; these are 1152
    assert np.median(np.abs(rows)) < 0.25


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ({"left_intrinsics": np.eye(4)}, "left_intrinsics"),
        ({"right_intrinsics": -np.eye(3) * [1, 1, -1]}, "right_intrinsics/0/0"),
        ({"rotation": 2 * np.eye(3)}, "rotation"),
        ({"rotation": np.diag([1.0, 1, -1])}, "rotation"),
        ({"translation": [1.0, 2]}, "translation"),
        ({"size": (10, 0)}, "size"),
        ({"new_size": (0, 10)}, "new_size"),
        ({"left_distortion": [0.1]}, "left_distortion"),
        ({"right_distortion": [0.1, 0.2, 0.3]}, "right_distortion"),
        ({"model": "pinhole"}, "model"),
        ({"alpha": 1.5}, "alpha"),
        ({"alpha": np.nan}, "alpha"),
        ({"pixel_center": "corner"}, "pixel_center"),
    ],
)
def test_what_is_wrong_is_named(arguments, place):
    given = {
        "left_intrinsics": K_LEFT,
        "right_intrinsics": K_RIGHT,
        "rotation": R,
        "translation": BASELINES["right"],
        "size": SIZE,
    } | arguments
    data = [given.pop(name) for name in ("left_intrinsics", "right_intrinsics", "rotation", "translation", "size")]
    with pytest.raises(InvalidInput) as caught:
        rectify_stereo(*data, **given)
    assert caught.value.argument == place


def test_a_side_of_no_image_is_named():
    with pytest.raises(InvalidInput, match="side"):
        rectified(BASELINES["right"]).map_rows("middle", 0, 1)


@pytest.mark.parametrize(
    ("turned", "t", "options", "reason"),
    [
        (np.eye(3), [0, 0, 0], {}, "same_centre"),
        (np.eye(3), [0, 0, -1], {}, "epipole_in_image"),
        (np.eye(3), [0.1, 0.05, 1], {}, "epipole_in_image"),
        (turn(0, 1.2, 0), [0.1, 0, -1], {}, "epipole_in_image"),
        (np.diag([-1.0, 1, -1]), [1, 0, 0], {}, "opposite_views"),
        (turn(0, 2.4, 0), [-1, 0, 0.2], {"alpha": 1}, "behind_camera"),
        (turn(0, 2.9, 0), [-1, 0, 0], {"alpha": 0}, "empty_view"),
        (np.eye(3), [-1, 0, 0], {"alpha": 1, "left_distortion": [-2.0, 0, 0, 0]}, "folded"),
    ],
)
def test_what_cannot_be_rectified_says_why(turned, t, options, reason):
    with pytest.raises(Degenerate) as caught:
        rectify_stereo(K_LEFT, K_RIGHT, turned, t, SIZE, **options)
    assert caught.value.reason == reason


def test_a_view_that_sees_nothing_has_an_empty_box():
    found = rectify_stereo(K_LEFT, K_RIGHT, turn(0, 2.9, 0), [-1, 0, 0], SIZE)
    assert found.left_roi == (0, 0, 0, 0)
