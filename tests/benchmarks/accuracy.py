"""`python -m tests.benchmarks.accuracy`: how exact warps and depth are, beside the truth; writes docs/accuracy.md."""

from collections.abc import Iterator
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
from scipy.ndimage import map_coordinates
from skimage import data

import geometry
from geometry import warp_perspective
from tests.scenes.raytraced import COURT, ring, trace
from tests.scenes.splats import SPLATS, neighbours, splatted, summary

H = np.array([[0.97, -0.06, 12.0], [0.05, 0.99, -6.0], [6e-5, 4e-5, 1.0]])
PAGE = Path(__file__).parents[2] / "docs" / "accuracy.md"
KERNELS = {"linear": cv2.INTER_LINEAR, "cubic_opencv": cv2.INTER_CUBIC, "lanczos": cv2.INTER_LANCZOS4}
PHOTOS = ("astronaut", "coffee", "chelsea", "rocket")


def source_points(homography: np.ndarray, width: int, height: int) -> np.ndarray:
    """The source point of every output pixel, exact and then rounded once: (height, width, 2)."""
    rows = [[Fraction(float(entry)) for entry in row] for row in homography]
    (a, b, c), (d, e, f), (g, h, i) = rows
    back = [
        [e * i - f * h, c * h - b * i, b * f - c * e],
        [f * g - d * i, a * i - c * g, c * d - a * f],
        [d * h - e * g, b * g - a * h, a * e - b * d],
    ]
    # float64 carries the coordinates of a small image to 1e-12 px, far below what is measured.
    m = np.array([[float(entry) for entry in row] for row in back])
    y, x = np.mgrid[:height, :width]
    u, v, w = (row[0] * x + row[1] * y + row[2] for row in m)
    return np.stack([u / w, v / w], axis=-1)


