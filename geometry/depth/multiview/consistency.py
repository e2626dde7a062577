"""How well depth maps match: every reading of a view held against what the others see where it is."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike

from geometry.depth.jumps import MAX_JUMP, jump_share
from geometry.depth.multiview.agreement import Agreement, Criteria, compare
from geometry.depth.multiview.comparison import CONSISTENCY_REASONS, CONSISTENT, INCONSISTENT, NO_READING
from geometry.depth.multiview.inverse import InverseDepth, inverse_depth
from geometry.depth.multiview.overlap import blind_pairs
from geometry.depth.multiview.posed import DepthMaps, DepthSource, numbered, posed_views
from geometry.depth.views import DepthKind, depth_readings, unit_length
from geometry.errors import InvalidInput
from geometry.inputs import Array, choice, finite_number, real_array
from geometry.memory import fresh_arrays

Interpolation = Literal["linear", "nearest"]

_MOST_KNOWN = 100_000  # pairs; about half a kilobyte each

PAIR_STATUS = ("ok", "nothing_comparable")
"""What the codes of pairs mean; nothing comparable: no reading of the first view is consistent or inconsistent."""


class DepthConsistency(NamedTuple):
    """How well depth maps match, M ordered pairs of them."""

    pairs: Array
    """(M, 2) int64: the view whose readings are looked at, and the one that they are held against."""
    score: Array
    """(M,) float64, 0 … 1: overlap × agreement, the share of the first view's readings that the second confirms."""
    overlap: Array
    """(M,) float64, 0 … 1: share of the first view's readings that are comparable: consistent or inconsistent."""
    agreement: Array
    """(M,) float64, 0 … 1: share of the comparable readings that are consistent; NaN if there are none."""
    loss: Array
    """(M,) float64, 0 … 1: mean of r² / (1 + r²) over the comparable readings of both directions together, r the
    relative difference in units of `tolerance`; the same for (i, j) and (j, i); NaN if there are none."""
    reprojection_error: Array
    """(M,) float64, px: median over the comparable readings of the distance between a pixel and where it comes back
    from the depth that the other view has; NaN if there are none."""
    depth_error: Array
    """(M,) float64: median of |z − z'| / min(z, z') over the same."""
    counts: Array
    """(M, 7) int64: pixels of the first view by their reason, in the order of `CONSISTENCY_REASONS`."""
    status: Array
    """(M,) uint8, codes of `PAIR_STATUS`."""
    skipped: Array
    """(S, 2) int64: ordered pairs that were not compared, as every reading of the first lies outside the second."""
    reasons: Array | None
    """(M, H, W) uint8, codes of `CONSISTENCY_REASONS`; None unless asked for."""
    errors: Array | None
    """(M, H, W) float32, px: forward-backward error; NaN where the second view has no reading; None unless asked
    for."""


