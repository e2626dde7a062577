import warnings

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geometry import InvalidInput, chain_plan, filter_chain
from geometry.bands import band_count, interruptible
from tests.geometry.filters.chain.chains import STEPS
from tests.naive.chains import chain

EXAMPLES, ROWS = (12, 24) if numba.config.DISABLE_JIT else (60, 60)
SMOOTH = [{"filter": "gaussian", "sigma": 1}, {"filter": "rank-filter", "window": 3}]


def drawn(rng, dtypes=("uint8", "uint16", "int16", "int32", "float32", "float64")):
    shape = (int(rng.integers(1, ROWS)), int(rng.integers(1, 20)), *((3,) if rng.random() < 0.4 else ()))
    return (rng.random(shape) * 250).astype(str(rng.choice(dtypes)))


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32))
def test_strips_give_bit_for_bit_what_the_steps_give_one_after_the_other(seed: int) -> None:
    rng = np.random.default_rng(seed)
    image, steps = drawn(rng), [STEPS[number] for number in rng.integers(0, len(STEPS), rng.integers(1, 6))]
    expected, rows = chain(image, steps), int(rng.integers(1, 20))
    found = filter_chain(image, steps, merge=False, strip_rows=rows)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)
    plan = chain_plan(image.shape, image.dtype, steps, merge=False, strip_rows=rows)
    assert (plan.shape, plan.dtype) == (found.shape, found.dtype.name)
    with band_count(3):
        np.testing.assert_array_equal(filter_chain(image, steps, merge=False, strip_rows=rows), expected)


def test_every_kind_of_step_is_cut_into_strips_but_those_that_see_the_whole_image() -> None:
    marks = {"fft", "recursive", "wrap", "otsu"}
    for step in STEPS:
        plan = chain_plan((50, 20), "uint8", [{"filter": "threshold", "value": 1}, step], strip_rows=8)
        named = {value for value in step.values() if isinstance(value, str)}
        assert (plan.stages[1].strips == 1) == bool(named & marks), named


def test_images_that_lie_beside_are_cut_into_strips_as_well() -> None:
    rng = np.random.default_rng(3)
    image, guide = rng.random((40, 9, 3)).astype(np.float32), rng.random((40, 9))
    steps = [
        {"filter": "rank-filter", "window": [5, 1]},
        {"filter": "bilateral", "sigma_color": 0.3, "sigma_space": 1, "guide": guide},
        {"filter": "neighbourhood", "expression": "mean(w) - v[0, 0]", "second": image},
    ]
    np.testing.assert_array_equal(filter_chain(image, steps, strip_rows=4), chain(image, steps))


def test_a_kernel_may_change_the_channels_between_the_steps() -> None:
    image = np.random.default_rng(4).integers(0, 255, (30, 12, 3)).astype(np.uint8)
    steps = [
        {"filter": "rank-filter"},
        {"filter": "convolve", "kernel": [[[[1, 0], [0.5, 0.5], [0, 1]]]], "output_dtype": "float32"},
        {"filter": "gaussian", "sigma": 1},
        {"filter": "threshold", "value": [100, 120]},
    ]
    found = filter_chain(image, steps, strip_rows=5)
    assert (found.shape, found.dtype) == ((30, 12, 2), np.float32)
    np.testing.assert_array_equal(found, chain(image, steps))


def test_lists_truth_values_and_grey_images_are_taken_as_by_the_functions() -> None:
    flags = np.eye(6, dtype=bool)
    np.testing.assert_array_equal(filter_chain(flags, SMOOTH), chain(flags, SMOOTH))
    assert filter_chain([[1.0, 2.0]], SMOOTH).shape == (1, 2)
    assert filter_chain(np.ones((2, 3, 1)), SMOOTH).shape == (2, 3, 1)


def test_the_image_is_not_written_to_and_not_returned() -> None:
    image = np.arange(12.0).reshape(3, 4)
    before = image.copy()
    found = filter_chain(image, [{"filter": "threshold", "value": -1, "kind": "to_zero"}])
    np.testing.assert_array_equal(found, before)
    np.testing.assert_array_equal(image, before)
    assert not np.shares_memory(found, image)


