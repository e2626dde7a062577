"""The stations of the tour.

Each sends a real request, checks the answer, writes what can be seen, and says what it took.
"""

import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from api.demo.client import Reply, form, post
from api.demo.epipolar import epipolar_picture
from api.demo.page import write_page
from api.demo.scenes import INTRINSICS, dome, moved_camera, room, tinted_depth

Array = np.ndarray[Any, Any]

NPY = "application/x-npy"
JSON = "application/json"
_EMBOSS = [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]


class Tour:
    """Visits the service at `address` and leaves pictures in `output`; `figures` collects what was measured."""

    def __init__(self, address: str, output: Path, say: Callable[[str], Any]) -> None:
        self.figures: dict[str, Any] = {}
        self._address = address
        self._output = output
        self._say = say

    def warp(self, photo: Path) -> None:
        """A photograph seen at an angle, and a part of it that must equal the crop of the whole."""
        data = photo.read_bytes()
        width, height = Image.open(io.BytesIO(data)).size
        corners = np.array([[0.12, 0.06], [0.95, 0.22], [0.88, 0.86], [0.03, 0.97]]) * [width, height]
        matrix = _homography(np.array([[0, 0], [width, 0], [width, height], [0, height]], float), corners)
        params = {"homography": matrix.tolist(), "size": {"width": width, "height": height}}
        roi = {"x": width // 3, "y": height // 4, "width": width // 3, "height": height // 3}
        whole, seconds = self._picture("warp-perspective", params, photo.name, data)
        part, _ = self._picture("warp-perspective", params | {"roi": roi}, photo.name, data)
        crop = whole[roi["y"] : roi["y"] + roi["height"], roi["x"] : roi["x"] + roi["width"]]
        same = bool((crop == part).all())
        Image.open(io.BytesIO(data)).convert("RGB").save(self._output / "photo.png")
        Image.fromarray(whole).save(self._output / "warped.png")
        Image.fromarray(part).save(self._output / "warped-roi.png")
        self._note(
            "warp-perspective",
            seconds,
            f"{width}×{height} photograph; its ROI {'equals' if same else 'DIFFERS FROM'} the crop bit for bit",
            {"roi_equals_crop": same},
        )

    def filters(self, photo: Path) -> None:
        """A relief of the photograph by correlation, and the same at one point only."""
        data = photo.read_bytes()
        params = {"kernel": _EMBOSS, "mode": "correlation", "border": "replicate"}
        relief, seconds = self._picture("convolve", params, photo.name, data)
        Image.fromarray(relief).save(self._output / "relief.png")
        self._note("convolve", seconds, f"3×3 kernel over {relief.shape[1]}×{relief.shape[0]} pixels", {})
        point = [relief.shape[1] // 2, relief.shape[0] // 2]
        body, kind = form(
            {"kernel": _EMBOSS, "mode": "correlation", "border": "replicate", "points": [point]},
            image=(photo.name, data),
        )
        _, answer, seconds = self._post("convolve-at", body, kind, JSON)
        there = np.clip(np.round(json.loads(answer)["values"][0]), 0, 255).astype(np.uint8).tolist()
        same = there == relief[point[1], point[0]].tolist()
        self._note(
            "convolve-at",
            seconds,
            f"at pixel {tuple(point)}: {there}, {'as' if same else 'UNLIKE'} in the whole image",
            {"same": same},
        )

    def depth(self) -> None:
        """A depth map rendered as a camera further to the right would see it, beside the truth, and as a point
        cloud.
        """
        colours, metres = room(np.eye(4))
        depth = np.round(metres * 1000).astype(np.uint16)
        depth[60:110, 480:600] = 0
        Image.fromarray(colours).save(self._output / "room.png")
        Image.fromarray(depth).save(self._output / "room-depth.png")
        png = (self._output / "room-depth.png").read_bytes()
        params = {
            "source_intrinsics": INTRINSICS.tolist(),
            "target_intrinsics": INTRINSICS.tolist(),
            "transform": moved_camera().tolist(),
            "depth_scale": 0.001,
        }
        body, kind = form(params, depth=("room-depth.png", png))
        reply, data, seconds = self._post("reproject-depth", body, kind, NPY)
        target = _npy(data)
        _, truth = room(moved_camera())
        filled = target > 0
        error = float(np.median(np.abs(target[filled] / 1000 - truth[filled])))
        fates = reply.result()["fates"]
        Image.fromarray(tinted_depth(depth)).save(self._output / "depth-source.png")
        Image.fromarray(tinted_depth(target)).save(self._output / "depth-reprojected.png")
        text = f"640×480 readings, {filled.mean():.0%} of the view filled, median error {error * 1000:.1f} mm"
        self._note("reproject-depth", seconds, text, {"fates": fates, "median_error_metres": error})
        body, kind = form({"intrinsics": INTRINSICS.tolist(), "depth_scale": 0.001}, depth=("room-depth.png", png))
        _, data, seconds = self._post("depth-to-points", body, kind, NPY)
        self._note("depth-to-points", seconds, f"{np.isfinite(_npy(data)[..., 2]).sum()} points in metres", {})

    def pair(self) -> None:
        """The fundamental matrix of the room's two views; points of one drawn as epipolar lines in the other."""
        left, depth = room(np.eye(4))
        right, _ = room(moved_camera())
        cameras = {"left": (INTRINSICS @ np.eye(4)[:3]).tolist(), "right": (INTRINSICS @ moved_camera()[:3]).tolist()}
        (self._output / "pair.json").write_text(json.dumps(cameras) + "\n")
        _, data, seconds = self._post("fundamental", json.dumps(cameras).encode(), JSON, JSON)
        matrix = np.array(json.loads(data)["fundamental"])
        picture, worst = epipolar_picture(left, depth, right, matrix)
        picture.save(self._output / "epipolar-lines.png")
        self._note("fundamental", seconds, f"matching points lie within {worst:.1e} px of their epipolar lines", {})

    def rig(self, cameras: int) -> None:
        """Every fundamental matrix of a rig, streamed, and checked against a point that all cameras see."""
        projections = dome(cameras)
        point = projections @ np.array([0.3, -0.2, 0.5, 1.0])
        point /= point[:, 2:]
        np.save(self._output / "rig.npy", projections)
        started = time.perf_counter()
        reply = post(self._address, "/v1/fundamental-all", (self._output / "rig.npy").read_bytes(), NPY, NPY)
        if reply.status != 200:
            _good(reply.status, reply.read())
        shape = _npy_shape(reply.response)
        worst, length = 0.0, 0
        for left in range(cameras):
            block = reply.response.read(cameras * 72)
            length += len(block)
            if left % 250 == 0:
                lines = np.frombuffer(block).reshape(cameras, 3, 3) @ point[left]
                off = np.abs((lines * point).sum(1)) / np.maximum(np.hypot(lines[:, 0], lines[:, 1]), 1e-300)
                worst = max(worst, float(np.delete(off, left).max()))
        seconds = time.perf_counter() - started
        pairs = cameras * cameras
        text = (
            f"{pairs / 1e6:.1f} million matrices {shape}, {length / 1e9:.2f} GB, {seconds / pairs * 1e9:.0f} ns a "
            f"pair; "
            f"a common point lies within {worst:.1e} px of its epipolar lines"
        )
        facts = {"cameras": cameras, "bytes": length, "worst_pixels": worst, "status": reply.result()["status_counts"]}
        self._note("fundamental-all", seconds, text, facts)

    def refusals(self) -> None:
        """Two requests that must be refused, with the reason."""
        singular = {"image": [[1, 2], [3, 4]], "homography": [[1, 2, 3], [2, 4, 6], [0, 0, 1]]}
        same = {"left": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]], "right": [[2, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]}
        for operation, document in (("warp-perspective", singular), ("fundamental", same)):
            reply = post(self._address, f"/v1/{operation}", json.dumps(document).encode(), "application/json")
            problem = json.loads(reply.read())
            self._say(f"  {operation}: refused with {reply.status} {problem['reason']}: {problem['detail']}")
            self.figures.setdefault("refusals", []).append(
                {"operation": operation, "status": reply.status, "reason": problem["reason"]}
            )
        write_page(self._output, self.figures)

    def _picture(self, operation: str, params: dict[str, Any], name: str, data: bytes) -> tuple[Array, float]:
        body, kind = form(params, image=(name, data))
        _, png, seconds = self._post(operation, body, kind, "image/png")
        return np.asarray(Image.open(io.BytesIO(png))), seconds

    def _post(self, operation: str, body: bytes, kind: str, accept: str) -> tuple[Reply, bytes, float]:
        started = time.perf_counter()
        reply = post(self._address, f"/v1/{operation}", body, kind, accept)
        data = _good(reply.status, reply.read())
        return reply, data, time.perf_counter() - started

    def _note(self, operation: str, seconds: float, text: str, facts: dict[str, Any]) -> None:
        self._say(f"  {operation}: {seconds * 1e3:.1f} ms. {text}")
        self.figures[operation] = {"milliseconds": round(seconds * 1e3, 2), "summary": text, **facts}


def _good(status: int, body: bytes) -> bytes:
    if status != 200:
        raise RuntimeError(f"{status}: {body[:500].decode(errors='replace')}")
    return body


def _npy(data: bytes) -> Array:
    array: Array = np.load(io.BytesIO(data), allow_pickle=False)
    return array


def _npy_shape(stream: Any) -> str:
    version = np.lib.format.read_magic(stream)
    assert version == (1, 0)
    shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    return f"{'×'.join(map(str, shape))} {dtype}"


def _homography(source: Array, target: Array) -> Array:
    """The homography that takes four points to four points, H33 = 1 (Hartley & Zisserman, 2nd ed., section 4.1)."""
    rows, right = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    return np.append(np.linalg.solve(np.array(rows), np.array(right)), 1.0).reshape(3, 3)
