"""`python -m tests.docs.rectified`: a stereo pair that was turned in the hand, with epipolar lines, and rectified."""

import numpy as np
from PIL import Image
from skimage.feature import SIFT, match_descriptors

from api.demo.scenes import INTRINSICS, room
from geometry import RectifiedStereo, epipolar_lines, rectify_stereo, remap
from tests.docs.examples import ROOT

BASELINE = np.array([0.3, 0.02, -0.05])  # metres, in the frame of the room
COLOURS = np.array(
    [[230, 60, 60], [60, 170, 75], [65, 105, 230], [245, 160, 20], [160, 60, 200], [20, 180, 190]], np.uint8
)


def turn(pitch: float, yaw: float, roll: float) -> np.ndarray:
    """A rotation by angles in degrees."""
    (cx, cy, cz), (sx, sy, sz) = (function(np.radians([pitch, yaw, roll])) for function in (np.cos, np.sin))
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    return np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]]) @ about_y @ about_x


def pair() -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray, np.ndarray]:
    """The room as two turned cameras see it, their K, and R, t from left to right."""
    turns = turn(2.0, 2.5, 7.0), turn(-2.0, -3.0, -4.0)
    poses = [np.eye(4), np.eye(4)]
    for pose, R, centre in zip(poses, turns, (np.zeros(3), BASELINE), strict=True):
        pose[:3, :3], pose[:3, 3] = R, -R @ centre
    return [room(pose)[0] for pose in poses], [INTRINSICS] * 2, turns[1] @ turns[0].T, poses[1][:3, 3]


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
    """Write docs/images/rectified.png and print how far matches are from one row."""
    pictures, straight, F, found = rectified()
    for name, shown in (("as taken", pictures), ("rectified", straight)):
        differences = row_differences(shown)
        print(f"{name}: {len(differences)} matches, rows differ by {np.median(differences):.2f} px (median)")
    height, width = pictures[0].shape[:2]
    points = np.array([[120.0, 150], [268, 190], [330, 300], [400, 262], [200, 400], [470, 420]])
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
    sheet.save(ROOT / "docs" / "images" / "rectified.png", optimize=True)


if __name__ == "__main__":
    draw()
