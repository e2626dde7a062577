"""Which epipoles lie in the images: of listed pairs, of blocks, and of all pairs of a rig."""

import numpy as np
from numpy.typing import ArrayLike

from geometry.errors import InvalidInput
from geometry.inputs import Array, real_array
from geometry.relations.epipoles import in_image, seen_rows
from geometry.relations.rig import Layout, Rig, Span

_BAND_CAMERAS = 128


def pair_epipole_flags(rig: Rig, pairs: Array, epipoles: Array, sizes: ArrayLike) -> tuple[Array, Array]:
    """Tell for pairs (M, 2), int64, with their epipoles (M, 2, 3), whether those lie in the left and right images."""
    extents = _extents(rig, sizes)
    return in_image(epipoles[:, 0], extents[pairs[:, 0]]), in_image(epipoles[:, 1], extents[pairs[:, 1]])


def centres_seen(rig: Rig, rows: Span, columns: Span, sizes: ArrayLike) -> Array:
    """Tell which cameras `columns` have their centre in the images of cameras `rows`: (rows, columns), bool.

    For the pair left = row, right = column this is whether the epipole lies in the left image. A centre behind the
    camera counts where its line of sight meets the image. False where the status says that there is no matrix.
    """
    extents = _extents(rig, sizes)
    status = rig.status_block(rows, columns)
    seen = np.empty(status.shape, np.bool_)

    def work(band: Span, _: int) -> None:
        within = slice(band[0] - rows[0], band[1] - rows[0])
        seen_rows(rig.prepared, extents, band, columns, status[within], seen[within])

    rig.in_bands(rows, columns, False, work)
    return seen


def epipole_flags(rig: Rig, sizes: ArrayLike, layout: Layout = "full") -> tuple[Array, Array]:
    """Tell for all pairs whether the epipole lies in the left image, and whether in the right one.

    Parameters
    ----------
    rig
        N cameras.
    sizes
        (2,) for all or (N, 2): width and height of the images; pixel centres lie at integers.
    layout
        See `fundamental_all`.

    Returns
    -------
    Two arrays of bool, (N, N) or (N (N−1) / 2,); False where a pair has no epipoles.

    Raises
    ------
    InvalidInput
        Sizes of another shape, or below 1.
    """
    cameras = rig.cameras
    if layout == "full":
        seen = centres_seen(rig, (0, cameras), (0, cameras), sizes)
        return seen, np.ascontiguousarray(seen.T)
    left = np.empty(rig.pairs_before(cameras, layout), np.bool_)
    right = np.empty_like(left)
    for first in range(0, cameras, _BAND_CAMERAS):
        rows, columns = (first, min(first + _BAND_CAMERAS, cameras)), (first, cameras)
        seen, seen_back = centres_seen(rig, rows, columns, sizes), centres_seen(rig, columns, rows, sizes).T
        for i in range(*rows):
            at = slice(rig.pairs_before(i, layout), rig.pairs_before(i + 1, layout))
            left[at], right[at] = seen[i - first, i - first + 1 :], seen_back[i - first, i - first + 1 :]
    return left, right


def _extents(rig: Rig, sizes: ArrayLike) -> Array:
    extents = real_array(sizes, "sizes", (2,) if np.ndim(sizes) == 1 else (rig.cameras, 2))
    if (extents < 1).any():
        place = "/".join(map(str, np.argwhere(extents < 1)[0]))
        raise InvalidInput(f"sizes/{place}", "a width or height must be at least 1")
    return np.broadcast_to(extents, (rig.cameras, 2)).copy()