@pytest.mark.jit  # threads that interpret kernels warn for themselves
def test_what_is_not_finite_spreads_as_by_the_functions_without_a_warning() -> None:
    image = np.random.default_rng(5).random((40, 10)).astype(np.float32)
    image[20, 5], image[3, 2], image[33, 7] = np.nan, np.inf, -np.inf
    steps = [{"filter": "unsharp"}, *SMOOTH, {"filter": "gradient"}]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with np.errstate(all="ignore"):
            found = filter_chain(image, steps, merge=False, strip_rows=5)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(found, chain(image, steps))


def test_a_deadline_stops_between_two_strips() -> None:
    calls = []

    def check() -> None:
        calls.append(1)
        if len(calls) > 3:
            raise TimeoutError

    with pytest.raises(TimeoutError), interruptible(check):
        filter_chain(np.zeros((64, 8)), SMOOTH, strip_rows=2)


@pytest.mark.parametrize(
    ("steps", "argument"),
    [
        ([], "steps"),
        ("gaussian", "steps"),
        ([{"filter": "threshold", "value": 1}] * 65, "steps"),
        (["gaussian"], "steps/0"),
        ([*SMOOTH, {"sigma": 1}], "steps/2"),
        ([*SMOOTH, {"filter": "fourier"}], "steps/2/filter"),
        ([*SMOOTH, {"filter": "gaussian"}], "steps/2/sigma"),
        ([*SMOOTH, {"filter": "gaussian", "sigma": 1, "colour": 2}], "steps/2/colour"),
        ([*SMOOTH, {"filter": "gaussian", "sigma": 1, "image": [[1]]}], "steps/2/image"),
        ([*SMOOTH, {"filter": "gaussian", "sigma": -1}], "steps/2/sigma"),
        ([*SMOOTH, {"filter": "gaussian", "sigma": 1, "border": "mirror"}], "steps/2/border"),
        ([*SMOOTH, {"filter": "convolve", "kernel": [[1, 2], [3]]}], "steps/2/kernel"),
        ([*SMOOTH, {"filter": "convolve", "kernel": [[1, np.nan]]}], "steps/2/kernel/0/1"),
        ([*SMOOTH, {"filter": "convolve", "kernel": np.ones((1, 1, 3, 3))}], "steps/2/kernel"),
        ([*SMOOTH, {"filter": "convolve", "kernel": [[1]], "stride": 2}], "steps/2"),
        ([*SMOOTH, {"filter": "pool", "window": 2}], "steps/2"),
        ([*SMOOTH, {"filter": "gradient", "output": "magnitudes"}], "steps/2/output"),
        ([*SMOOTH, {"filter": "bilateral", "sigma_color": 1, "sigma_space": 1, "guide": [[1]]}], "steps/2/guide"),
        ([*SMOOTH, {"filter": "morphology", "operation": "widen"}], "steps/2/operation"),
        ([*SMOOTH, {"filter": "neighbourhood", "expression": "max(w"}], "steps/2/expression"),
        ([{"filter": "threshold", "method": "otsu"}], "steps/0"),
    ],
)
def test_what_is_wrong_with_a_step_is_named(steps: list[dict[str, object]], argument: str) -> None:
    image = np.full((8, 8), np.nan)
    with pytest.raises(InvalidInput) as refused:
        filter_chain(image, steps)
    assert refused.value.argument == argument


@pytest.mark.parametrize("rows", [0, -1, 1.5])
def test_strips_of_no_rows_are_refused(rows: float) -> None:
    with pytest.raises(InvalidInput) as refused:
        filter_chain([[1.0]], SMOOTH, strip_rows=rows)  # type: ignore[arg-type]
    assert refused.value.argument == "strip_rows"


def test_what_is_no_image_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        filter_chain(np.zeros((2, 2, 2, 2)), SMOOTH)
    assert refused.value.argument == "image"
