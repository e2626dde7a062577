"""Engine: the kernel as a sum of few products of a column and a row, each summed one axis after the other."""

import math
from functools import reduce

import numpy as np

from geometry.errors import InvalidInput
from geometry.filters.plan import Plan, whole_exponent
from geometry.filters.strip import windowed_sum
from geometry.inputs import Array

_OVERHEAD_TAPS = 4


def separable(image: Array, plan: Plan) -> Array:
    """Sum `Σ_r v_r[i] · h_r[j] · image[…]` over i, then over j."""
    if plan.taps.ndim == 4:
        raise InvalidInput("method", "separable works on kernels (kh, kw), not (kh, kw, Cin, Cout)")
    vertical, horizontal = _whole_factors(plan) or _singular_factors(plan)
    return windowed_sum(image, plan, vertical, horizontal)


def separable_pays(plan: Plan) -> bool:
    """True where this engine is faster and its result no less exact.

    An integer image asks for factors that keep the sums exact. A float image takes them too where there are some,
    otherwise factors that reproduce the kernel to the rounding of its own type.
    """
    kh, kw = plan.taps.shape[:2]
    if plan.taps.ndim == 4 or not _cheaper(kh, kw, 1):
        return False
    if _whole_factors(plan) is not None:
        return True
    return plan.image.kind == "f" and _cheaper(kh, kw, len(_singular_factors(plan)[0]))


def _cheaper(kh: int, kw: int, rank: int) -> bool:
    return rank * (kh + kw + _OVERHEAD_TAPS) < kh * kw


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
    columns, values, rows = np.linalg.svd(plan.taps)
    limit = 4 * float(np.finfo(plan.accumulator).eps) * values[0]
    rank = max(1, int((values > limit).sum()))
    root = np.sqrt(values[:rank])
    return (columns[:, :rank] * root).T, rows[:rank] * root[:, np.newaxis]
