"""`python -m tests.docs.rectified`: a stereo pair that was turned in the hand, with epipolar lines, and rectified."""

import numpy as np
from PIL import Image
from skimage import data
from skimage.feature import SIFT, match_descriptors

from geometry import RectifiedStereo, epipolar_lines, rectify_stereo, remap, warp_perspective
from tests.docs.examples import ROOT

# Of the Middlebury 2014 motorcycle in this size: focal length and principal points in pixels, baseline in metres.
FOCAL, LEFT, RIGHT, BASELINE = 994.978, (311.193, 254.877), (342.279, 254.877), 0.193
COLOURS = np.array(
    [[230, 60, 60], [60, 170, 75], [65, 105, 230], [245, 160, 20], [160, 60, 200], [20, 180, 190]], np.uint8
)


def intrinsics(middle: tuple[float, float]) -> np.ndarray:
    """K of one of the cameras."""
    return np.array([[FOCAL, 0, middle[0]], [0, FOCAL, middle[1]], [0, 0, 1]])


def turn(pitch: float, yaw: float, roll: float) -> np.ndarray:
    """A rotation by angles in degrees."""
    (cx, cy, cz), (sx, sy, sz) = (function(np.radians([pitch, yaw, roll])) for function in (np.cos, np.sin))
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    return np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]]) @ about_y @ about_x


def pair() -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray, np.ndarray]:
    """The photographs as turned cameras would have taken them, their K, and R, t from left to right."""
    left, right, _ = data.stereo_motorcycle()
    turns = turn(2.0, 2.5, 7.0), turn(-2.0, -3.0, -4.0)
    K = [intrinsics(LEFT), intrinsics(RIGHT)]
    pictures = [
        warp_perspective(picture, k @ R @ np.linalg.inv(k), fill=255).image
        for picture, k, R in zip((left, right), K, turns, strict=True)
    ]
    return pictures, K, turns[1] @ turns[0].T, turns[1] @ np.array([-BASELINE, 0, 0])


def rectified() -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray, RectifiedStereo]:
    """Turned pictures, rectified pictures, F of the turned ones, and the rectification."""
    pictures, K, R, t = pair()
    size = pictures[0].shape[1], pictures[0].shape[0]
    found = rectify_stereo(*K, R, t, size)
    straight = [
        remap(picture, points, fill=255).image
        for picture, points in zip(pictures, (found.left_map, found.right_map), strict=True)
    ]
    cross = np.array([[0, -t[2], t[1]], [t[2], 0, -t[0]], [-t[1], t[0], 0]])
    return pictures, straight, np.linalg.inv(K[1]).T @ cross @ R @ np.linalg.inv(K[0]), found


def marked(picture: np.ndarray, segment: np.ndarray, colour: np.ndarray) -> None:
    """Draw a line of two pixels' width into a picture."""
    (x0, y0), (x1, y1) = segment
    steps = np.linspace(0, 1, 4 * int(max(abs(x1 - x0), abs(y1 - y0))) + 2)
    for offset in (0, 1):
        rows = np.clip(np.rint(y0 + steps * (y1 - y0)).astype(int) + offset, 0, picture.shape[0] - 1)
        picture[rows, np.clip(np.rint(x0 + steps * (x1 - x0)).astype(int), 0, picture.shape[1] - 1)] = colour


def dotted(picture: np.ndarray, point: np.ndarray, colour: np.ndarray) -> None:
    """Draw a disc with a white rim into a picture."""
    y, x = np.ogrid[: picture.shape[0], : picture.shape[1]]
    squared = (x - point[0]) ** 2 + (y - point[1]) ** 2
    picture[squared <= 64] = 255
    picture[squared <= 36] = colour


def row_differences(pictures: list[np.ndarray]) -> np.ndarray:
    """Differences of the rows of matching features, px."""
    features = []
    for picture in pictures:
        sift = SIFT(upsampling=1)
        sift.detect_and_extract(picture.mean(axis=2))
        features.append(sift)
    matches = match_descriptors(*(f.descriptors for f in features), max_ratio=0.6, cross_check=True)
    return np.abs(features[0].positions[matches[:, 0], 0] - features[1].positions[matches[:, 1], 0])


def draw() -> None:
    """Write docs/images/rectified.jpg and print how far matches are from one row."""
    pictures, straight, F, found = rectified()
    for name, shown in (("as taken", pictures), ("rectified", straight)):
        differences = row_differences(shown)
        print(f"{name}: {len(differences)} matches, rows differ by {np.median(differences):.2f} px (median)")
    height, width = pictures[0].shape[:2]
    points = np.array([[160.0, 120], [420, 90], [250, 235], [560, 215], [130, 380], [470, 400]])
    segments = epipolar_lines(F, points, size=(width, height)).segments
    moved = np.c_[points, np.ones(len(points))] @ found.left_homography.T
    moved = moved[:, :2] / moved[:, 2:]
    for m, colour in enumerate(COLOURS):
        dotted(pictures[0], points[m], colour)
        marked(pictures[1], segments[m], colour)
        dotted(straight[0], moved[m], colour)
        marked(straight[1], np.array([[0, moved[m, 1]], [width - 1, moved[m, 1]]]), colour)
    gap, line = np.full((height, 12, 3), 255, np.uint8), np.full((12, 2 * width + 12, 3), 255, np.uint8)
    rows = [np.hstack([one, gap, other]) for one, other in (pictures, straight)]
    sheet = Image.fromarray(np.vstack([rows[0], line, rows[1]]))
    sheet = sheet.resize((sheet.width * 2 // 3, sheet.height * 2 // 3), Image.Resampling.LANCZOS)
    sheet.save(ROOT / "docs" / "images" / "rectified.jpg", quality=85, subsampling=0, optimize=True)


if __name__ == "__main__":
    draw()
