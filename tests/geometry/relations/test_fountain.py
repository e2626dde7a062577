from functools import cache

import numpy as np
import pytest

from geometry.cameras import projections_from_poses
from geometry.relations import fundamental_pairs, trifocal, trifocal_transfer

NUMBERS = (4, 5, 7)


def camera(path):
    numbers = np.array(path.read_text().split(), float)
    K, R_world_camera, center = numbers[:9].reshape(3, 3), numbers[12:21].reshape(3, 3), numbers[21:24]
    return projections_from_poses(K, rotations=[R_world_camera.T], centers=[center])[0]


def cameras_of(folder):
    return [camera(folder / "fountain-P11" / f"{number:04d}.camera") for number in NUMBERS]


@cache
def features_of(folder):
    cv2 = pytest.importorskip("cv2")
    found = {}
    for number in NUMBERS:
        photograph = cv2.imread(str(folder / "fountain-P11" / f"{number:04d}.jpg"), cv2.IMREAD_GRAYSCALE)
        found[number] = cv2.SIFT_create().detectAndCompute(photograph, None)
    return found


@cache
def matches_of(folder, left, right):
    """Feature numbers of the best matches that are at most 0.7 times as far as the second best."""
    cv2 = pytest.importorskip("cv2")
    features = features_of(folder)
    pairs = cv2.BFMatcher().knnMatch(features[left][1], features[right][1], k=2)
    return [(first.queryIdx, first.trainIdx) for first, second in pairs if first.distance < 0.7 * second.distance]


def pixels(folder, number, features):
    return np.array([(*features_of(folder)[number][0][feature].pt, 1) for feature in features])


@pytest.mark.slow
@pytest.mark.realdata
def test_matches_in_photographs_lie_on_the_epipolar_lines_of_surveyed_cameras(realdata):
    found = fundamental_pairs(cameras_of(realdata), [[0, 1], [1, 2], [0, 2]])
    assert not found.status.any()
    known = {(4, 5): (0.16, 0.97), (5, 7): (0.29, 0.95), (4, 7): (0.37, 0.92)}
    for F, ((left, right), (median, within)) in zip(found.fundamental, known.items(), strict=True):
        # full resolution, measured in the right image
        kept = matches_of(realdata, left, right)
        x_left, x_right = pixels(realdata, left, [a for a, _ in kept]), pixels(realdata, right, [b for _, b in kept])
        lines = x_left @ F.T
        distances = np.abs((lines * x_right).sum(axis=1)) / np.hypot(lines[:, 0], lines[:, 1])
        # the known figures have two digits; detectors of other versions keep a few other matches
        assert np.median(distances) == pytest.approx(median, abs=0.01)
        assert (distances < 2).mean() == pytest.approx(within, abs=0.01)


@pytest.mark.slow
@pytest.mark.realdata
def test_matches_of_two_photographs_are_transferred_to_the_third(realdata):
    cameras = cameras_of(realdata)
    onward = dict(matches_of(realdata, 5, 7))
    tracks = [(a, b, onward[b]) for a, b in matches_of(realdata, 4, 5) if b in onward]
    first, second, third = (
        pixels(realdata, number, features) for number, features in zip(NUMBERS, zip(*tracks, strict=True), strict=True)
    )
    F = fundamental_pairs(cameras, [[0, 1], [0, 2], [1, 2]], sizes=(3072, 2048))
    assert not F.status.any()
    lines = first @ F.fundamental[0].T
    normals = lines[:, :2] / np.hypot(lines[:, 0], lines[:, 1])[:, np.newaxis]
    off = (lines * second).sum(axis=1) / np.hypot(lines[:, 0], lines[:, 1])
    T = trifocal(cameras)
    found = trifocal_transfer(T.trifocal[0], first_points=first[:, :2], second_points=second[:, :2])
    assert not found.status.any()
    np.testing.assert_allclose(found.distance, np.abs(off), rtol=0, atol=1e-6)
    # the epipolar lines of a match and of its foot on the epipolar line meet where the tensor says; the three cameras
    # are almost in line, so that lines at less than a tenth of a degree do not tell where
    foot = second.copy()
    foot[:, :2] -= off[:, np.newaxis] * normals
    from_first, from_second = first @ F.fundamental[1].T, foot @ F.fundamental[2].T
    met = np.cross(from_first, from_second)
    sine = np.abs(met[:, 2]) / np.hypot(*from_first[:, :2].T) / np.hypot(*from_second[:, :2].T)
    apart = np.hypot(*(met[:, :2] / met[:, 2:] - found.points).T)
    assert (sine > 0.0017).mean() > 0.9
    assert apart[sine > 0.0017].max() < 1
    # and that is near the match in the third photograph, though the lines alone are off by ten times as much
    off_by = np.hypot(*(found.points - third[:, :2]).T)
    assert np.median(off_by) < 1.5
    raw = np.cross(from_first, second @ F.fundamental[2].T)
    assert np.median(np.hypot(*(raw[:, :2] / raw[:, 2:] - third[:, :2]).T)) > 5 * np.median(off_by)
