"""`python -m tests.docs.foreshortened`: a checkerboard seen along the ground, by OpenCV and antialiased."""

import cv2
import numpy as np
from PIL import Image

from geometry.warp import warp_perspective
from tests.docs.examples import ROOT
from tests.docs.scenes import Checkerboard, checkerboard

WIDTH = 480


def pictures(scene: Checkerboard) -> dict[str, np.ndarray]:
    """The same view made in different ways, and the truth."""
    flags = {"linear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC, "area": cv2.INTER_AREA}
    shown = {
        f"OpenCV, {name}": cv2.warpPerspective(scene.source, scene.homography, scene.size, flags=flag)
        for name, flag in flags.items()
    }
    for name, antialias in (("Epipole, linear", False), ("Epipole, antialias", True)):
        shown[name] = warp_perspective(scene.source, scene.homography, size=scene.size, antialias=antialias).image
    return {**shown, "truth": np.rint(scene.truth()).astype(np.uint8)}


def rms(image: np.ndarray, truth: np.ndarray) -> float:
    """Root mean square of the difference, in levels of grey."""
    return float(np.sqrt(np.mean((image.astype(float) - truth) ** 2)))


def draw() -> None:
    """Write docs/images/antialias.png (OpenCV, antialiased, truth) and print the errors."""
    scene = checkerboard(WIDTH)
    shown, truth = pictures(scene), scene.truth()
    for name, image in shown.items():
        print(f"{name}: RMS {rms(image, truth):.2f}")
    gap = np.full((scene.size[1], 12), 255, np.uint8)
    row = [shown["OpenCV, linear"], gap, shown["Epipole, antialias"], gap, shown["truth"]]
    Image.fromarray(np.hstack(row)).save(ROOT / "docs" / "images" / "antialias.png", optimize=True)


if __name__ == "__main__":
    draw()
