import numpy as np
import pytest

from geometry import distort_points, undistort, undistort_points, warp_perspective
from geometry.bands import band_count
from geometry.errors import Degenerate, InvalidInput
from geometry.inputs import PIXEL_DTYPES
from geometry.warp import remap
from tests.geometry.warp.homographies import random_image
from tests.naive import lenses
from tests.naive import warp as naive

K = np.array([[17.0, 0.3, 9.4], [0.0, 18.0, 6.2], [0.0, 0.0, 1.0]])
NEW_K = np.array([[14.0, 0.0, 10.0], [0.0, 15.0, 7.0], [0.0, 0.0, 1.0]])
R = np.array(lenses.turn((0.3, 1.0, -0.2), 0.2))
BROWN, FISHEYE, FOLDING = [-0.25, 0.1, 0.004, -0.003, 0.01], [0.05, -0.02, 0.004, 0.001], [-0.9, 0, 0, 0]


def source_points(width, height, k, model, new_K=None, turned=None):
    """The map by its definition; NaN where there is no source point."""
    pixels = [(float(x), float(y)) for y in range(height) for x in range(width)]
    found = lenses.distort(pixels, K, k, model, new_K, turned)
    return np.array([(np.nan, np.nan) if p is None else p for p in found]).reshape(height, width, 2)


@pytest.mark.parametrize("interpolation", ["nearest", "linear", "cubic"])
@pytest.mark.parametrize("dtype", ["uint8", "int32", "float64"])
@pytest.mark.parametrize(("model", "k"), [("brown", BROWN), ("fisheye", FISHEYE), ("brown", FOLDING)])
def test_equals_the_definition(dtype, interpolation, model, k):
    image = random_image(np.random.default_rng(1), (13, 19, 2), dtype)
    options = {"interpolation": interpolation, "border": "reflect", "fill": 3}
    got = undistort(image, K, k, model=model, new_intrinsics=NEW_K, rotation=R, size=(21, 11), **options)
    points = source_points(21, 11, k, model, NEW_K, R)
    expected, mask = naive.remap(image, points, **options)
    exact = np.asarray(expected, float)
    assert got.image.dtype == image.dtype
    if image.dtype.kind in "iu":
        limits = np.iinfo(image.dtype)
        exact = np.clip(exact, limits.min, limits.max)
        # Rounding to the nearest, and 2^-12 of the range for arithmetic in float32 and coordinates to 1e-14.
        assert np.abs(got.image - exact).max() <= 0.5 + 2e-6 * (float(limits.max) - limits.min) / 8
    else:
        # Coordinates to 1e-14 px, samples of the order of 1, slopes of a few.
        assert np.abs(got.image - exact).max() <= 1e-12
    assert (got.mask == mask).all()
    assert got.intrinsics.tolist() == NEW_K.tolist()


@pytest.mark.parametrize("dtype", PIXEL_DTYPES)
def test_no_distortion_is_the_image_bit_for_bit(dtype):
    for shape in ((13, 19), (13, 19, 3), (7, 600, 1)):
        image = random_image(np.random.default_rng(2), shape, dtype)
        for count in (4, 5, 8):
            got = undistort(image, K, np.zeros(count))
            assert got.image.tobytes() == image.tobytes()
            assert got.image.shape == shape
            assert got.mask.all()


def test_a_turned_camera_without_distortion_is_a_homography():
    image = random_image(np.random.default_rng(3), (13, 19, 3), "float64")
    got = undistort(image, K, [0, 0, 0, 0], new_intrinsics=NEW_K, rotation=R)
    expected = warp_perspective(image, NEW_K @ R @ np.linalg.inv(K))
    # Coordinates to 1e-14 px by another way, slopes of a few.
    np.testing.assert_allclose(got.image, expected.image, atol=1e-12)
    assert (got.mask == expected.mask).all()


def test_what_the_model_folds_back_is_filled_whatever_the_border():
    image = np.full((41, 41), 9, np.uint8)
    intrinsics = np.array([[20.0, 0, 20], [0, 20, 20], [0, 0, 1]])
    for border in ("constant", "replicate", "wrap"):
        got = undistort(image, intrinsics, [-0.6, 0, 0, 0], border=border, fill=200)
        y, x = np.mgrid[-20:21, -20:21] / 20
        beyond = x * x + y * y >= 1 / 1.8
        assert (got.image[beyond] == 200).all()
        assert (got.image[~beyond] == 9).all()
        assert (got.mask == ~beyond).all()


def test_halves_are_integers_moved_by_a_half():
    image = random_image(np.random.default_rng(4), (13, 19), "uint8")
    half = np.array([[0, 0, 0.5], [0, 0, 0.5], [0, 0, 0]])
    for view in ("same", "all", "valid"):
        whole = undistort(image, K, BROWN, view=view)
        moved = undistort(image, K + half, BROWN, view=view, pixel_center="half")
        # Principal points that are moved there and back may differ by a rounding: not in bytes.
        assert (moved.image == whole.image).all()
        np.testing.assert_allclose(moved.intrinsics, whole.intrinsics + half, rtol=1e-14)