def true_linear(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Linear interpolation in float64, by scipy."""
    at = [points[..., 1], points[..., 0]]
    return np.stack([map_coordinates(image[..., c].astype(float), at, order=1) for c in range(image.shape[2])], axis=-1)


def linear_rows() -> Iterator[tuple[str, str, str]]:
    """Errors of linear interpolation of bytes, in levels, and of coordinates, in pixels."""
    worst = {"Epipole": [0.0, 0.0, 0.0], "OpenCV": [0.0, 0.0, 0.0]}
    shifts = {"Epipole": 0.0, "OpenCV": 0.0}
    for name in PHOTOS:
        photo = getattr(data, name)()
        height, width = photo.shape[:2]
        points = source_points(H, width, height)
        _, mask = warp_perspective(photo, H)
        results = {
            "Epipole": warp_perspective(photo, H).image,
            "OpenCV": cv2.warpPerspective(photo, H, (width, height)),
        }
        truth = true_linear(photo, points)
        stripes = np.zeros_like(photo)
        stripes[:, 1::2] = 255
        true_stripes = true_linear(stripes, points)
        striped = {
            "Epipole": warp_perspective(stripes, H).image,
            "OpenCV": cv2.warpPerspective(stripes, H, (width, height)),
        }
        for peer, result in results.items():
            error = np.abs(result[mask] - truth[mask])
            most, square, beyond = worst[peer]
            worst[peer] = [
                max(most, float(error.max())),
                max(square, float(np.sqrt((error**2).mean()))),
                max(beyond, float((error > 0.5 + 1e-9).mean())),
            ]
            off = (np.abs(striped[peer][mask] - true_stripes[mask]).max() - 0.5) / 255
            shifts[peer] = max(shifts[peer], float(off))
    ours, theirs = worst["Epipole"], worst["OpenCV"]
    yield "u8 linear, largest error", f"{ours[0]:.3f} levels", f"{theirs[0]:.3f} levels"
    yield "u8 linear, root mean square error (rounding: 0.289)", f"{ours[1]:.3f} levels", f"{theirs[1]:.3f} levels"
    yield "u8 linear, pixels not rounded to the nearest", f"{ours[2]:.2%}", f"{theirs[2]:.2%}"
    yield (
        "u8 linear, a coordinate is off by up to (stripes of 0 and 255)",
        f"1/{1 / max(shifts['Epipole'], 1e-9):.0f} px",
        f"1/{1 / shifts['OpenCV']:.0f} px",
    )


def float_rows() -> Iterator[tuple[str, str, str]]:
    """Errors of linear interpolation of float64 and float32, relative to the largest value."""
    photo = data.astronaut() / 255.0
    height, width = photo.shape[:2]
    truth = true_linear(photo, source_points(H, width, height))
    for kind in (np.float64, np.float32):
        got, mask = warp_perspective(photo.astype(kind), H)
        error = np.abs(got[mask] - truth[mask]).max()
        theirs = np.abs(cv2.warpPerspective(photo.astype(kind), H, (width, height))[mask] - truth[mask]).max()
        yield f"{np.dtype(kind).name} linear, largest error over largest value", f"{error:.1e}", f"{theirs:.1e}"


def there_and_back() -> Iterator[tuple[str, str, str]]:
    """Photographs warped by H and by its inverse: PSNR against themselves, where all of it comes from inside."""
    for name in PHOTOS:
        photo = getattr(data, name)()
        size = photo.shape[1::-1]
        for kernel, flag in KERNELS.items():
            there, seen = warp_perspective(photo, H, interpolation=kernel)
            back, mask = warp_perspective(there, H, direction="output_to_source", interpolation=kernel)
            inside = warp_perspective(seen.astype(np.float32), H, direction="output_to_source").image == 1
            inside &= mask
            theirs = cv2.warpPerspective(
                cv2.warpPerspective(photo, H, size, flags=flag), H, size, flags=flag | cv2.WARP_INVERSE_MAP
            )
            figures = [
                10 * np.log10(255**2 / ((result[inside].astype(float) - photo[inside]) ** 2).mean())
                for result in (back, theirs)
            ]
            yield f"H, then H⁻¹: {name}, {kernel}, PSNR", f"{figures[0]:.2f} dB", f"{figures[1]:.2f} dB"


def splat_rows() -> Iterator[tuple[str, ...]]:
    """Errors of each splat between the cameras of a ring and their neighbours, per lens."""
    for model in (None, "brown", "fisheye"):
        cameras = ring(320, 240, model=model)
        seen = [trace(COURT, camera) for camera in cameras]
        for splat in SPLATS:
            figures = summary(
                [splatted(cameras[i], seen[i], cameras[j], seen[j], splat) for i, j in neighbours(cameras)]
            )
            errors = [
                f"{figures[where]:.1e}, {figures[f'{where} 99 %']:.1e}" for where in ("planes", "spheres", "edges")
            ]
            yield model or "none", splat, f"{figures['filled']:.1%}", f"{figures['wrong']:.1%}", *errors


def main() -> None:
    """Measure and write the page."""
    geometry.use_threads(2)
    lines = [
        "# How exact the results are",
        "",
        f"Written by `python -m tests.benchmarks.accuracy`; OpenCV {cv2.__version__}, scipy {version('scipy')}.",
        "",
        "## Warps",
        "",
        "The truth is computed in float64 from exact matrices by `scipy.ndimage.map_coordinates`.",
        "Photographs are scikit-image's; the homography turns, moves and tilts them slightly.",
        "OpenCV's `warpPerspective` stands beside with its default accuracy.",
        "",
        "| | Epipole | OpenCV |",
        "|---|---|---|",
    ]
    for row in (*linear_rows(), *float_rows(), *there_and_back()):
        lines.append("| " + " | ".join(row) + " |")
        print(*row, sep="; ", flush=True)
    lines += [
        "",
        "## Depth in another view",
        "",
        "A court of slanted walls and a floor seen at a glancing angle, with two spheres, a crate and a slab 2 cm",
        "thin in its middle, is traced exactly, one ray a pixel, from twelve cameras around it (320×240 pixels, f",
        "= 272 pixels, skew, 30° apart; once without lenses, once with a Brown–Conrady lens on every camera, once",
        "with a fisheye). `reproject-depth` takes the exact depth of each camera to both of its neighbours; the",
        "truth is what they see.",
        "",
        "Filled: share of the pixels of surfaces that the source sees there, too. Wrong: share of the filled ones",
        "that show another surface than is there, mostly because that one is hidden from the source. Errors are |z",
        "/ z' − 1| where the surface is right: median, 99 %; silhouettes are pixels within 2 of another surface.",
        "",
        "| lens | splat | filled | wrong | planes | spheres | at silhouettes |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in splat_rows():
        lines.append("| " + " | ".join(row) + " |")
        print(*row, sep="; ", flush=True)
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