def depth_consistency(
    depths: DepthMaps,
    intrinsics: ArrayLike,
    poses: ArrayLike,
    *,
    pairs: ArrayLike | None = None,
    tolerance: float = 0.01,
    max_error: float = 2.0,
    interpolation: Interpolation = "linear",
    max_jump: float = MAX_JUMP,
    distortion: ArrayLike | None = None,
    model: str = "brown",
    depth_kind: DepthKind = "z",
    depth_scale: float = 1.0,
    no_reading: Sequence[float] = (),
    maps: bool = False,
) -> DepthConsistency:
    """Measure how well the depth maps of N views match, pair by pair and pixel by pixel.

    A reading z₁ at p of the first view is the point `X = z₁ K₁⁻¹ p` in its frame, which the second shows at
    `q ~ K₂ (R X + t)` at the depth z. There the second has the depth z', and the point at that depth on the ray of q
    comes back to the first view at p'. The reading is consistent if `|z − z'| ≤ tolerance · min(z, z')` and
    `|p' − p| ≤ max_error`. Otherwise, it is inconsistent if z < z', as the second view would have seen it and saw
    through it, and occluded if z > z'.

    Parameters
    ----------
    depths
        (N, H, W), or any sequence of N arrays (H, W), whose sizes and dtypes may differ; uint8, uint16, int16, int32,
        float32 or float64. 0, negative values, NaN and infinity mean no reading.
    intrinsics
        (3, 3) for all views or (N, 3, 3), pixels, upper triangular with positive focal lengths. Pixel centres at
        integers.
    poses
        (N, 4, 4), rigid, camera from world: `X_c = R X_w + t`. Rotations, orthonormal to 1e-3, are replaced by the
        nearest exact ones.
    pairs
        (M, 2), integers: ordered pairs of views; default: all of two different ones that are not `skipped`.
    tolerance
        Largest relative difference of consistent depths, > 0.
    max_error
        Largest forward-backward error of consistent readings, px of the first view, > 0.
    interpolation
        How z' is read: `"linear"`: between four pixels, linear in 1 / z (which is exact for planes), if they belong to
        one surface, otherwise of the four the one that differs least from z; `"nearest"`: at the nearest pixel.
    max_jump
        Relative step in depth at which surfaces end; see `depth_discontinuities`.
    distortion, model
        Lens of the views: coefficients for all or (N, K), and `"brown"` or `"fisheye"`; default: none. Errors are in
        pixels of the image without its distortion.
    depth_kind
        `"z"`: along the optical axis; `"ray"`: along the ray of the pixel.
    depth_scale
        Length of one depth unit in units of the poses: 0.001 for millimetres with poses in metres. > 0.
    no_reading
        More values that mean no reading, such as 65535.
    maps
        Whether to return `reasons` and `errors`; the views must have one size then.

    Returns
    -------
    DepthConsistency
        Medians are lower medians, found to 1 part in 1000; those below 1e-6 are 0. Inverse depths are held to 24 bits.

    Raises
    ------
    InvalidInput
        An argument is not as above; names it, with a number for each view.

    Notes
    -----
    The reading of another view that is nearer does not contradict this one, which may be occluded; the opposite
    direction tells. That is why the loss takes both, and compares them itself where `pairs` has only one.
    """
    views = ComparedViews(
        depths,
        intrinsics,
        poses,
        pairs=pairs,
        tolerance=tolerance,
        max_error=max_error,
        interpolation=interpolation,
        max_jump=max_jump,
        distortion=distortion,
        model=model,
        depth_kind=depth_kind,
        depth_scale=depth_scale,
        no_reading=no_reading,
        maps=maps,
    )
    return views.measure(views.pairs, views.skipped)