def test_views_hold_all_or_nothing_but_the_image():
    image = random_image(np.random.default_rng(5), (13, 19), "uint8")
    for model, k in (("brown", BROWN), ("brown", [0.2, 0.1, 0, 0]), ("fisheye", FISHEYE)):
        assert undistort(image, K, k, model=model, view="valid").mask.all()
        wide = undistort(image, K, k, model=model, view="all", size=(60, 40))
        assert 0.5 < wide.mask.mean() < 1
        assert wide.intrinsics[0, 0] > 0


def test_results_do_not_depend_on_bands(bands):
    image = random_image(np.random.default_rng(6), (23, 37, 3), "uint8")
    for model, k in (("brown", FOLDING), ("fisheye", FISHEYE)):
        got = undistort(image, K, k, model=model)
        with band_count(1):
            expected = undistort(image, K, k, model=model)
            mask = expected.mask
        assert got.image.tobytes() == expected.image.tobytes()
        assert got.mask.tobytes() == mask.tobytes()


def test_unpacks_as_image_mask_intrinsics():
    image, mask, intrinsics = undistort(np.zeros((3, 4), np.uint8), np.diag([5, 5, 1]), [0, 0, 0, 0])
    assert (image.shape, mask.shape, intrinsics.shape) == ((3, 4), (3, 4), (3, 3))


@pytest.mark.jit
def test_a_photograph_comes_back_from_a_lens_better_than_with_opencv():
    cv2 = pytest.importorskip("cv2")
    data = pytest.importorskip("skimage.data")
    photo = data.astronaut()
    height, width = photo.shape[:2]
    intrinsics = np.array([[450.0, 0, 260], [0, 460, 250], [0, 0, 1]])
    k = np.array([-0.22, 0.06, 8e-4, -6e-4, 0.0])
    # What the lens would have seen: for every pixel of the image, the ideal point.
    y, x = np.mgrid[:height, :width].astype(float)
    ideal = undistort_points(np.stack([x, y], axis=-1).reshape(-1, 2), intrinsics, k).points.reshape(height, width, 2)
    seen = remap(photo, ideal, interpolation="cubic_opencv").image
    ours = undistort(seen, intrinsics, k, interpolation="cubic_opencv")
    theirs = cv2.remap(
        seen, *cv2.initUndistortRectifyMap(intrinsics, k, None, intrinsics, (width, height), cv2.CV_32FC1),
        cv2.INTER_CUBIC,
    )  # fmt: skip
    inside = np.zeros((height, width), bool)
    inside[80:-80, 80:-80] = True

    def psnr(image):
        error = (image.astype(float) - photo)[inside]
        return 10 * np.log10(255**2 / (error**2).mean())

    print(f"PSNR {psnr(ours.image):.2f} dB, OpenCV {psnr(theirs):.2f} dB")
    # The same sums at the same points, but for the rounding of its coordinates to float32.
    assert psnr(ours.image) > psnr(theirs) - 0.01
    linear = undistort(seen, intrinsics, k).image
    opencv = cv2.undistort(seen, intrinsics, k)
    print(f"linear: PSNR {psnr(linear):.2f} dB, OpenCV {psnr(opencv):.2f} dB")
    # Its points lie on a grid of 1/32 px.
    assert psnr(linear) > psnr(opencv)


@pytest.mark.parametrize(
    ("change", "argument"),
    [
        ({"image": np.zeros(3, np.uint8)}, "image"),
        ({"intrinsics": np.zeros((3, 3))}, "intrinsics/2/2"),
        ({"distortion": [0, 0]}, "distortion"),
        ({"model": "pinhole"}, "model"),
        ({"new_intrinsics": np.eye(2)}, "new_intrinsics"),
        ({"view": "none"}, "view"),
        ({"view": "all", "new_intrinsics": np.eye(3)}, "view"),
        ({"rotation": np.zeros((3, 3))}, "rotation"),
        ({"size": (0, 3)}, "size"),
        ({"interpolation": "magic"}, "interpolation"),
        ({"border": "magic"}, "border"),
        ({"fill": [1, 2]}, "fill"),
        ({"pixel_center": "corner"}, "pixel_center"),
    ],
)
def test_errors_name_the_argument(change, argument):
    arguments = {"image": np.zeros((4, 5, 3), np.uint8), "intrinsics": K, "distortion": [0, 0, 0, 0]} | change
    with pytest.raises(InvalidInput) as caught:
        undistort(arguments.pop("image"), arguments.pop("intrinsics"), arguments.pop("distortion"), **arguments)
    assert caught.value.argument == argument


def test_views_that_do_not_exist_are_refused():
    image = np.zeros((40, 40), np.uint8)
    wide = [[5.0, 0, 20], [0, 5, 20], [0, 0, 1]]
    for view, model, k, reason in (
        ("all", "fisheye", [0, 0, 0, 0], "behind_camera"),
        ("valid", "fisheye", [0, 0, 0, 0], "behind_camera"),
        ("all", "brown", [-0.3, 0, 0, 0], "folded"),
    ):
        with pytest.raises(Degenerate) as caught:
            undistort(image, wide, k, model=model, view=view)
        assert caught.value.reason == reason


def test_points_and_images_agree():
    # One bright pixel appears where its ideal point is.
    image = np.zeros((13, 19))
    image[4, 5] = 1
    got = undistort(image, K, BROWN, size=(24, 20))
    y, x = np.nonzero(got.image)
    near = distort_points(np.stack([x, y], axis=1), K, BROWN).points
    assert len(x) > 0
    assert np.abs(near - [5, 4]).max() < 1
