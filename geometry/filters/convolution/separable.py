"""Engine: the kernel as a sum of few products of a column and a row, each summed one axis after the other."""

import math
from functools import reduce

import numpy as np

from geometry.blas import one_blas_thread
from geometry.filters.convolution.plan import Plan, whole_exponent
from geometry.filters.convolution.strip import windowed_sum
from geometry.inputs import Array

_SAMPLE = 16  # rows; kernels of higher rank are left to other engines


def separable(images: Array, plan: Plan, out: Array) -> None:
    """Sum `Σ_r v_r[i] · h_r[j] · image[…]` over i, then over j."""
    vertical, horizontal = _whole_factors(plan) or _singular_factors(plan)
    for image, target in zip(images, out, strict=True):
        windowed_sum(image, plan, vertical, horizontal, target)


def exact_rank(plan: Plan) -> int | None:
    """How many products the kernel needs if no result may be less exact than that of `direct`; none if it cannot be.

    An integer image asks for factors that keep the sums exact. A float image takes them too where there are some,
    otherwise factors that reproduce the kernel to the rounding of its own type.
    """
    if plan.taps.ndim == 4:
        return None
    if _whole_factors(plan) is not None:
        return 1
    if plan.image.kind != "f" or _dense(plan):
        return None
    return len(_singular_factors(plan)[0])


def _dense(plan: Plan) -> bool:
    """Whether some rows already need as many products as rows: cheap to know, while all singular values are not."""
    rows = plan.taps[np.linspace(0, len(plan.taps) - 1, min(len(plan.taps), _SAMPLE)).astype(int)]
    if min(rows.shape) < _SAMPLE:
        return False
    with one_blas_thread():
        values = np.linalg.svd(rows, compute_uv=False)
    return bool((values > 4 * float(np.finfo(plan.accumulator).eps) * values[0]).all())


def _whole_factors(plan: Plan) -> tuple[Array, Array] | None:
    """Column and row, whole but for powers of two, whose product is the kernel exactly; none where there are none."""
    exponent = whole_exponent(plan.taps) if plan.image.kind == "f" else plan.exponent
    if exponent is None:
        return None
    whole = [[int(tap) for tap in row] for row in np.ldexp(plan.taps, exponent)]
    lead = max(whole, key=lambda row: max(map(abs, row)))
    divisor = reduce(math.gcd, lead)
    if divisor == 0:
        return None
    across = [tap // divisor for tap in lead]
    pivot = next(j for j, tap in enumerate(across) if tap)
    down = [row[pivot] // across[pivot] for row in whole]
    if any(v * h != tap for v, row in zip(down, whole, strict=True) for h, tap in zip(across, row, strict=True)):
        return None
    return np.ldexp(np.array([down], float), -exponent), np.array([across], float)


def _singular_factors(plan: Plan) -> tuple[Array, Array]:
    """The kernel's singular vectors, without those below four roundings of the accumulator's type."""
    with one_blas_thread():
        columns, values, rows = np.linalg.svd(plan.taps, full_matrices=False)
    limit = 4 * float(np.finfo(plan.accumulator).eps) * values[0]
    rank = max(1, int((values > limit).sum()))
    root = np.sqrt(values[:rank])
    return (columns[:, :rank] * root).T, rows[:rank] * root[:, np.newaxis]
