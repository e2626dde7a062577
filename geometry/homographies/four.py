"""The homography of four points, in whole numbers."""

import numpy as np

from geometry.errors import Degenerate
from geometry.homographies.position import check_general_position
from geometry.homographies.rational import adjugate, determinant, product, unit_matrix, whole_numbers
from geometry.inputs import Array

_FAR_SIDE = "no homography keeps all points on one side of the horizon"


def homography_from_four_points(source: Array, target: Array) -> Array:
    """Compute the homography H (3, 3) with `target_i ~ H source_i`, of unit Frobenius norm, w > 0 at the points.

    With the points as columns (x, y, 1), `H = Q diag(b₁ a₂ a₃, a₁ b₂ a₃, a₁ a₂ b₃) adj(P)`, where P, Q hold the first
    three points of each side and a, b are the fourth in their basis: `a = adj(P) p₄`, `b = adj(Q) q₄`. Whole numbers
    up to the last step: every entry is rounded twice.

    Parameters
    ----------
    source, target
        (4, 2), float64, finite.

    Raises
    ------
    Degenerate
        `coincident_points`, `collinear_points`, `behind_camera`.
    """
    check_general_position(source, "source")
    check_general_position(target, "target")
    p, q = (whole_numbers(np.column_stack([points, np.ones(4)])) for points in (source, target))
    columns_p, columns_q = ([list(column) for column in zip(*points[:3], strict=True)] for points in (p, q))
    back = adjugate(columns_p)
    a, b = (
        [sum(x * y for x, y in zip(row, points[3], strict=True)) for row in inverse]
        for inverse, points in ((back, p), (adjugate(columns_q), q))
    )
    side = determinant(columns_p) * determinant(columns_q)
    if any((x * y > 0) != (side > 0) for x, y in zip(a, b, strict=True)):
        raise Degenerate("behind_camera", _FAR_SIDE)
    weights = (b[0] * a[1] * a[2], a[0] * b[1] * a[2], a[0] * a[1] * b[2])
    scaled = [[entry * weight for entry, weight in zip(row, weights, strict=True)] for row in columns_q]
    h = product(scaled, back)
    if sum(x * y for x, y in zip(h[2], p[0], strict=True)) < 0:
        h = [[-entry for entry in row] for row in h]
    return unit_matrix(h)
