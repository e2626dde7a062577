"""Planes, spheres and boxes traced exactly, one ray a pixel, through any camera; written from the definitions alone.

World and cameras have x to the right, y down, z ahead; poses are camera-from-world, X_c = R X_w + t.
"""

from typing import NamedTuple

import numpy as np

SKY = -1
"""The surface of rays that hit nothing."""

_ROUNDS = 9  # of Newton's method: the lenses below are undone to the last bits after six


class View(NamedTuple):
    """A camera: what it sees, from where, through which lens."""

    intrinsics: np.ndarray
    """(3, 3), px, upper triangular; pixel centres at integers."""
    pose: np.ndarray
    """(4, 4), camera from world."""
    width: int
    height: int
    model: str | None = None
    """None, "brown" (k1, k2, p1, p2[, k3[, k4, k5, k6]]) or "fisheye" (k1 … k4)."""
    distortion: tuple[float, ...] = ()


class Plane(NamedTuple):
    """All points with normal · X = offset; seen from either side."""

    normal: tuple[float, float, float]
    offset: float


class Sphere(NamedTuple):
    """A sphere seen from outside."""

    centre: tuple[float, float, float]
    radius: float


class Box(NamedTuple):
    """A box with its own axes, turned about the vertical, seen from outside."""

    centre: tuple[float, float, float]
    extent: tuple[float, float, float]
    """Full lengths along its axes."""
    turn: float
    """Radians about y."""


class Traced(NamedTuple):
    """What a view sees at each pixel; NaN in the sky."""

    depth: np.ndarray
    """(H, W) float64: z along the optical axis."""
    ray_depth: np.ndarray
    """(H, W) float64: distance from the camera."""
    surface: np.ndarray
    """(H, W) int: 8 × object + face (boxes have 6 of them), SKY where nothing is hit."""
    points: np.ndarray
    """(H, W, 3) float64, world."""
    normals: np.ndarray
    """(H, W, 3) float64, world, unit length, towards the camera."""
    colours: np.ndarray
    """(H, W, 3) float64, 0 … 255: smooth waves over the world, another tint for each surface."""


def normalized(view: View, pixels: np.ndarray) -> np.ndarray:
    """Undo the intrinsics: (…, 2) px to distorted normalized coordinates."""
    (fx, skew, cx), (_, fy, cy), _ = view.intrinsics
    y = (pixels[..., 1] - cy) / fy
    return np.stack([(pixels[..., 0] - cx - skew * y) / fx, y], -1)


