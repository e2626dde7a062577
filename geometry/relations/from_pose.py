"""The fundamental matrix of two cameras whose intrinsics and relative pose are known."""

import numpy as np
from numpy.typing import ArrayLike

from geometry.cameras.poses import check_rotation, intrinsic_matrix
from geometry.inputs import Array, real_array
from geometry.relations.fundamental import fundamental
from geometry.relations.rig import Normalization


def fundamental_from_pose(
    left_intrinsics: ArrayLike,
    right_intrinsics: ArrayLike,
    rotation: ArrayLike,
    translation: ArrayLike,
    *,
    normalization: Normalization = "frobenius",
) -> Array:
    """Compute the fundamental matrix of two cameras: that of `K_left [I | 0]` and `K_right [R | t]`.

    Up to a positive factor it is `−K_right⁻ᵀ [t]ₓ R K_left⁻¹`; the sign is that of the determinants.

    Parameters
    ----------
    left_intrinsics, right_intrinsics
        (3, 3) K, pixels, upper triangular, positive focal lengths.
    rotation, translation
        (3, 3) R and (3,) t of the relative pose X_right = R X_left + t; t in any unit, which F depends on by a factor.
    normalization
        `"frobenius"` or `"none"`, as for `fundamental`.

    Returns
    -------
    (3, 3) float64 with right^T F left = 0.

    Raises
    ------
    InvalidInput
        Wrong shapes, not finite, not an intrinsic matrix, not a rotation (within 1e-3).
    Degenerate
        `same_centre`: t is 0.
    """
    left, right = (
        intrinsic_matrix(left_intrinsics, "left_intrinsics"),
        intrinsic_matrix(right_intrinsics, "right_intrinsics"),
    )
    R, t = real_array(rotation, "rotation", (3, 3)), real_array(translation, "translation", (3,))
    check_rotation(R, "rotation")
    pose = np.concatenate([R, t[:, None]], axis=1)
    return fundamental(left @ np.eye(3, 4), right @ pose, normalization=normalization)
