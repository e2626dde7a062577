"""Nonlinear least squares over homographies: reprojection and symmetric transfer error."""

import math
from functools import partial

import numpy as np

from geometry.inputs import Array
from geometry.kernel import inline, kernel

_SMALL_STEP = 1e-12
_SMALL_GAIN = 1e-9
_DAMPING, _LARGEST_DAMPING = 1e-3, 1e8


@partial(inline, fastmath=True)
def _moments(xs, ys, us, vs, weights, h, sums):  # type: ignore[no-untyped-def]
    """Write the moments of the points that JᵀJ and Jᵀr are made of; return the cost, infinite behind the horizon."""
    h0, h1, h2, h3, h4, h5, h6, h7, h8 = h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], h[8]
    n_xx = n_xy = n_yy = n_x = n_y = n_1 = 0.0
    u_xx = u_xy = u_yy = u_x = u_y = u_1 = 0.0
    v_xx = v_xy = v_yy = v_x = v_y = v_1 = 0.0
    q_xx = q_xy = q_yy = q_x = q_y = q_1 = 0.0
    g_ux = g_uy = g_u = g_vx = g_vy = g_v = g_wx = g_wy = g_w = 0.0
    cost, behind = 0.0, 0.0
    for n in range(len(weights)):
        x, y, weight = xs[n], ys[n], weights[n]
        w = h6 * x + h7 * y + h8
        over = 1.0 / w if weight > 0.0 else 0.0
        u, v = (h0 * x + h1 * y + h2) * over, (h3 * x + h4 * y + h5) * over
        a, b = u - us[n], v - vs[n]
        behind += 1.0 if (weight > 0.0) & (w <= 0.0) else 0.0
        cost += weight * (a * a + b * b)
        k = weight * over
        ka, kb, kc = k * a, k * b, -k * (u * a + v * b)
        g_ux += ka * x
        g_uy += ka * y
        g_u += ka
        g_vx += kb * x
        g_vy += kb * y
        g_v += kb
        g_wx += kc * x
        g_wy += kc * y
        g_w += kc
        k *= over
        kx, ky = k * x, k * y
        xx, xy, yy = kx * x, kx * y, ky * y
        q = u * u + v * v
        n_xx += xx
        n_xy += xy
        n_yy += yy
        n_x += kx
        n_y += ky
        n_1 += k
        u_xx += u * xx
        u_xy += u * xy
        u_yy += u * yy
        u_x += u * kx
        u_y += u * ky
        u_1 += u * k
        v_xx += v * xx
        v_xy += v * xy
        v_yy += v * yy
        v_x += v * kx
        v_y += v * ky
        v_1 += v * k
        q_xx += q * xx
        q_xy += q * xy
        q_yy += q * yy
        q_x += q * kx
        q_y += q * ky
        q_1 += q * k
    sums[0], sums[1], sums[2], sums[3], sums[4], sums[5] = n_xx, n_xy, n_x, n_yy, n_y, n_1
    sums[6], sums[7], sums[8], sums[9], sums[10], sums[11] = u_xx, u_xy, u_x, u_yy, u_y, u_1
    sums[12], sums[13], sums[14], sums[15], sums[16], sums[17] = v_xx, v_xy, v_x, v_yy, v_y, v_1
    sums[18], sums[19], sums[20], sums[21], sums[22], sums[23] = q_xx, q_xy, q_x, q_yy, q_y, q_1
    sums[24], sums[25], sums[26], sums[27], sums[28], sums[29] = g_ux, g_uy, g_u, g_vx, g_vy, g_v
    sums[30], sums[31], sums[32] = g_wx, g_wy, g_w
    return cost if behind == 0.0 else np.inf


@inline
def _assemble(sums, normal, slope):  # type: ignore[no-untyped-def]
    """Write JᵀJ (9, 9) and Jᵀr (9,) of the residuals (u, v) − image by the entries of H.

    `∂(u, v)/∂h = [X 0 −uX; 0 X −vX] / w` with X = (x, y, 1), so `JᵀJ = Σ XXᵀ/w² ⊗ [1 0 −u; 0 1 −v; −u −v u²+v²]`.
    """
    for i in range(3):
        for j in range(3):
            k = (i * (5 - i)) // 2 + j if i <= j else (j * (5 - j)) // 2 + i
            normal[i, j] = normal[3 + i, 3 + j] = sums[k]
            normal[i, 3 + j] = normal[3 + i, j] = 0.0
            normal[i, 6 + j] = normal[6 + i, j] = -sums[6 + k]
            normal[3 + i, 6 + j] = normal[6 + i, 3 + j] = -sums[12 + k]
            normal[6 + i, 6 + j] = sums[18 + k]
    for i in range(9):
        slope[i] = sums[24 + i]


@inline
def _inverse(h, g):  # type: ignore[no-untyped-def]
    g[0], g[1], g[2] = h[4] * h[8] - h[5] * h[7], h[2] * h[7] - h[1] * h[8], h[1] * h[5] - h[2] * h[4]
    g[3], g[4], g[5] = h[5] * h[6] - h[3] * h[8], h[0] * h[8] - h[2] * h[6], h[2] * h[3] - h[0] * h[5]
    g[6], g[7], g[8] = h[3] * h[7] - h[4] * h[6], h[1] * h[6] - h[0] * h[7], h[0] * h[4] - h[1] * h[3]
    determinant = h[0] * g[0] + h[1] * g[3] + h[2] * g[6]
    for k in range(9):
        g[k] /= determinant