def _brown(x: np.ndarray, y: np.ndarray, distortion: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    k1, k2, p1, p2, k3, k4, k5, k6 = (*distortion, *(0.0,) * (8 - len(distortion)))
    s = x * x + y * y
    radial = (1 + s * (k1 + s * (k2 + s * k3))) / (1 + s * (k4 + s * (k5 + s * k6)))
    return (
        x * radial + 2 * p1 * x * y + p2 * (s + 2 * x * x),
        y * radial + p1 * (s + 2 * y * y) + 2 * p2 * x * y,
    )


def _without_brown(seen: np.ndarray, distortion: tuple[float, ...]) -> np.ndarray:
    """Newton's method from the distorted point, with derivatives by complex steps."""
    x, y, step = seen[..., 0].copy(), seen[..., 1].copy(), 1e-100
    for _ in range(_ROUNDS):
        f, g = _brown(x, y, distortion)
        fx, gx = (part.imag / step for part in _brown(x + 1j * step, y + 0j, distortion))
        fy, gy = (part.imag / step for part in _brown(x + 0j, y + 1j * step, distortion))
        f, g, determinant = f - seen[..., 0], g - seen[..., 1], fx * gy - fy * gx
        x, y = x - (gy * f - fy * g) / determinant, y - (fx * g - gx * f) / determinant
    return np.stack([x, y], -1)


def _fisheye_angle(radius: np.ndarray, distortion: tuple[float, ...]) -> np.ndarray:
    """The angle θ whose θ (1 + k1 θ² + k2 θ⁴ + …) is the radius, by Newton's method."""
    powers = np.array([1.0, *distortion])
    theta = radius.copy()
    for _ in range(_ROUNDS):
        value = sum(c * theta ** (2 * n + 1) for n, c in enumerate(powers))
        slope = sum(c * (2 * n + 1) * theta ** (2 * n) for n, c in enumerate(powers))
        theta = theta - (value - radius) / slope
    return theta


def directions(view: View, pixels: np.ndarray) -> np.ndarray:
    """Unit vectors (…, 3) in the camera's frame along which pixels (…, 2) look."""
    seen = normalized(view, pixels)
    if view.model == "fisheye":
        radius = np.hypot(seen[..., 0], seen[..., 1])
        theta = _fisheye_angle(radius, view.distortion)
        across = seen * np.where(radius > 0, np.sin(theta) / np.where(radius > 0, radius, 1), 0)[..., np.newaxis]
        return np.concatenate([across, np.cos(theta)[..., np.newaxis]], -1)
    if view.model == "brown":
        seen = _without_brown(seen, view.distortion)
    rays = np.concatenate([seen, np.ones((*seen.shape[:-1], 1))], -1)
    return rays / np.linalg.norm(rays, axis=-1, keepdims=True)


def project(view: View, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (…, 2) of world points (…, 3), and their z in the camera's frame."""
    moved = points @ view.pose[:3, :3].T + view.pose[:3, 3]
    x, y, z = moved[..., 0], moved[..., 1], moved[..., 2]
    if view.model == "fisheye":
        r = np.hypot(x, y)
        theta = np.arctan2(r, z)
        bent = sum(c * theta ** (2 * n + 1) for n, c in enumerate([1.0, *view.distortion]))
        share = np.where(r > 0, bent / np.where(r > 0, r, 1), 1 / z)
        x, y = x * share, y * share
    else:
        x, y = x / z, y / z
        if view.model == "brown":
            x, y = _brown(x, y, view.distortion)
    (fx, skew, cx), (_, fy, cy), _ = view.intrinsics
    return np.stack([fx * x + skew * y + cx, fy * y + cy], -1), z


def _hit_plane(plane: Plane, origin: np.ndarray, rays: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    normal = np.array(plane.normal) / np.linalg.norm(plane.normal)
    towards = rays @ normal
    distance = (plane.offset / np.linalg.norm(plane.normal) - origin @ normal) / towards
    return distance, np.zeros(distance.shape, int), np.broadcast_to(normal, rays.shape)


def _hit_sphere(sphere: Sphere, origin: np.ndarray, rays: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    offset = origin - np.array(sphere.centre)
    along = -(rays @ offset)
    # the distance of the ray from the centre, squared, from the vector itself: the difference of squares would cancel
    nearest = offset + rays * along[..., np.newaxis]
    inside = sphere.radius**2 - (nearest**2).sum(-1)
    distance = np.where(inside >= 0, along - np.sqrt(np.maximum(inside, 0)), np.inf)
    reached = np.where(np.isfinite(distance), distance, 0)
    normals = (offset + rays * reached[..., np.newaxis]) / sphere.radius
    return distance, np.zeros(distance.shape, int), normals


def _hit_box(box: Box, origin: np.ndarray, rays: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    cos, sin = np.cos(box.turn), np.sin(box.turn)
    axes = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    own, start, half = rays @ axes.T, axes @ (origin - np.array(box.centre)), np.array(box.extent) / 2
    first, second = (-half - start) / own, (half - start) / own
    entry, leave = np.minimum(first, second), np.maximum(first, second)
    axis = entry.argmax(-1)
    distance = entry.max(-1)
    distance = np.where(distance <= leave.min(-1), distance, np.inf)
    side = np.take_along_axis(own, axis[..., np.newaxis], -1)[..., 0] > 0
    return distance, 2 * axis + side, axes[axis]


def trace(scene: tuple[Plane | Sphere | Box, ...], view: View, pixels: np.ndarray | None = None) -> Traced:
    """Follow the ray of each pixel, or of each of `pixels` (H, W, 2), to the first surface."""
    if pixels is None:
        pixels = np.stack(np.meshgrid(np.arange(view.width), np.arange(view.height)), -1).astype(float)
    rays_c = directions(view, pixels)
    rotation = view.pose[:3, :3]
    origin, rays = -rotation.T @ view.pose[:3, 3], rays_c @ rotation
    nearest = np.full(rays.shape[:-1], np.inf)
    surface, normals = np.full(nearest.shape, SKY), np.full(rays.shape, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        for number, thing in enumerate(scene):
            hit = {Plane: _hit_plane, Sphere: _hit_sphere, Box: _hit_box}[type(thing)]
            distance, face, normal = hit(thing, origin, rays)  # type: ignore[operator]
            closer = (distance > 1e-9) & (distance < nearest)
            nearest = np.where(closer, distance, nearest)
            surface = np.where(closer, 8 * number + face, surface)
            normals = np.where(closer[..., np.newaxis], normal, normals)
    nearest[surface == SKY] = np.nan
    away = (normals * rays).sum(-1) > 0
    normals = np.where(away[..., np.newaxis], -normals, normals)
    points = origin + rays * nearest[..., np.newaxis]
    return Traced(nearest * rays_c[..., 2], nearest, surface, points, normals, _texture(points, surface))


def _texture(points: np.ndarray, surface: np.ndarray) -> np.ndarray:
    """Waves about 40 cm long in all directions of space."""
    waves = np.stack([np.sin(points @ np.array(k)) for k in ((9, 11, 5), (-7, 5, 13), (12, -8, 7))], -1)
    tint = 128 + 60 * np.sin(surface[..., np.newaxis] * np.array([1.3, 2.1, 2.9]) + np.array([0.0, 2.0, 4.0]))
    return np.where(surface[..., np.newaxis] == SKY, np.nan, tint + 60 * waves)


def look_at(centre: tuple[float, float, float], target: tuple[float, float, float], roll: float = 0.0) -> np.ndarray:
    """The pose (4, 4) of a camera that looks from one point to another, rolled about its axis by radians."""
    forward = np.subtract(target, centre) / np.linalg.norm(np.subtract(target, centre))
    right = np.cross((0.0, 1.0, 0.0), forward)
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    cos, sin = np.cos(roll), np.sin(roll)
    pose = np.eye(4)
    pose[:3, :3] = np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]]) @ np.stack([right, down, forward])
    pose[:3, 3] = -pose[:3, :3] @ np.array(centre)
    return pose


COURT = (
    Plane((0.0, 1.0, 0.0), 0.55),  # a floor 55 cm below the cameras: 8° at 4 m, glancing towards the walls
    Plane((0.25, 0.05, 1.0), 4.2),
    Plane((1.0, -0.1, 0.3), 4.0),
    Plane((0.2, 0.08, -1.0), 4.4),
    Plane((-1.0, 0.12, 0.35), 4.6),
    Sphere((0.25, 0.1, 0.3), 0.42),
    Sphere((-0.55, 0.3, -0.25), 0.25),
    Box((0.1, 0.05, -0.75), (0.55, 0.7, 0.02), 0.3),  # a thin slab in front of the spheres
    Box((-0.2, 0.4, 0.85), (0.5, 0.3, 0.35), 0.7),
)
"""Slanted walls without end round a floor; two spheres, a slab and a crate in the middle."""
PLANES, SPHERES = frozenset((0, 1, 2, 3, 4, 7, 8)), frozenset((5, 6))
"""Objects of COURT with flat faces, and the round ones."""

RADIUS = 2.2
BROWN = (-0.12, 0.03, 0.001, -0.0015, 0.01)
FISHEYE = (0.03, -0.012, 0.004, -0.001)


def ring(width: int, height: int, cameras: int = 12, model: str | None = None) -> tuple[View, ...]:
    """Cameras evenly round the middle of COURT that look at it; each rolled, with skew, from another height."""
    focal = 0.85 * width
    intrinsics = np.array(
        [[focal, 0.002 * focal, 0.49 * width - 0.5], [0, 0.99 * focal, 0.51 * height - 0.5], [0, 0, 1]]
    )
    distortion = {None: (), "brown": BROWN, "fisheye": FISHEYE}[model]
    views = []
    for number in range(cameras):
        angle = 2 * np.pi * number / cameras
        centre = (RADIUS * np.sin(angle), 0.1 * np.cos(3 * angle), -RADIUS * np.cos(angle))
        pose = look_at(centre, (0.0, 0.15, 0.0), roll=0.08 * np.sin(2 * angle))
        views.append(View(intrinsics, pose, width, height, model, distortion))
    return tuple(views)


def motion(source: View, target: View) -> np.ndarray:
    """The transform (4, 4) from the source camera's frame to the target's."""
    rotation = source.pose[:3, :3]
    back = np.eye(4)
    back[:3, :3], back[:3, 3] = rotation.T, -rotation.T @ source.pose[:3, 3]
    return target.pose @ back


def near_silhouettes(surface: np.ndarray, reach: int = 2) -> np.ndarray:
    """Where another surface is no more than `reach` pixels away in any direction: (H, W) bool."""
    rows, columns = surface.shape
    changes = np.zeros(surface.shape, bool)
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            y, x = np.clip(np.arange(rows) + dy, 0, rows - 1), np.clip(np.arange(columns) + dx, 0, columns - 1)
            changes |= surface[np.ix_(y, x)] != surface
    return changes
