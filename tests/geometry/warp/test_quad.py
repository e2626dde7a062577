import numpy as np
import pytest

from geometry import Degenerate, InvalidInput, crop_quad, warp_perspective
from geometry.warp import quad_layout
from tests.geometry.homographies.scenes import mapped
from tests.naive import homographies as naive

QUAD = np.array([[4.0, 3.0], [30.0, 5.0], [33.0, 25.0], [2.0, 22.0]])


def picture(shape=(29, 37), seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def seen_rectangle(ratio, focal, tilt, size=(640, 480), turn=0.3):
    """Corners of a rectangle as a camera sees it, its axis through the image's centre."""
    corners = np.array([[-ratio, -1], [ratio, -1], [ratio, 1], [-ratio, 1]])
    ca, sa, cb, sb = np.cos(tilt[0]), np.sin(tilt[0]), np.cos(tilt[1]), np.sin(tilt[1])
    R = np.array([[1, 0, 0], [0, ca, -sa], [0, sa, ca]]) @ np.array([[cb, 0, sb], [0, 1, 0], [-sb, 0, cb]])
    R = R @ np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    points = np.c_[corners, np.zeros(4)] @ R.T + [0.2, -0.1, 6.0]
    return focal * points[:, :2] / points[:, 2:] + (np.array(size) - 1) / 2


def test_an_upright_rectangle_is_its_crop():
    image = picture((12, 17, 3))
    found = crop_quad(image, [[3, 2], [10, 2], [10, 8], [3, 8]])
    assert found.size == (8, 7)
    np.testing.assert_array_equal(found.image, image[2:9, 3:11])
    assert found.mask.all()
    edges = crop_quad(image, [[2.5, 1.5], [10.5, 1.5], [10.5, 8.5], [2.5, 8.5]], corners_at="edges")
    np.testing.assert_array_equal(edges.image, image[2:9, 3:11])
    halves = crop_quad(image, [[3, 2], [11, 2], [11, 9], [3, 9]], corners_at="edges", pixel_center="half")
    np.testing.assert_array_equal(halves.image, image[2:9, 3:11])


@pytest.mark.parametrize("first", range(4))
def test_corners_that_begin_elsewhere_turn_the_crop(first):
    image = picture((12, 17))
    corners = np.roll([[3, 2], [10, 2], [10, 8], [3, 8]], -first, axis=0)
    np.testing.assert_array_equal(crop_quad(image, corners).image, np.rot90(image[2:9, 3:11], first))


@pytest.mark.parametrize("pixel_center", ["integer", "half"])
@pytest.mark.parametrize("corners_at", ["centers", "edges"])
def test_the_homography_takes_the_corners_to_those_of_the_crop(corners_at, pixel_center):
    found = crop_quad(picture(), QUAD, size=(20, 15), corners_at=corners_at, pixel_center=pixel_center)
    first = (0 if corners_at == "centers" else -0.5) + (0 if pixel_center == "integer" else 0.5)
    x, y = (20, 15) if corners_at == "edges" else (19, 14)
    expected = first + np.array([[0, 0], [x, 0], [x, y], [0, y]])
    np.testing.assert_allclose(mapped(found.homography, QUAD), expected, atol=1e-13)
    assert (found.homography[2, :2] @ QUAD.T + found.homography[2, 2] > 0).all()


@pytest.mark.parametrize("interpolation", ["nearest", "linear"])
@pytest.mark.parametrize("border", ["constant", "replicate"])
def test_pixels_are_those_of_the_naive_warp(interpolation, border):
    image = picture((29, 37, 3)).astype(np.float64)
    corners = QUAD * 1.1 - 3  # partly outside
    found = crop_quad(image, corners, size=(15, 11), interpolation=interpolation, border=border, fill=7)
    target = [(0, 0), (14, 0), (14, 10), (0, 10)]
    h = naive.unit(naive.four_point_homography(corners.tolist(), target))
    expected = warp_perspective(image, h, size=(15, 11), interpolation=interpolation, border=border, fill=7)
    # The two homographies differ by their last rounding: 1e-15 of 100 px, times a contrast of 255 a pixel.
    np.testing.assert_allclose(found.image, expected.image, atol=1e-9)
    np.testing.assert_array_equal(found.mask, expected.mask)


def test_half_pixel_centres_are_a_shift_of_the_corners():
    image = picture()
    one = crop_quad(image, QUAD)
    other = crop_quad(image, QUAD + 0.5, pixel_center="half")
    np.testing.assert_array_equal(one.image, other.image)
    np.testing.assert_array_equal(one.mask, other.mask)


def test_the_default_size_is_that_of_the_longer_edges():
    corners = [[0, 0], [10, 0], [12, 9], [0, 5]]
    assert crop_quad(picture(), corners).size == (14, 10)  # bottom √(12² + 4²) = 12.65, right √(2² + 9²) = 9.22
    assert crop_quad(picture(), corners, corners_at="edges").size == (13, 9)


@pytest.mark.parametrize("ratio", [0.5, 1.0, 210 / 297, 16 / 9])
@pytest.mark.parametrize("focal", [400.0, 900.0])
def test_the_true_aspect_of_a_seen_rectangle_is_found(ratio, focal):
    corners = seen_rectangle(ratio, focal, (0.5, -0.4))
    found = quad_layout(corners, (640, 480), aspect="rectangle")
    width, height = found.size
    # Both sides are rounded to whole pixels.
    assert (width - 1) / (height - 1) == pytest.approx(ratio, rel=1.2 / min(width - 1, height - 1))
    assert (found.aspect, found.fallback) == ("rectangle", "")
    assert found.focal_length == pytest.approx(focal, rel=1e-9)
    edges = quad_layout(corners, (640, 480))
    assert edges.aspect == "edges"
    assert width >= edges.size[0]
    assert height >= edges.size[1]


def test_a_crop_is_laid_out_as_is_said():
    corners = seen_rectangle(0.7, 60.0, (0.5, -0.4), size=(37, 29))
    found, layout = (
        crop_quad(picture(), corners, aspect="rectangle"),
        quad_layout(corners, (37, 29), aspect="rectangle"),
    )
    assert found.size == layout.size == found.image.shape[::-1]
    assert found[4:] == layout[2:]
    assert (found.aspect, found.fallback) == ("rectangle", "")


def test_half_pixel_centres_do_not_change_the_true_aspect():
    corners = seen_rectangle(0.7, 600.0, (0.5, -0.4))
    one = quad_layout(corners, (640, 480), aspect="rectangle")
    other = quad_layout(corners + 0.5, (640, 480), aspect="rectangle", pixel_center="half")
    assert one.size == other.size
    assert one.focal_length == pytest.approx(other.focal_length)


def test_a_tilt_about_one_edge_needs_the_focal_length():
    corners = seen_rectangle(0.7, 600.0, (0.8, 0.0), turn=0.0)
    unknown = quad_layout(corners, (640, 480), aspect="rectangle")
    assert (unknown.aspect, unknown.fallback, unknown.focal_length) == ("edges", "parallel_edges", None)
    assert unknown.size == quad_layout(corners, (640, 480)).size
    known = quad_layout(corners, (640, 480), aspect="rectangle", focal_length=600.0)
    assert (known.aspect, known.fallback, known.focal_length) == ("rectangle", "", 600.0)
    assert (known.size[0] - 1) / (known.size[1] - 1) == pytest.approx(0.7, rel=0.01)


def test_a_parallelogram_needs_no_focal_length():
    found = quad_layout([[100, 100], [400, 100], [450, 300], [150, 300]], (640, 480), aspect="rectangle")
    assert (found.aspect, found.fallback, found.focal_length) == ("rectangle", "", None)


def test_a_quadrangle_that_is_no_picture_of_a_rectangle_falls_back():
    corners = np.array([[300, 200], [340, 210], [500, 400], [250, 260]])
    found = quad_layout(corners, (640, 480), aspect="rectangle")
    assert (found.aspect, found.fallback, found.focal_length) == ("edges", "no_real_focal_length", None)


def test_any_order_is_sorted_to_the_same_crop():
    image = picture()
    expected = crop_quad(image, QUAD, order="sort")
    assert not expected.reordered
    np.testing.assert_array_equal(expected.image, crop_quad(image, QUAD).image)
    rng = np.random.default_rng(0)
    for _ in range(10):
        order = rng.permutation(4)
        found = crop_quad(image, QUAD[order], order="sort")
        assert found.reordered == (order.tolist() != [0, 1, 2, 3])
        np.testing.assert_array_equal(found.image, expected.image)
        np.testing.assert_array_equal(found.homography, expected.homography)


@pytest.mark.parametrize(
    ("corners", "reason"),
    [
        (QUAD[[0, 3, 2, 1]], "mirrored_quad"),
        (QUAD[[0, 2, 1, 3]], "non_convex_quad"),
        ([[0, 0], [10, 0], [3, 3], [0, 10]], "non_convex_quad"),
        ([[0, 0], [10, 0], [0, 0], [0, 10]], "coincident_points"),
        ([[0, 0], [5, 5], [10, 10], [0, 10]], "collinear_points"),
    ],
)
def test_corners_round_no_convex_quadrangle_are_refused(corners, reason):
    with pytest.raises(Degenerate) as caught:
        crop_quad(picture(), corners)
    assert caught.value.reason == reason


def test_a_corner_inside_the_others_triangle_cannot_be_sorted():
    with pytest.raises(Degenerate) as caught:
        crop_quad(picture(), [[0, 0], [10, 0], [3, 3], [0, 10]], order="sort")
    assert caught.value.reason == "non_convex_quad"


@pytest.mark.parametrize(
    ("argument", "options"),
    [
        ("corners", {"corners": QUAD[:3]}),
        ("corners/1/0", {"corners": [[0, 0], [np.inf, 0], [5, 5], [0, 5]]}),
        ("corners", {"corners": QUAD * 1e9}),
        ("size", {"size": (1, 5)}),
        ("size", {"size": (0, 5), "corners_at": "edges"}),
        ("aspect", {"aspect": "golden"}),
        ("focal_length", {"focal_length": 0}),
        ("focal_length", {"focal_length": np.nan}),
        ("corners_at", {"corners_at": "middle"}),
        ("order", {"order": "clockwise"}),
        ("interpolation", {"interpolation": "best"}),
        ("border", {"border": "none"}),
        ("fill", {"fill": 300}),
        ("pixel_center", {"pixel_center": "corner"}),
        ("image", {"image": np.zeros(5)}),
    ],
)
def test_a_wrong_argument_is_named(argument, options):
    given = {"image": picture(), "corners": QUAD, **options}
    with pytest.raises(InvalidInput) as caught:
        crop_quad(given.pop("image"), given.pop("corners"), **given)
    assert caught.value.argument == argument


def test_opencv_maps_the_corners_alike():
    cv2 = pytest.importorskip("cv2")
    image = np.random.default_rng(1).random((29, 37)).astype(np.float32)
    found = crop_quad(image, QUAD, size=(20, 15))
    target = np.array([[0, 0], [19, 0], [19, 14], [0, 14]], np.float32)
    h = cv2.getPerspectiveTransform(QUAD.astype(np.float32), target)
    np.testing.assert_allclose(found.homography / found.homography[2, 2], h, atol=1e-10)
    theirs = cv2.warpPerspective(image, h, (20, 15))
    # OpenCV's coordinates are multiples of 1/32 px.
    np.testing.assert_allclose(found.image, theirs, atol=2 / 32)


def test_the_loop_that_crops_a_warped_canvas_is_one_warp():
    # The public question: a canvas pixel for each input pixel, its coordinates cut to whole numbers and clamped.
    rng = np.random.default_rng(2)
    canvas = rng.integers(0, 256, (31, 22, 3), np.uint8)
    h = np.array([[0.9, -0.15, -2.3], [0.2, 1.1, 1.7], [1e-3, 2e-3, 1.0]])
    expected, outside = naive.canvas_crop(canvas, h.tolist(), 26, 18)
    # Cutting is rounding half a pixel further down; what it does differently below zero is clamped away.
    cut = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]]) @ h
    options = {"size": (26, 18), "direction": "output_to_source", "interpolation": "nearest"}
    image, mask = warp_perspective(canvas, cut, border="replicate", **options)
    np.testing.assert_array_equal(image, expected)
    # The loop counts −0.9 as inside, for int(−0.9) is 0; the mask does not.
    assert np.count_nonzero(~mask) >= outside > 0


def test_the_crop_of_a_warped_canvas_is_its_quadrangle():
    canvas = np.random.default_rng(3).random((40, 50))
    h = np.array([[0.9, -0.15, 4.3], [0.2, 1.1, 1.7], [1e-3, 2e-3, 1.0]])
    corners = mapped(h, np.array([[0.0, 0], [25, 0], [25, 17], [0, 17]]))
    found = crop_quad(canvas, corners, size=(26, 18))
    expected, _ = warp_perspective(canvas, h, size=(26, 18), direction="output_to_source")
    # Corners are rounded to 2⁻⁴⁸ px.
    np.testing.assert_allclose(found.image, expected, atol=1e-12)
