"""Reprojection between any two cameras, with any splat: positions first, then what each target pixel sees."""

from typing import NamedTuple

import numpy as np

from geometry.bands import run_bands
from geometry.depth.jumps import surface_links
from geometry.depth.optics import Optics
from geometry.depth.reprojection.bilinear import spread_bilinear
from geometry.depth.reprojection.colour import Colours
from geometry.depth.reprojection.landing import _HALF, NO_PLACE
from geometry.depth.reprojection.positions import Passage, Positions, positions
from geometry.depth.reprojection.result import DEPTH_STATUS, OCCLUDED, SOURCE_STATUS, VISIBLE, Fates, ReprojectedDepth
from geometry.depth.reprojection.shading import shade_triangles
from geometry.depth.reprojection.surface import reproject_single
from geometry.depth.reprojection.triangles import LONE, TriangleSplat, splat_triangles
from geometry.depth.reprojection.wide import nearest_landed, reproject_wide, rounded
from geometry.depth.views import Readings
from geometry.inputs import Array
from geometry.kernel import kernel
from geometry.memory import fresh_arrays

_BAND_PIXELS = 65536
_HOLE, _FILLED = DEPTH_STATUS.index("hole"), DEPTH_STATUS.index("filled")


class Request(NamedTuple):
    """What a caller wants of a reprojection."""

    splat: str
    depth_tolerance: float
    max_jump: float
    fill_holes: bool
    colours: Colours | None
    source_status: bool


class Seen(NamedTuple):
    """What the target sees, before it gets the dtype of the input."""

    nearest: Array
    """(h, w) float64, NaN in holes."""
    source_index: Array
    status: Array
    carried: Array | None
    """(h, w, C): colours."""


@kernel("void(f8[:,::1], f8[:,::1], f8[:,::1], u1[:,::1], b1, i8, i8, i8, i4[:,::1], f8[:,::1], i8[:,::1])")
def _land_moved(u, v, distance, fates, single, width, start, stop, landing, landed, rows):  # type: ignore[no-untyped-def]
    """Plane indices in the target; depths as they are compared, in float32 if they will be stored so."""
    for y in range(start, stop):
        first, last = NO_PLACE, -1
        for x in range(u.shape[1]):
            landing[y, x], landed[y, x] = -1, 0.0
            if fates[y, x] == OCCLUDED:
                place = np.int64(np.floor(v[y, x] + _HALF)) * width + np.int64(np.floor(u[y, x] + _HALF))
                first, last = min(first, place), max(last, place)
                landing[y, x] = place
                landed[y, x] = np.float64(np.float32(distance[y, x])) if single else distance[y, x]
        rows[y, 0], rows[y, 1] = first, last


@kernel("void(i4[:,::1], u1[:,::1], i8, i8, u1[::1])")
def _mark(source_index, status, start, stop, fates):  # type: ignore[no-untyped-def]
    """Call visible what a pixel shows; what is filled shows nothing that was seen."""
    for y in range(start, stop):
        for x in range(source_index.shape[1]):
            if status[y, x] == 0:
                fates[np.uint64(source_index[y, x])] = VISIBLE


def reproject_between(readings: Readings, passage: Passage, request: Request) -> ReprojectedDepth:
    """Reproject as requested, by the shortest way."""
    colours = request.colours
    plain = request.splat == "nearest" and passage.straight
    if plain and not (request.fill_holes or request.source_status):
        found = _straight(readings, passage)
        if colours is None:
            return found
        return found._replace(image=colours.finished(colours.of(found.source_index), found.status))
    moved = positions(readings, passage)
    mesh = _mesh(readings, passage, request, moved)
    if plain:
        found = _straight(readings, passage)
        carried = None if colours is None else colours.of(found.source_index)
        depth, source_index, status = found[:3]
    else:
        nearest, source_index, status, carried = _splatted(readings, passage, request, moved, mesh)
        depth = rounded(nearest, source_index, readings.dtype)
    _mark_visible(source_index, status, moved.fates)
    if request.fill_holes and mesh is not None and request.splat != "triangle":
        _fill(depth, source_index, status, carried, passage, colours, moved, mesh)
    return ReprojectedDepth(
        depth,
        source_index,
        status,
        Fates(*(int(np.count_nonzero(moved.fates == code)) for code in range(len(SOURCE_STATUS)))),
        None if carried is None or colours is None else colours.finished(carried, status),
        moved.fates if request.source_status else None,
    )


def _straight(readings: Readings, passage: Passage) -> ReprojectedDepth:
    """Nearest readings without lenses."""
    motion = passage.motion
    wide = readings.depth.dtype == np.float64 or (motion.ray and readings.dtype.kind in "iu")
    return reproject_wide(readings, motion) if wide else reproject_single(readings, motion)