@inline
def _system(data, weights, h, side_weights, normal, slope):  # type: ignore[no-untyped-def]
    """Write JᵀJ and Jᵀr of the weighted squared transfer errors, the target's and the source's; return the cost."""
    sums, g, change, half = np.empty(33), np.empty(9), np.empty((9, 9)), np.empty((9, 9))
    own_normal, own_slope = np.empty((9, 9)), np.empty(9)
    cost = 0.0
    for i in range(9):
        g[i], slope[i] = h[i], 0.0
        for j in range(9):
            normal[i, j], change[i, j] = 0.0, 1.0 if i == j else 0.0
    for side in range(2):
        weight, points, images = side_weights[side], 2 * side, 2 - 2 * side
        if weight == 0.0:
            continue
        if side == 1:
            _inverse(h, g)
            for i in range(9):  # d(H⁻¹) = −H⁻¹ dH H⁻¹
                for j in range(9):
                    change[i, j] = -g[3 * (i // 3) + j // 3] * g[3 * (j % 3) + i % 3]
        cost += weight * _moments(data[points], data[points + 1], data[images], data[images + 1], weights, g, sums)
        _assemble(sums, own_normal, own_slope)
        for i in range(9):
            for j in range(9):
                half[i, j] = 0.0
                for k in range(9):
                    half[i, j] += own_normal[i, k] * change[k, j]
        for i in range(9):
            for k in range(9):
                slope[i] += weight * change[k, i] * own_slope[k]
                for j in range(9):
                    normal[i, j] += weight * change[k, i] * half[k, j]
    return cost


@inline
def _solve(matrix, right):  # type: ignore[no-untyped-def]
    """Solve by Cholesky's decomposition, in place; False where the matrix is not positive."""
    n = len(right)
    for j in range(n):
        pivot = matrix[j, j]
        for k in range(j):
            pivot -= matrix[j, k] * matrix[j, k]
        if not pivot > 0.0:
            return False
        matrix[j, j] = math.sqrt(pivot)
        for i in range(j + 1, n):
            entry = matrix[i, j]
            for k in range(j):
                entry -= matrix[i, k] * matrix[j, k]
            matrix[i, j] = entry / matrix[j, j]
    for i in range(n):
        for k in range(i):
            right[i] -= matrix[i, k] * right[k]
        right[i] /= matrix[i, i]
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            right[i] -= matrix[k, i] * right[k]
        right[i] /= matrix[i, i]
    return True


@kernel("i8(f8[:,::1], f8[::1], f8[::1], i8, f8[::1])")
def _refine(data, weights, side_weights, steps, h):  # type: ignore[no-untyped-def]
    normal, slope, held, step = np.empty((9, 9)), np.empty(9), np.empty((9, 9)), np.empty(9)
    moved, trial_normal, trial_slope = np.empty(9), np.empty((9, 9)), np.empty(9)
    for i in range(9):
        moved[i] = h[i]
    cost, damping, taken, small = np.inf, 0.0, -1, False
    while True:
        trial = _system(data, weights, moved, side_weights, trial_normal, trial_slope)
        if trial <= cost:
            small |= taken >= 0 and cost - trial <= _SMALL_GAIN * cost
            cost = trial
            for i in range(9):
                h[i], slope[i] = moved[i], trial_slope[i]
                for j in range(9):
                    normal[i, j] = trial_normal[i, j]
            damping = damping / 10.0 if damping > _DAMPING else 0.0
            taken += 1
        else:
            damping = max(10.0 * damping, _DAMPING)
        solved = False
        while not solved and not small and taken < steps and damping <= _LARGEST_DAMPING:
            trace = 0.0
            for i in range(9):
                trace += normal[i, i]
            for i in range(9):
                for j in range(9):
                    held[i, j] = normal[i, j] + trace * h[i] * h[j]
                held[i, i] += damping * normal[i, i]
                step[i] = -slope[i]
            solved = _solve(held, step)
            if not solved:
                damping = max(10.0 * damping, _DAMPING)
        if not solved:
            return taken
        norm, largest = 0.0, 0.0
        for i in range(9):
            moved[i] = h[i] + step[i]
            norm += moved[i] * moved[i]
            largest = max(largest, abs(step[i]))
        for i in range(9):
            moved[i] /= math.sqrt(norm)
        small = largest < _SMALL_STEP


def refine_homography(
    data: Array, weights: Array, h: Array, *, target_weight: float, source_weight: float, steps: int
) -> tuple[Array, int]:
    """Minimize `Σ weight·(target_weight·d(u, H x)² + source_weight·d(x, H⁻¹ u)²)` over H, from `h` on.

    Levenberg–Marquardt on the nine entries, with the free scale held by a term h hᵀ.

    Parameters
    ----------
    data
        (4, N): x, y, u, v, in coordinates of about unit size.
    weights
        (N,), ≥ 0.
    h
        (9,), unit norm, w > 0 at all points of positive weight.
    target_weight, source_weight
        ≥ 0; a source weight of 0 leaves the reprojection error.
    steps
        Most steps to take.

    Returns
    -------
    The entries (9,), unit norm, and the number of steps taken.

    References
    ----------
    Hartley, Zisserman, Multiple View Geometry, 2nd ed., equations 4.6 and 4.7, appendix A6.2.
    """
    refined = h.copy()
    return refined, _refine(data, weights, np.array([target_weight, source_weight]), steps, refined)
