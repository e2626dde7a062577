"""Lens models: their coefficients, and how far from the axis they are one-to-one."""

from typing import NamedTuple

import numpy as np
from numpy.polynomial import polynomial
from numpy.typing import ArrayLike

from geometry.errors import InvalidInput
from geometry.inputs import Array, choice, real_array

LENS_MODELS = ("brown", "fisheye")
POINT_STATUS = ("ok", "folded", "behind_camera", "no_convergence")
"""What became of a point; `folded`: it lies where the model is not one-to-one any more, beyond `Lens.limit`."""

_COUNTS = {"brown": (4, 5, 8), "fisheye": (4,)}
_LARGEST = 1e100  # of a coefficient, so that products of two are finite
_REAL = 1e-7  # imaginary part, relative, up to which a root counts as real: a double root is found to half the digits


class Lens(NamedTuple):
    """A lens model with its coefficients.

    With s = x² + y² of normalized coordinates x = X / Z, y = Y / Z, Brown–Conrady is
    `x_d = x g + 2 p1 x y + p2 (s + 2 x²)`, `y_d = y g + p1 (s + 2 y²) + 2 p2 x y`,
    `g = (1 + k1 s + k2 s² + k3 s³) / (1 + k4 s + k5 s² + k6 s³)`;
    the fisheye of Kannala and Brandt, with the angle θ from the axis, is
    `(x_d, y_d) = (X, Y) / √(X² + Y²) · θ (1 + k1 θ² + k2 θ⁴ + k3 θ⁶ + k4 θ⁸)`.
    """

    model: str
    coefficients: Array
    """(8,) k1 k2 p1 p2 k3 k4 k5 k6, or (4,) k1 k2 k3 k4."""
    limit: float
    """s or θ at which the radial part stops growing (or has a pole); infinite or π if it never does."""


def _first_descent(*factors: Array) -> float:
    """Where the first of some polynomials, all 1 at 0, becomes negative on the positive axis; infinite if none does.

    Coefficients in ascending order.
    """
    first = np.inf
    for coefficients in factors:
        # The reciprocals are roots of a monic polynomial, whatever the last coefficients are.
        found = np.roots(coefficients)
        kept = found[(found.real > 0) & (np.abs(found.imag) <= _REAL * np.abs(found))].real
        roots = np.sort(1 / kept[kept > np.finfo(float).tiny])
        between = np.append((roots[:-1] + roots[1:]) / 2, 2 * roots[-1:])
        for root, beyond in zip(roots, between, strict=True):
            if polynomial.polyval(beyond, coefficients) < 0:
                first = min(first, float(root))
                break
    return first


def _brown_limit(coefficients: Array) -> float:
    k1, k2, _, _, k3, k4, k5, k6 = coefficients
    above, below = np.array([1, k1, k2, k3]), np.array([1, k4, k5, k6])
    slope = polynomial.polymul(polynomial.polyder(above), below)
    slope = polynomial.polysub(slope, polynomial.polymul(above, polynomial.polyder(below)))
    growth = polynomial.polyadd(polynomial.polymul(above, below), 2 * polynomial.polymulx(slope))
    return _first_descent(growth, below)


def _fisheye_limit(coefficients: Array) -> float:
    squared = _first_descent(np.append(1, coefficients * [3, 5, 7, 9]))
    return float(min(np.sqrt(squared), np.pi))


def lens_model(model: str, distortion: ArrayLike) -> Lens:
    """Check a model's name and coefficients, and find its limit.

    Parameters
    ----------
    model
        `brown` or `fisheye`.
    distortion
        In OpenCV's order; brown: k1 k2 p1 p2, or with k3, or with k3 k4 k5 k6; fisheye: k1 k2 k3 k4.

    Raises
    ------
    InvalidInput
        Another name (`model`), another number of coefficients, or one that is not finite or above 1e100
        (`distortion`).
    """
    counts = _COUNTS[choice(model, "model", LENS_MODELS)]
    given = real_array(distortion, "distortion", ("N",))
    if len(given) not in counts:
        allowed = " or ".join(map(str, counts))
        raise InvalidInput("distortion", f"must hold {allowed} coefficients for {model}, came with {len(given)}")
    if (np.abs(given) > _LARGEST).any():
        place = int(np.argmax(np.abs(given) > _LARGEST))
        raise InvalidInput(f"distortion/{place}", f"must not be above {_LARGEST:g}")
    if model == "fisheye":
        return Lens(model, given, _fisheye_limit(given))
    coefficients = np.zeros(8)
    coefficients[: len(given)] = given
    return Lens(model, coefficients, _brown_limit(coefficients))
