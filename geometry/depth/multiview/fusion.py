"""Many depth maps as one camera would see them: readings of all views in each of its pixels, put together."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.depth.jumps import MAX_JUMP, jump_share
from geometry.depth.multiview.agreement import Criteria, compare
from geometry.depth.multiview.comparison import INCONSISTENT
from geometry.depth.multiview.front import MEAN, MEDIAN, NEAREST, OK, front_rows
from geometry.depth.multiview.inverse import InverseDepth, inverse_depth
from geometry.depth.multiview.posed import DepthMaps, DepthSource, PosedView, numbered, posed_view, posed_views
from geometry.depth.reprojection.reproject import Splat, reproject_depth
from geometry.depth.reprojection.result import Fates, ReprojectedDepth
from geometry.depth.views import MOST_PIXELS, DepthKind, depth_readings, unit_length
from geometry.errors import InvalidInput
from geometry.inputs import PIXEL_DTYPES, Array, choice, dtype_name, extent, finite_number
from geometry.memory import fresh_arrays

Reduce = Literal["nearest", "median", "mean"]

FUSION_STATUS = ("ok", "hole", "unsupported")
"""What the codes of fused pixels mean; unsupported: there are readings, but no `min_support` of them agree."""

STACK_BYTES = 1 << 28
"""Of the readings that are held at a time, all views together; what does not fit waits for another pass."""

_RULES = {"nearest": NEAREST, "median": MEDIAN, "mean": MEAN}
_BAND_PIXELS = 16384
_LIGHTEST, _HEAVIEST = np.float32(1e-30), np.float32(1e30)


class FusedDepth(NamedTuple):
    """What many views know about the depth of one."""

    depth: Array
    """(h, w), dtype of the input; no depth is NaN (float) or 0 (integer)."""
    support: Array
    """(h, w) int32: how many views agree, themselves included; 0 where there is no depth."""
    source_camera: Array
    """(h, w) int32: the view whose reading it is, of a mean the one whose reading is nearest; −1 for none."""
    source_index: Array
    """(h, w) int32: plane index y·W + x of that reading in its view; −1 for none."""
    status: Array
    """(h, w) uint8, codes of `FUSION_STATUS`."""
    contradictions: Array | None
    """(h, w) int32: how many views see through the surface: where it is, they have a reading that is further than
    `tolerance` behind it; None unless asked for."""
    fates: tuple[Fates, ...]
    """What became of the pixels of each view; `occluded` counts only those that the same view occludes."""


def fuse_depth(
    depths: DepthMaps,
    intrinsics: ArrayLike,
    poses: ArrayLike,
    target_intrinsics: ArrayLike,
    target_pose: ArrayLike,
    *,
    size: Sequence[int] | None = None,
    reduce: Reduce = "nearest",
    tolerance: float = 0.02,
    min_support: int = 1,
    splat: Splat = "nearest",
    max_jump: float = MAX_JUMP,
    contradictions: bool = False,
    distortion: ArrayLike | None = None,
    model: str = "brown",
    target_distortion: ArrayLike | None = None,
    target_model: str = "brown",
    depth_kind: DepthKind = "z",
    depth_scale: float = 1.0,
    no_reading: Sequence[float] = (),
) -> FusedDepth:
    """Put the depth maps of N views together to that of one more.

    Every view is brought to the target by `reproject_depth` with `T = T_target T_view⁻¹`, so that each has one reading
    d of a pixel at most. The front surface begins at the least d for which `min_support` views have their readings in
    `d … (1 + tolerance) d`; these readings, s of them, are its own. The depth is

    - `"nearest"`: d;
    - `"median"`: the ⌈s/2⌉-th of them in order, which is one of the readings;
    - `"mean"`: `Σ wᵢ dᵢ / Σ wᵢ`, `wᵢ = (fᵢ / zᵢ)²` with the view's own reading zᵢ and `f = √(f_x f_y)`: as many as
      the pixels that view i had for a piece of the surface.

    Of equal readings the view with the lower number is named. One view with the target's camera comes out as it went
    in, to the last bit, and the order of the views changes nothing but these numbers.

    Parameters
    ----------
    depths
        (N, H, W), or any sequence of N arrays (H, W), whose sizes may differ; uint8, uint16, int16, int32, float32 or
        float64, one dtype for all. 0, negative values, NaN and infinity mean no reading. Maps are asked for one after
        the other, and again for each `STACK_BYTES` of readings; an iterator serves where once is enough.
    intrinsics
        (3, 3) for all views or (N, 3, 3), pixels, upper triangular with positive focal lengths. Pixel centres at
        integers.
    poses
        (N, 4, 4), rigid, camera from world: `X_c = R X_w + t`. Rotations, orthonormal to 1e-3, are replaced by the
        nearest exact ones.
    target_intrinsics, target_pose
        (3, 3) and (4, 4): the same of the target.
    size
        (width, height) of the target, pixels; default: that of the first view.
    reduce
        `"nearest"`, `"median"` or `"mean"`.
    tolerance
        How far readings of one surface may lie apart, relative to the nearest, ≥ 0.
    min_support
        How many views must agree, 1 … N.
    splat, max_jump
        How readings cover pixels of the target, and at which relative step in depth surfaces end; see
        `reproject_depth`.
    contradictions
        Whether to look in every view for what lies behind the fused surface; takes one more pass over the views.
    distortion, model
        Lens of the views: coefficients for all or (N, K), and `"brown"` or `"fisheye"`; default: none.
    target_distortion, target_model
        Lens of the target.
    depth_kind, depth_scale, no_reading
        As for `reproject_depth`, for all views and the target.

    Returns
    -------
    FusedDepth
        Integers are rounded half to even.

    Raises
    ------
    InvalidInput
        An argument is not as above; names it, with a number for each view.

    Notes
    -----
    Memory does not grow with N: where the readings of all views exceed `STACK_BYTES`, as many rows of the target as
    fit are fused in one pass over the views, one row at least.
    """
    rule = _RULES[choice(reduce, "reduce", get_args(Reduce))]
    views = posed_views(intrinsics, poses, distortion, model)
    target = posed_view(target_intrinsics, target_pose, target_distortion, target_model)
    source = DepthSource(depths, len(views))
    first = source.first
    if first.ndim != 2 or 0 in first.shape or dtype_name(first.dtype) not in PIXEL_DTYPES:
        raise InvalidInput("depths/0", f"must be (H, W), not empty, real; came as {first.shape} {first.dtype}")
    dtype = first.dtype.newbyteorder("=")
    width, height = first.shape[::-1] if size is None else extent(size)
    if width * height > MOST_PIXELS:
        raise InvalidInput("size", f"must not have more than {MOST_PIXELS} pixels, came as {width} × {height}")
    share, scale = finite_number(tolerance, "tolerance"), unit_length(depth_scale)
    if share < 0:
        raise InvalidInput("tolerance", f"must not be negative, came as {share:g}")
    if not isinstance(min_support, int | np.integer) or not 1 <= min_support <= len(views):
        raise InvalidInput("min_support", f"must be a whole number from 1 to {len(views)}, came as {min_support!r}")
    options = {
        "size": (width, height), "splat": splat, "max_jump": jump_share(max_jump), "depth_kind": depth_kind,
        "depth_scale": scale, "no_reading": no_reading,
    }  # fmt: skip

    def brought() -> Iterator[_Brought]:
        for number, (view, depth) in enumerate(zip(views, source.maps(), strict=True)):
            if depth.dtype.newbyteorder("=") != dtype:
                raise InvalidInput(f"depths/{number}", f"must have the first one's dtype {dtype}, has {depth.dtype}")
            try:
                yield _Brought(_reproject(depth, view, target, options), np.ascontiguousarray(depth), view)
            except InvalidInput as error:
                raise numbered(error, "depth", "depths", number) from None

    fused = _fuse(brought, len(views), (height, width), dtype, _Rule(rule, share, int(min_support)))
    if not contradictions:
        return fused
    prepared = partial(inverse_depth, scale=scale, along_rays=depth_kind == "ray", surfaces=True, max_jump=max_jump)
    surface = prepared(depth_readings(fused.depth, ()), target)
    through = np.zeros((height, width), np.int32)
    for view, depth in zip(views, source.maps(), strict=True):
        _add_contradictions(surface, prepared(depth_readings(depth, no_reading), view), share, through)
    return fused._replace(contradictions=through)


def _add_contradictions(surface: InverseDepth, there: InverseDepth, tolerance: float, through: Array) -> None:
    """Count the pixels of the surface that a view sees through."""
    (reasons,) = fresh_arrays((through.shape, np.dtype(np.uint8)))
    compare(surface, there, Criteria(tolerance, np.inf, False), reasons, None)
    through += reasons == INCONSISTENT


class _Brought(NamedTuple):
    """A view in the target, and what it was there made from."""

    seen: ReprojectedDepth
    depth: Array
    view: PosedView

    def weights(self, top: int, bottom: int) -> Array:
        """(bottom − top, w): (f / z)² of the readings in rows of the target; anything where there is none."""
        K = self.view.optics.intrinsics
        z = self.depth.reshape(-1)[self.seen.source_index[top:bottom]].astype(np.float32)
        with np.errstate(all="ignore"):
            np.divide(np.float32(np.sqrt(K[0, 0] * K[1, 1])), z, out=z)
            np.square(z, out=z)
            weights: Array = np.clip(z, _LIGHTEST, _HEAVIEST, out=z)
        return weights


class _Rule(NamedTuple):
    """What makes one depth of many."""

    reduce: int
    tolerance: float
    min_support: int


def _reproject(depth: Array, view: PosedView, target: PosedView, options: dict[str, Any]) -> ReprojectedDepth:
    transform = np.eye(4)
    transform[:3, :3], transform[:3, 3] = view.motion_to(target)
    lenses: dict[str, Any] = {
        f"{side}_{name}": value
        for side, lens in (("source", view.optics.lens), ("target", target.optics.lens))
        if lens is not None
        for name, value in (("distortion", lens.coefficients), ("model", lens.model))
    }
    source_K, target_K = view.optics.intrinsics, target.optics.intrinsics
    return reproject_depth(depth, source_K, target_K, transform, **options, **lenses)


def _fuse(
    brought: Callable[[], Iterator[_Brought]], views: int, shape: tuple[int, int], dtype: np.dtype[Any], rule: _Rule
) -> FusedDepth:
    height, width = shape
    real = np.dtype(np.float64 if dtype in (np.float64, np.int32) else np.float32)
    weighted = rule.reduce == MEAN
    depth, support, source_camera, source_index, status = fresh_arrays(
        (shape, real), *((shape, np.dtype(kind)) for kind in (np.int32, np.int32, np.int32, np.uint8))
    )
    tall = stack_rows(views, width, real.itemsize, weighted=weighted)
    fates: list[Fates] = []
    for top in range(0, height, tall):
        rows = min(tall, height - top)
        stack = (views, rows, width)
        described = ((stack, real), (stack, np.dtype(np.int32)))
        weights = (stack if weighted else (0, rows, width), np.dtype(np.float32))
        stacks = fresh_arrays(*described, weights)
        for number, one in enumerate(brought()):
            _stack(one, top, *(plane[number : number + 1] for plane in stacks))
            if top == 0:
                fates.append(one.seen.fates)
        results = [plane[top : top + rows] for plane in (depth, support, source_camera, source_index, status)]
        run_bands(partial(_reduce, stacks, rule, results), rows, grain=max(1, _BAND_PIXELS // (width * views)))
    if dtype.kind in "iu":
        depth = np.where(status == OK, np.rint(depth), 0).astype(dtype)
    return FusedDepth(depth, support, source_camera, source_index, status, None, tuple(fates))


def _reduce(stacks: list[Array], rule: _Rule, results: list[Array], start: int, stop: int) -> None:
    front_rows(*stacks, *rule, start, stop, *results)


def _stack(one: _Brought, top: int, readings: Array, indices: Array, weights: Array) -> None:
    """Copy a view's rows from `top` on to stacks (1, rows, w), or none of weights."""

    def copy(start: int, stop: int) -> None:
        readings[0, start:stop] = one.seen.depth[top + start : top + stop]
        indices[0, start:stop] = one.seen.source_index[top + start : top + stop]
        for plane in weights:
            plane[start:stop] = one.weights(top + start, top + stop)

    run_bands(copy, readings.shape[1], grain=max(1, _BAND_PIXELS // readings.shape[2]))


def stack_rows(views: int, width: int, itemsize: int, *, weighted: bool) -> int:
    """How many rows of the target are fused in one pass over the views."""
    return max(1, STACK_BYTES // (views * width * (itemsize + (8 if weighted else 4))))
