"""Trifocal tensors of triplets of cameras, from the same minors as fundamental matrices."""

from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.errors import InvalidInput
from geometry.inputs import Array, choice, real_array
from geometry.kernel import kernel
from geometry.relations.centres import status_pairs
from geometry.relations.minors import Minors, plucker_minors
from geometry.relations.rig import Normalization
from geometry.relations.wedges import planes_meet, row_pair_with, scale_to_unit_norm

TRIPLET_STATUS = ("ok", "same_centre", "rank_deficient_camera", "ill_conditioned", "two_same_centres")
"""What the codes in `status` mean. `same_centre`: all three cameras share it, the tensor is 0. `two_same_centres`: two
of them do; the tensor is there, but the third view does not follow from those two."""

_OK, _SAME_CENTRE, _RANK_DEFICIENT, _ILL_CONDITIONED, _TWO_SAME = range(5)
_BAND_TRIPLETS = 500
_EXPONENTS = (-900, 1015)  # log2 of entries that are sure to fit float64


class TrifocalTensors(NamedTuple):
    """Trifocal tensors of M triplets of cameras."""

    trifocal: Array
    """(M, 3, 3, 3) float64; 0 where `status` is `same_centre` or `rank_deficient_camera`."""
    status: Array
    """(M,) uint8, codes of `TRIPLET_STATUS`."""


@kernel("void(f8[:,::1], f8[:,:,::1], b1, i8[:,::1], u1[::1], f8[:,::1])")
def _tensors(minors, projections, unit_norm, triplets, status, tensors):  # type: ignore[no-untyped-def]
    line = np.empty(6)
    for m in range(len(triplets)):
        first, second, third = triplets[m, 0], triplets[m, 1], triplets[m, 2]
        T = tensors[m]
        if status[m] == _SAME_CENTRE or status[m] == _RANK_DEFICIENT:
            T[:] = 0.0
            continue
        for j in range(3):
            for k in range(3):
                planes_meet(projections[second, j], projections[third, k], line)
                for i in range(3):
                    T[9 * i + 3 * j + k] = row_pair_with(minors, 3 * first + i, line)
        if unit_norm:
            scale_to_unit_norm(T)


def _triplet_status(prepared: Minors, triplets: Array) -> Array:
    sides = [status_pairs(prepared, np.ascontiguousarray(triplets[:, s]))[0] for s in ([0, 1], [0, 2], [1, 2])]
    stacked = np.stack(sides)
    same = (stacked == _SAME_CENTRE).sum(axis=0)
    status = np.full(len(triplets), _OK, np.uint8)
    status[(stacked == _ILL_CONDITIONED).any(axis=0)] = _ILL_CONDITIONED
    status[same > 0] = _TWO_SAME
    status[same > 1] = _SAME_CENTRE
    status[(stacked == _RANK_DEFICIENT).any(axis=0)] = _RANK_DEFICIENT
    return status


def trifocal(
    projections: ArrayLike, triplets: ArrayLike | None = None, *, normalization: Normalization = "frobenius"
) -> TrifocalTensors:
    """Compute the trifocal tensors of triplets of cameras.

    `T[i, j, k] = det [rows of first without i, in cyclic order; row j of second; row k of third]`, so that for
    matching points and lines `l₁[i] = Σ l₂[j] T[i, j, k] l₃[k]` and `x₃[k] = Σ x₁[i] l₂[j] T[i, j, k]`, up to scale.
    With the first camera [I | 0] this is `T[i] = a_i b₄ᵀ − a₄ b_iᵀ`, columns of the second and the third.

    Parameters
    ----------
    projections
        (N, 3, 4), real, finite; from world to image, up to scale.
    triplets
        (M, 3), whole numbers 0 … N−1: first, second and third camera; the first is the one the others are related to.
        Default: the one triplet (0, 1, 2).
    normalization
        `"frobenius"`: unit norm over the 27 entries, sign kept; `"none"`: exactly the determinants.

    Raises
    ------
    InvalidInput
        Wrong shape, not finite, a triplet names no camera (`triplets/17/0`), plain determinants outside
        2^-900 … 2^1015.

    Notes
    -----
    Hartley and Zisserman, Multiple View Geometry, 2nd edition, equation (17.12).
    """
    cameras = real_array(projections, "projections", ("N", 3, 4))
    unit_norm = choice(normalization, "normalization", get_args(Normalization)) == "frobenius"
    numbers = _triplet_numbers([[0, 1, 2]] if triplets is None else triplets, len(cameras))
    prepared = plucker_minors(cameras)
    status = _triplet_status(prepared, numbers)
    exponents = _exponents(prepared, numbers)
    if not unit_norm:
        _check_exponents(exponents[(status != _RANK_DEFICIENT) & (status != _SAME_CENTRE)])
    tensors = np.empty((len(numbers), 27))
    run_bands(
        lambda start, stop: _tensors(
            prepared.minors,
            prepared.projections,
            unit_norm,
            numbers[start:stop],
            status[start:stop],
            tensors[start:stop],
        ),
        len(numbers),
        grain=_BAND_TRIPLETS,
    )
    if not unit_norm:
        tensors = np.ldexp(tensors, exponents[:, np.newaxis])
    return TrifocalTensors(tensors.reshape(-1, 3, 3, 3), status)


def _exponents(prepared: Minors, triplets: Array) -> Array:
    """log2 of what the kernel's determinants are to be multiplied by."""
    first, second, third = triplets.T
    sums: Array = prepared.exponents[first] + prepared.powers[second] + prepared.powers[third] + prepared.world.exponent
    return sums


def _check_exponents(sums: Array) -> None:
    lowest, highest = _EXPONENTS
    if len(sums) and not (sums.min() >= lowest and sums.max() <= highest):
        raise InvalidInput(
            "normalization",
            f"the plain determinants are about 2^{sums.min()} to 2^{sums.max()}, outside what float64 holds well; "
            'scale the projections or use "frobenius"',
        )


def _triplet_numbers(triplets: ArrayLike, cameras: int) -> Array:
    numbers = real_array(triplets, "triplets", ("M", 3))
    wrong = (numbers != np.floor(numbers)) | (numbers < 0) | (numbers >= cameras)
    if wrong.any():
        m, side = np.argwhere(wrong)[0]
        raise InvalidInput(
            f"triplets/{m}/{side}",
            f"must be a whole number from 0 to {cameras - 1}, came as {numbers[m, side]:g}"
            if cameras
            else "there are no cameras",
        )
    return numbers.astype(np.int64)