def _mesh(readings: Readings, passage: Passage, request: Request, moved: Positions) -> TriangleSplat | None:
    """The surfaces between neighbouring readings, where they are wanted."""
    if request.splat != "triangle" and not request.fill_holes:
        return None
    links = surface_links(readings, request.max_jump)
    width, height = passage.motion.width, passage.motion.height
    return splat_triangles(moved.u, moved.v, moved.z, links, width=width, height=height)


def _splatted(
    readings: Readings, passage: Passage, request: Request, moved: Positions, mesh: TriangleSplat | None
) -> Seen:
    colours = request.colours
    if request.splat == "nearest":
        return nearest_seen(moved, readings, (passage.motion.width, passage.motion.height), colours)
    if request.splat == "bilinear":
        image = None if colours is None else colours.pixels
        size = passage.motion.width, passage.motion.height
        return Seen(*spread_bilinear(moved, request.depth_tolerance, size, image))
    assert mesh is not None
    carried = None if colours is None else shade_triangles(colours.pixels, moved.u, moved.v, moved.z, mesh)
    nearest = _mesh_distance(passage, readings, moved, mesh)
    status = np.isnan(nearest).view(np.uint8)
    return Seen(nearest, mesh.source_index, status, carried)


def nearest_seen(moved: Positions, readings: Readings, size: tuple[int, int], colours: Colours | None) -> Seen:
    """Keep the nearest reading of each target pixel, of equal ones the first."""
    lines, columns = shape = moved.u.shape
    landing, landed = fresh_arrays((shape, np.dtype(np.int32)), (shape, np.dtype(np.float64)))
    rows, single = np.empty((lines, 2), np.int64), readings.dtype == np.float32
    run_bands(
        lambda start, stop: _land_moved(
            moved.u, moved.v, moved.distance, moved.fates, single, size[0], start, stop, landing, landed, rows
        ),
        lines,
        grain=max(1, _BAND_PIXELS // columns),
    )
    nearest, source_index, status, _ = nearest_landed(landing, landed, rows, size)
    return Seen(nearest, source_index, status, None if colours is None else colours.of(source_index))


def _mark_visible(source_index: Array, status: Array, fates: Array) -> None:
    flat = fates.reshape(-1)
    run_bands(
        lambda start, stop: _mark(source_index, status, start, stop, flat),
        len(source_index),
        grain=max(1, _BAND_PIXELS // source_index.shape[1]),
    )


def _mesh_distance(passage: Passage, readings: Readings, moved: Positions, mesh: TriangleSplat) -> Array:
    """The mesh's depth as the result holds it: along the ray of each pixel's centre if depths are `"ray"`."""
    if not passage.motion.ray:
        return mesh.nearest
    lowest = 1.0 if readings.dtype.kind in "iu" else 0.0
    (distance,) = fresh_arrays((mesh.nearest.shape, np.dtype(np.float64)))

    def work(start: int, stop: int) -> None:
        along = mesh.nearest[start:stop] * _ray_lengths(passage.target, start, stop, distance.shape[1])
        # Between corners that round to 1 the surface may be nearer than each of them.
        np.maximum(along, lowest, out=distance[start:stop])
        lone = mesh.triangle[start:stop] == LONE
        distance[start:stop][lone] = moved.distance.reshape(-1)[mesh.source_index[start:stop][lone]]

    run_bands(work, len(distance), grain=max(1, _BAND_PIXELS // distance.shape[1]))
    return distance


def _ray_lengths(optics: Optics, start: int, stop: int, width: int) -> Array:
    """(stop − start, width): |(X, Y, Z)| / Z at pixel centres."""
    rays = optics.ray_rows(start, stop, width)
    lengths: Array = np.sqrt(rays[:, :, 0] ** 2 + rays[:, :, 1] ** 2 + 1.0)
    return lengths


def _fill(
    depth: Array, source_index: Array, status: Array, carried: Array | None, passage: Passage,
    colours: Colours | None, moved: Positions, mesh: TriangleSplat,
) -> None:  # fmt: skip
    """Let holes show the surface between readings that are neighbours in the source."""
    motion = passage.motion
    between = None if colours is None else shade_triangles(colours.pixels, moved.u, moved.v, moved.z, mesh)
    whole = depth.dtype.kind in "iu"

    def work(start: int, stop: int) -> None:
        rows = slice(start, stop)
        holes = (status[rows] == _HOLE) & (mesh.triangle[rows] < LONE)
        along = mesh.nearest[rows][holes]
        if motion.ray:
            along *= _ray_lengths(passage.target, start, stop, motion.width)[holes]
        depth[rows][holes] = np.maximum(np.rint(along), 1.0) if whole else along
        source_index[rows][holes] = mesh.source_index[rows][holes]
        status[rows][holes] = _FILLED
        if carried is not None and between is not None:
            carried[rows][holes] = between[rows][holes]

    run_bands(work, motion.height, grain=max(1, _BAND_PIXELS // motion.width))
