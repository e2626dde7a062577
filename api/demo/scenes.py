"""What the tour shows: a photograph, a rig of cameras on a dome, and a room that is traced exactly from any camera."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

WIDTH, HEIGHT = 640, 480
INTRINSICS = np.array([[520.0, 0.0, 320.0], [0.0, 520.0, 240.0], [0.0, 0.0, 1.0]])

_CENTRE, _RADIUS = np.array([0.35, 0.65, 2.4]), 0.55
_FLOOR, _SIDE, _BACK = 1.2, -1.6, 4.5
_LIGHT = np.array([-0.45, -0.75, -0.48])


def bundled_photo() -> Path | None:
    """A photograph that scikit-image brings along; None where it is not installed."""
    spec = find_spec("skimage")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "data"
    return next((folder / name for name in ("chelsea.png", "astronaut.png") if (folder / name).is_file()), None)


def dome(cameras: int) -> Array:
    """Projection matrices (N, 3, 4) of cameras on a dome of radius 10 that look at the origin, 1920×1080 pixels
    each.
    """
    number = np.arange(cameras) + 0.5
    height, turn = number / cameras, np.pi * (1 + 5**0.5) * number
    ring = np.sqrt(1 - height**2)
    centers = 10 * np.stack([ring * np.cos(turn), ring * np.sin(turn), 0.1 + 0.9 * height], 1)
    forward = -centers / np.linalg.norm(centers, axis=1, keepdims=True)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    rotation = np.stack([right, np.cross(forward, right), forward], 1)
    intrinsics = np.array([[1500.0, 0.0, 960.0], [0.0, 1500.0, 540.0], [0.0, 0.0, 1.0]])
    pose = np.concatenate([rotation, -np.einsum("nij,nj->ni", rotation, centers)[:, :, None]], 2)
    projections: Array = intrinsics @ pose
    return projections


def moved_camera() -> Array:
    """A camera 35 cm to the right and turned by 9° towards the scene: X_moved = T X, (4, 4), metres."""
    cos, sin = np.cos(np.radians(9.0)), np.sin(np.radians(9.0))
    rotation = np.array([[cos, 0.0, sin], [0.0, 1.0, 0.0], [-sin, 0.0, cos]])
    transform = np.eye(4)
    transform[:3, :3] = rotation
    transform[:3, 3] = -rotation @ np.array([0.35, 0.0, 0.1])
    return transform


def room(transform: Array) -> tuple[Array, Array]:
    """The room as a camera sees it: colours (480, 640, 3) uint8 and depth (480, 640) float64 in metres along its axis.

    `transform` (4, 4) takes points of the room to the camera's frame. Floor, two walls and a sphere, one ray a pixel.
    """
    v, u = np.mgrid[:HEIGHT, :WIDTH].astype(float)
    rays_c = np.stack([u, v, np.ones_like(u)], -1) @ np.linalg.inv(INTRINSICS).T
    rotation, origin = transform[:3, :3], -transform[:3, :3].T @ transform[:3, 3]
    rays = rays_c @ rotation
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = [(wall - origin[axis]) / rays[..., axis] for axis, wall in ((1, _FLOOR), (0, _SIDE), (2, _BACK))]
    along, offset = rays @ (_CENTRE - origin), origin - _CENTRE
    square = (rays**2).sum(-1)
    under = along**2 - square * (offset @ offset - _RADIUS**2)
    reach.append(np.where(under > 0, (along - np.sqrt(np.maximum(under, 0))) / square, np.inf))
    distances = np.where(np.stack(reach) > 1e-9, np.stack(reach), np.inf)
    depth, surface = distances.min(0), distances.argmin(0)
    return _shade(origin + rays * depth[..., None], surface), depth


def tinted_depth(depth: Array) -> Array:
    """Depth as a picture (H, W, 3) uint8: near is warm, far is cool, no reading is black."""
    anchors = np.array([[252, 243, 190], [246, 155, 78], [206, 72, 98], [110, 47, 128], [28, 24, 77]], float)
    known = depth > 0
    near, far = np.percentile(depth[known], [1, 99])
    place = np.clip((depth.astype(float) - near) / (far - near), 0, 1) * (len(anchors) - 1)
    tinted = np.stack([np.interp(place, np.arange(len(anchors)), anchors[:, c]) for c in range(3)], -1)
    tinted[~known] = 0
    return tinted.astype(np.uint8)


def _shade(points: Array, surface: Array) -> Array:
    """Colours of points on the floor (0), the side wall (1), the back wall (2) and the sphere (3)."""
    x, y, z = np.moveaxis(points, -1, 0)
    checks = (np.floor(x / 0.4) + np.floor(z / 0.4)) % 2
    floor = np.where(checks[..., None] > 0, [196, 178, 150], [92, 78, 66])
    side = np.array([168, 186, 190]) - 26 * (np.floor(y / 0.3) % 2)[..., None]
    back = np.broadcast_to([214, 206, 190], points.shape).copy()
    frame = (np.abs(x + 0.2) < 0.75) & (np.abs(y + 0.45) < 0.5)
    inner = (np.abs(x + 0.2) < 0.68) & (np.abs(y + 0.45) < 0.43)
    back[frame] = [88, 60, 40]
    rings = np.sin(22 * np.hypot(x + 0.45, y + 0.35))[..., None] > 0
    back[inner] = np.where(rings, [38, 92, 134], [236, 196, 92])[inner]
    normal = (points - _CENTRE) / _RADIUS
    light = np.clip(normal @ -_LIGHT * -1, 0, 1)[..., None]
    bands = np.where((np.floor(normal[..., 1] * 4) % 2)[..., None] > 0, [214, 72, 58], [240, 236, 228])
    sphere = bands * (0.25 + 0.75 * light)
    colours = np.choose(surface[..., None], [floor, side, back, sphere])
    shadow = np.hypot(x - _CENTRE[0] - 0.25, z - _CENTRE[2] - 0.2) < _RADIUS * 0.9
    colours = np.where((shadow & (surface == 0))[..., None], colours * 0.55, colours)
    fade = np.clip(1.15 - 0.09 * z, 0.4, 1.0)[..., None]
    shaded: Array = np.clip(colours * np.where((surface == 3)[..., None], 1.0, fade), 0, 255).astype(np.uint8)
    return shaded
