"""Projections put together from intrinsics and poses; the checks on both."""

import numpy as np
from numpy.typing import ArrayLike

from geometry.errors import InvalidInput
from geometry.inputs import Array, real_array

_ORTHONORMAL = 1e-3  # largest entry of |R Rᵀ − I|: rotations printed with four decimals pass, a scale of 0.1 % does not


def intrinsic_matrix(value: ArrayLike, name: str) -> Array:
    """Check K (3, 3): upper triangular, positive focal lengths; scaled to K[2, 2] = 1.

    Raises
    ------
    InvalidInput
        Not of this form; names the entry.
    """
    K = real_array(value, name, (3, 3))
    entries = K.tolist()  # single entries of arrays are slow
    for i, j in ((1, 0), (2, 0), (2, 1)):
        if entries[i][j] != 0:
            raise InvalidInput(f"{name}/{i}/{j}", f"must be 0 in an intrinsic matrix, came as {entries[i][j]:g}")
    if entries[2][2] == 0:
        raise InvalidInput(f"{name}/2/2", "must not be 0")
    scaled = entries[2][2] != 1
    if scaled:
        K = K / K[2, 2]
        entries = K.tolist()
    for i in (0, 1):
        if not entries[i][i] > 0:
            raise InvalidInput(f"{name}/{i}/{i}", f"focal length must be positive, is {entries[i][i]:g}")
    if scaled and not np.isfinite(K).all():
        raise InvalidInput(f"{name}/2/2", "is too small to divide by")
    return K


def check_rotation(R: Array, name: str) -> None:
    """Check that R (3, 3) is a rotation: |R Rᵀ − I| ≤ 1e-3 in every entry, determinant +1.

    Raises
    ------
    InvalidInput
        It is not; says what it is.
    """
    x, y, z = R.tolist()  # products of single numbers are slow in arrays
    products = [a[0] * b[0] + a[1] * b[1] + a[2] * b[2] for a, b in ((x, x), (y, y), (z, z), (x, y), (x, z), (y, z))]
    error = max(abs(product - (number < 3)) for number, product in enumerate(products))
    if not error <= _ORTHONORMAL:
        raise InvalidInput(
            name, f"must be a rotation: rows are orthonormal only to {error:.2g}, allowed is {_ORTHONORMAL:g}"
        )
    if sum(x[i] * (y[i - 2] * z[i - 1] - y[i - 1] * z[i - 2]) for i in range(3)) < 0:
        raise InvalidInput(name, "must be a rotation: its determinant is −1, it mirrors")


def _rotations_from_quaternions(value: ArrayLike) -> Array:
    quaternions = real_array(value, "quaternions", ("N", 4))
    largest = np.abs(quaternions).max(axis=1, initial=0.0)
    if (largest == 0).any():
        raise InvalidInput(f"quaternions/{int(np.argmin(largest))}", "must not be zero")
    quaternions = quaternions / largest[:, np.newaxis]
    w, x, y, z = (quaternions / np.sqrt((quaternions**2).sum(axis=1))[:, np.newaxis]).T
    return np.stack(
        [
            np.stack([1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)], axis=-1),
            np.stack([2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)], axis=-1),
            np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], axis=-1),
        ],
        axis=-2,
    )


def projections_from_poses(
    intrinsics: ArrayLike,
    translations: ArrayLike | None = None,
    *,
    rotations: ArrayLike | None = None,
    quaternions: ArrayLike | None = None,
    centers: ArrayLike | None = None,
) -> Array:
    """Put together projections `P = K [R | t]` from camera-from-world poses `X_c = R X_w + t`.

    Parameters
    ----------
    intrinsics
        (3, 3) for all, or (N, 3, 3), pixels; upper triangular, positive focal lengths, K[2, 2] ≠ 0 (scaled to 1).
    translations
        (N, 3), in units of the world.
    rotations
        (N, 3, 3), world to camera; taken as they are, so rows may be orthonormal to 1e-3 only (printed poses are
        rounded).
    quaternions
        (N, 4), instead of rotations: w, x, y, z, any length above 0.
    centers
        (N, 3), instead of translations: `t = −R C`.

    Returns
    -------
    (N, 3, 4), float64.

    Raises
    ------
    InvalidInput
        Both or none of two alternatives; lengths that differ; not a rotation (names it: `rotations/17`); not an
        intrinsic matrix.
    """
    if (rotations is None) == (quaternions is None):
        raise InvalidInput("rotations", "exactly one of rotations and quaternions must be given")
    if (translations is None) == (centers is None):
        raise InvalidInput("translations", "exactly one of translations and centers must be given")
    if rotations is not None:
        R = real_array(rotations, "rotations", ("N", 3, 3))
        for n in range(len(R)):
            check_rotation(R[n], f"rotations/{n}")
    else:
        R = _rotations_from_quaternions(quaternions)  # type: ignore[arg-type]  # one of the two is given
    if centers is not None:
        t = -np.einsum("nij,nj->ni", R, real_array(centers, "centers", (len(R), 3)))
    else:
        t = real_array(translations, "translations", (len(R), 3))  # type: ignore[arg-type]  # one of the two is given
    if np.ndim(intrinsics) == 3:
        matrices = real_array(intrinsics, "intrinsics", (len(R), 3, 3))
        K = np.array([intrinsic_matrix(matrices[n], f"intrinsics/{n}") for n in range(len(R))]).reshape(-1, 3, 3)
    else:
        K = intrinsic_matrix(intrinsics, "intrinsics")
    P: Array = K @ np.concatenate([R, t[:, :, np.newaxis]], axis=2)
    return P