class ComparedViews:
    """Views prepared once, of which any pairs can be measured; arguments as of `depth_consistency`.

    Attributes
    ----------
    pairs
        (M, 2) int64: those that were given, or all of two different views that are not skipped.
    skipped
        (S, 2) int64: pairs where every reading of the first view lies outside the second.
    """

    def __init__(
        self,
        depths: DepthMaps,
        intrinsics: ArrayLike,
        poses: ArrayLike,
        *,
        pairs: ArrayLike | None,
        tolerance: float,
        max_error: float,
        interpolation: Interpolation,
        max_jump: float,
        distortion: ArrayLike | None,
        model: str,
        depth_kind: DepthKind,
        depth_scale: float,
        no_reading: Sequence[float],
        maps: bool,
    ) -> None:
        linear = choice(interpolation, "interpolation", get_args(Interpolation)) == "linear"
        jump_share(max_jump)
        self._criteria = Criteria(_positive(tolerance, "tolerance"), _positive(max_error, "max_error"), not linear)
        ray = choice(depth_kind, "depth_kind", get_args(DepthKind)) == "ray"
        cameras, scale = posed_views(intrinsics, poses, distortion, model), unit_length(depth_scale)
        wanted = None if pairs is None else _checked_pairs(pairs, len(cameras))
        views: list[InverseDepth] = []
        for number, (camera, depth) in enumerate(zip(cameras, DepthSource(depths, len(cameras)).maps(), strict=True)):
            try:
                readings = depth_readings(depth, no_reading)
            except InvalidInput as error:
                raise numbered(error, "depth", "depths", number) from None
            views.append(inverse_depth(readings, camera, scale, along_rays=ray, surfaces=linear, max_jump=max_jump))
        sizes = {view.nearness.shape for view in views}
        if maps and len(sizes) > 1:
            raise InvalidInput("maps", f"needs views of one size, they have {len(sizes)}")
        self.skipped = np.empty((0, 2), np.int64)
        if wanted is None:
            blind = blind_pairs(views)
            different = ~np.eye(len(views), dtype=bool)
            wanted, self.skipped = np.argwhere(different & ~blind), np.argwhere(different & blind)
        self.pairs = wanted
        self._views, self._maps = views, maps
        self._known: dict[tuple[int, int], Agreement] = {}

    def measure(self, pairs: Array, skipped: Array) -> DepthConsistency:
        """Measure these pairs (M, 2), int64, in range; each as if all were measured at once, bit for bit.

        What was found is kept, as the loss of a pair and that of the opposite one need the same.
        """
        views, known = self._views, self._known
        if len(known) > _MOST_KNOWN:
            known.clear()
        shape = (len(pairs), *views[0].nearness.shape)
        reasons, errors = (
            fresh_arrays((shape, np.dtype(np.uint8)), (shape, np.dtype(np.float32))) if self._maps else (None, None)
        )
        for number, (i, j) in enumerate(pairs.tolist()):
            if (i, j) in known and reasons is None:
                continue
            planes = (None, None) if reasons is None or errors is None else (reasons[number], errors[number])
            known[i, j] = compare(views[i], views[j], self._criteria, *planes)
        without = {(i, j) for i, j in self.skipped.tolist()}
        ordered = [(i, j) for i, j in pairs.tolist()]
        for i, j in ordered:
            if (j, i) not in known and (j, i) not in without:
                known[j, i] = compare(views[j], views[i], self._criteria, None, None)
        found = [known[pair] for pair in ordered]
        counts = np.array([one.counts for one in found], np.int64).reshape(-1, len(CONSISTENCY_REASONS))
        comparable = counts[:, CONSISTENT] + counts[:, INCONSISTENT]
        readings = counts.sum(axis=1) - counts[:, NO_READING]
        both = np.array([_losses(known, i, j) for i, j in ordered]).reshape(-1, 2)
        return DepthConsistency(
            pairs,
            _share(counts[:, CONSISTENT], readings, 0.0),
            _share(comparable, readings, 0.0),
            _share(counts[:, CONSISTENT], comparable, np.nan),
            _share(both[:, 0], both[:, 1], np.nan),
            np.array([one.reprojection_error for one in found]),
            np.array([one.depth_error for one in found]),
            counts,
            (comparable == 0).astype(np.uint8),
            skipped,
            reasons,
            errors,
        )


def _losses(known: dict[tuple[int, int], Agreement], i: int, j: int) -> tuple[float, float]:
    """The sum of losses, and of how many readings, in both directions; in one order, so that rounding is the same."""
    total = count = 0.0
    for pair in ((min(i, j), max(i, j)), (max(i, j), min(i, j))):
        if pair in known:
            total += known[pair].loss
            count += float(known[pair].counts[CONSISTENT] + known[pair].counts[INCONSISTENT])
    return total, count


def _share(part: Array, whole: Array, otherwise: float) -> Array:
    """Divide parts by wholes; another number where there is nothing."""
    return np.where(whole > 0, part / np.maximum(whole, 1), otherwise)


def _positive(value: float, name: str) -> float:
    number = finite_number(value, name)
    if number <= 0:
        raise InvalidInput(name, f"must be positive, came as {number:g}")
    return number


def _checked_pairs(pairs: ArrayLike, views: int) -> Array:
    given = real_array(pairs, "pairs", ("M", 2))
    good = (given >= 0) & (given < views) & (given == np.floor(given))
    if not good.all():
        place = np.argwhere(~good)[0]
        raise InvalidInput(
            "/".join(["pairs", *map(str, place)]),
            f"must be the number of a view, 0 … {views - 1}; came as {given[tuple(place)]:g}",
        )
    return given.astype(np.int64)
