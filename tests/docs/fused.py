"""`python -m tests.docs.fused`: the rendered room fused from six cameras, and two of its depth maps compared."""

import numpy as np
from PIL import Image

from api.demo.scenes import INTRINSICS, room, tinted_depth
from geometry import depth_consistency, fuse_depth
from tests.docs.examples import ROOT

_COLOURS = np.array(
    [[31, 119, 180], [255, 127, 14], [44, 160, 44], [214, 39, 40], [148, 103, 189], [227, 190, 40], [255, 255, 255]],
    np.uint8,
)
_REASONS = np.array(
    [[120, 190, 120], [214, 39, 40], [90, 130, 200], [0, 0, 0], [190, 190, 190], [190, 190, 190], [0, 0, 0]], np.uint8
)
IMAGES = ROOT / "docs" / "images"


def around(number: int, cameras: int, radius: float = 0.5) -> np.ndarray:
    """The pose of a camera on a circle around the room's own, turned towards what that one looks at."""
    angle = 2 * np.pi * number / cameras
    centre = np.array([radius * np.cos(angle), 0.5 * radius * np.sin(angle), 0.0])
    forward = np.array([0.0, 0.0, 3.0]) - centre
    forward /= np.linalg.norm(forward)
    right = np.cross((0.0, 1.0, 0.0), forward)
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.cross(forward, right), forward])
    pose[:3, 3] = -pose[:3, :3] @ centre
    return pose


def beside(pictures: list[np.ndarray]) -> Image.Image:
    """Pictures half as large, with a little space between them."""
    gap = np.full((pictures[0].shape[0] // 2, 12, 3), 255, np.uint8)
    shown: list[np.ndarray] = []
    for picture in pictures:
        half = Image.fromarray(picture).resize((picture.shape[1] // 2, picture.shape[0] // 2), Image.Resampling.BOX)
        shown += [np.asarray(half), gap]
    return Image.fromarray(np.hstack(shown[:-1]))


def draw() -> None:
    """Write docs/images/depth-fused.png and depth-consistency.png."""
    poses = np.stack([around(number, 6) for number in range(6)])
    depths = np.stack([room(pose)[1] for pose in poses]).astype(np.float32)
    fused = fuse_depth(depths, INTRINSICS, poses, INTRINSICS, np.eye(4), reduce="median", splat="triangle")
    agreed = np.repeat((fused.support * 40).astype(np.uint8)[:, :, np.newaxis], 3, axis=2)
    pictures = [tinted_depth(np.nan_to_num(fused.depth)), _COLOURS[fused.source_camera], agreed]
    beside(pictures).save(IMAGES / "depth-fused.png", optimize=True)

    depths[0, 150:260, 180:330] *= 0.8
    found = depth_consistency(depths, INTRINSICS, poses, pairs=[(0, 2)], maps=True)
    assert found.reasons is not None
    beside([tinted_depth(depths[0]), tinted_depth(depths[2]), _REASONS[found.reasons[0]]]).save(
        IMAGES / "depth-consistency.png", optimize=True
    )


if __name__ == "__main__":
    draw()
