from math import pi, sqrt

import numpy as np
import pytest

from geometry.errors import InvalidInput
from geometry.lenses import lens_model
from tests.geometry.lenses.cameras import LENSES
from tests.naive import lenses as naive


@pytest.mark.parametrize("name", LENSES)
def test_the_limit_is_where_the_radial_part_stops_growing(name):
    model, k = LENSES[name]
    limit = lens_model(model, k).limit
    expected = naive.last_radius(model, k)
    radius = limit if model == "fisheye" else sqrt(limit)
    # The naive search goes in steps of 1e-4.
    assert radius == expected or abs(radius - expected) <= 2e-4


@pytest.mark.parametrize("seed", range(20))
def test_random_lenses_have_the_limit_that_a_search_finds(seed):
    rng = np.random.default_rng(seed)
    fisheye = seed % 3 == 0
    k = rng.normal(0, 0.2, 4) if fisheye else rng.normal(0, [0.5, 0.3, 0, 0, 0.2, 0.5, 0.3, 0.2])
    lens = lens_model("fisheye" if fisheye else "brown", k)
    radius = lens.limit if fisheye else sqrt(lens.limit)
    expected = naive.last_radius(lens.model, k)
    if radius > 4 and not fisheye:
        assert expected == np.inf
    else:
        assert radius == expected or abs(radius - expected) <= 2e-4


def test_the_limit_of_one_coefficient_has_a_closed_form():
    # d(r + k1 r³)/dr = 0; a rounding or two of the root.
    assert lens_model("brown", [-0.3, 0, 0, 0]).limit == pytest.approx(1 / 0.9, rel=1e-15)
    assert lens_model("fisheye", [-0.3, 0, 0, 0]).limit == pytest.approx(sqrt(1 / 0.9), rel=1e-15)


def test_a_pole_is_a_limit():
    assert lens_model("brown", [0, 0, 0, 0, 0, -0.25, 0, 0]).limit == pytest.approx(4, rel=1e-15)


def test_a_lens_without_a_fold_has_none():
    assert lens_model("brown", [0, 0, 0, 0]).limit == np.inf
    assert lens_model("brown", [0.1, 0.01, 0.3, 0.3, 0.001]).limit == np.inf
    assert lens_model("fisheye", [0, 0, 0, 0]).limit == pi


def test_coefficients_of_any_magnitude_are_taken():
    # k1 alone decides: 1 + 3 k1 s = 0.
    assert lens_model("brown", [-1e99, 0, 0, 0, 1e-300]).limit == pytest.approx(1e-99 / 3, rel=1e-12)
    assert lens_model("fisheye", [1e-320, 1e-310, 0, 1e100]).limit == pi


@pytest.mark.parametrize(
    ("model", "distortion", "argument"),
    [
        ("fish", [0, 0, 0, 0], "model"),
        ("brown", [0, 0, 0], "distortion"),
        ("brown", [0] * 6, "distortion"),
        ("brown", [0] * 12, "distortion"),
        ("brown", [[0, 0, 0, 0]], "distortion"),
        ("fisheye", [0] * 5, "distortion"),
        ("brown", [0, 0, np.nan, 0], "distortion/2"),
        ("fisheye", [0, 1e101, 0, 0], "distortion/1"),
        ("brown", ["a", 0, 0, 0], "distortion"),
    ],
)
def test_errors_name_the_argument(model, distortion, argument):
    with pytest.raises(InvalidInput) as caught:
        lens_model(model, distortion)
    assert caught.value.argument == argument
