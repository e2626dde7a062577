from collections.abc import Iterator

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geometry import chain_plan, filter_chain
from geometry.filters.chain import linear
from geometry.filters.chain.form import Form
from geometry.filters.chain.linear import merged_steps
from geometry.filters.chain.steps import chain_steps
from tests.geometry.filters.chain.chains import LINEAR
from tests.naive.chains import chain, one

SHAPE = (30, 25)
GAUSSIANS = [{"filter": "gaussian", "sigma": 0.8}, {"filter": "gaussian", "sigma": 0.8}]


@pytest.fixture(autouse=True, scope="module")
def _small_images_are_worth_it() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linear, "FEWEST_NUMBERS", 1)
        yield


def runs(steps, dtype="float32", shape=SHAPE):
    """Numbers of the steps of each stage."""
    return [stage.steps for stage in chain_plan(shape, dtype, steps).stages]


def kernel_of(step):
    """The kernel of a linear step: what it makes of a point."""
    point = np.zeros((65, 65))
    point[32, 32] = 1
    return one(point, **{**step, "border": "constant"})


@settings(max_examples=15 if numba.config.DISABLE_JIT else 60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), border=st.sampled_from(["constant", "reflect", "reflect_101", "wrap"]))
def test_merged_filters_are_within_the_stated_bound_of_the_steps(seed: int, border: str) -> None:
    rng = np.random.default_rng(seed)
    image = rng.normal(size=SHAPE).astype(str(rng.choice(["float32", "float64"])))
    steps = [{**LINEAR[number], "border": border} for number in rng.integers(0, len(LINEAR), rng.integers(2, 4))]
    found, plan = filter_chain(image, steps), chain_plan(image.shape, image.dtype, steps)
    expected = chain(image, steps)
    assert found.dtype == expected.dtype
    merged = [stage for stage in plan.stages if stage.kernel is not None]
    if not merged:
        np.testing.assert_array_equal(found, expected)
        return
    kernels = [kernel_of(step) for step in steps]
    taps = sum(np.count_nonzero(kernel) for kernel in kernels) + sum(int(np.prod(one_.kernel)) for one_ in merged)
    weight = float(np.prod([np.abs(kernel).sum() for kernel in kernels]))
    epsilon = 2.0**-24 if found.dtype == np.float32 else 2.0**-53
    assert np.abs(found - expected).max() <= 4 * taps * epsilon * weight * np.abs(image).max()


def test_neighbours_are_merged_where_the_image_goes_on_behind_the_first_as_it_does_before_it() -> None:
    lopsided = {"filter": "convolve", "kernel": [[1, 2, 4]]}
    for border, together in (("reflect", True), ("reflect_101", True), ("wrap", True), ("replicate", False)):
        assert (runs([{**step, "border": border} for step in GAUSSIANS]) == [(0, 1)]) is together
    assert runs([{**lopsided, "border": "reflect"}, {**lopsided, "border": "reflect"}]) == [(0,), (1,)]
    assert runs([{**lopsided, "border": "wrap"}, {**lopsided, "border": "wrap"}]) == [(0, 1)]


def test_a_constant_border_lets_columns_and_rows_be_merged_and_nothing_else() -> None:
    down, across = {"filter": "convolve", "kernel": [[1], [2], [4]]}, {"filter": "convolve", "kernel": [[1, 3]]}
    assert runs([down, across]) == [(0, 1)]
    assert runs([down, down]) == [(0,), (1,)]
    assert runs([{**down, "fill": 1}, across]) == [(0,), (1,)]


def test_nothing_is_merged_where_pixels_are_rounded_between() -> None:
    wide = {"filter": "gaussian", "sigma": 0.8, "output_dtype": "float32"}
    assert runs(GAUSSIANS, "uint8") == [(0,), (1,)]
    assert runs([wide, *GAUSSIANS], "uint8") == [(0, 1, 2)]


def test_other_steps_part_the_runs() -> None:
    steps = [*GAUSSIANS, {"filter": "rank-filter"}, *GAUSSIANS, {"filter": "unsharp", "threshold": 1}]
    assert runs(steps) == [(0, 1), (2,), (3, 4), (5,)]
    assert runs([{**GAUSSIANS[0], "border": "reflect"}, GAUSSIANS[0]]) == [(0,), (1,)]


@pytest.mark.parametrize(
    "step",
    [
        {"filter": "gaussian", "sigma": 8},
        {"filter": "gaussian", "sigma": 2, "method": "recursive"},
        {"filter": "box", "window": 65},
        {"filter": "laplacian", "sigma": 9},
        {"filter": "gradient", "output": "direction"},
        {"filter": "convolve", "kernel": np.ones((64, 3)), "border": "wrap"},
        {"filter": "convolve", "kernel": np.ones((3, 3)), "border": "wrap", "dilation": 16},
        {"filter": "convolve", "kernel": np.ones((3, 3, 1, 1)), "border": "wrap"},
    ],
)
def test_what_is_wide_or_not_linear_stays_as_it_is(step: dict[str, object]) -> None:
    assert runs([step, step], shape=(*SHAPE, 1)) == [(0,), (1,)]


def test_what_would_take_longer_together_stays_apart() -> None:
    rng = np.random.default_rng(0)
    dense = [{"filter": "convolve", "kernel": rng.normal(size=(15, 15)), "border": "wrap", "method": "direct"}] * 2
    assert runs(dense, shape=(600, 500)) == [(0,), (1,)]


def test_merging_can_be_switched_off_and_small_images_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = chain_plan(SHAPE, "float32", GAUSSIANS, merge=False)
    assert [stage.steps for stage in plan.stages] == [(0,), (1,)]
    monkeypatch.setattr(linear, "FEWEST_NUMBERS", 750)
    assert runs(GAUSSIANS, shape=(29, 25)) == [(0,), (1,)]
    assert runs(GAUSSIANS, shape=(30, 25)) == [(0, 1)]


def test_a_merged_step_is_the_convolution_that_the_kernels_make_together() -> None:
    (step,) = merged_steps(chain_steps(GAUSSIANS), Form(SHAPE, np.dtype(np.float64)))
    single = kernel_of(GAUSSIANS[0])[26:39, 26:39]
    point = np.zeros((13, 13))
    point[6, 6] = 1
    twice = chain(point, [{"filter": "convolve", "kernel": single, "method": "direct"}] * 2)
    np.testing.assert_allclose(step.options["kernel"], twice, rtol=1e-14)  # sums of some tens of products
    assert step.places == (0, 1)
