import numpy as np
import pytest

from geometry import InvalidInput, chain_plan, threads

STEPS = [
    {"filter": "gaussian", "sigma": 1.2},
    {"filter": "rank-filter", "window": 3},
    {"filter": "morphology", "operation": "close", "size": 3},
    {"filter": "laplacian"},
    {"filter": "threshold", "value": 9},
]


def test_the_plan_says_shape_dtype_and_stages() -> None:
    plan = chain_plan((10, 20, 3), "uint8", STEPS)
    assert (plan.shape, plan.dtype) == ((10, 20, 3), "float32")
    assert [stage.steps for stage in plan.stages] == [(0,), (1,), (2,), (3,), (4,)]
    assert {(stage.kernel, stage.strips) for stage in plan.stages} == {(None, 1)}


def test_small_images_are_held_whole_between_the_steps() -> None:
    plan = chain_plan((100, 200), np.uint8, STEPS)
    assert plan.scratch_bytes == (1 + 4) * 100 * 200  # the morphology's and the Laplacian's, at the largest
    assert chain_plan((100, 200), np.uint8, STEPS[:1]).scratch_bytes == 0


def test_large_images_go_through_in_strips_and_are_never_held_between_the_steps() -> None:
    shape = (4320, 7680, 3)
    plan = chain_plan(shape, np.float32, STEPS)
    assert all(stage.strips == plan.stages[0].strips > 8 for stage in plan.stages)
    # a strip of 8 MiB and its margins, before and after a step, for each thread
    assert plan.scratch_bytes <= threads() * 2.5 * (8 << 20)
    assert plan.scratch_bytes < 4 * np.prod(shape) / 4


def test_steps_that_see_the_whole_image_part_the_strips() -> None:
    otsu = {"filter": "threshold", "method": "otsu"}
    plan = chain_plan((8000, 8000), np.uint16, [*STEPS[:2], otsu, STEPS[2], STEPS[2]])
    assert [stage.strips > 1 for stage in plan.stages] == [True, True, False, True, True]
    assert plan.scratch_bytes >= 2 * 2 * 8000 * 8000


def test_wide_windows_take_thicker_strips() -> None:
    thin = chain_plan((8000, 8000), np.float32, [STEPS[1], STEPS[1]]).stages[0].strips
    thick = chain_plan((8000, 8000), np.float32, [{"filter": "morphology", "operation": "open", "size": 301}] * 2)
    assert 1 < thick.stages[0].strips < thin
    assert 8000 / thick.stages[0].strips >= 4 * 2 * 2 * 150


def test_rows_of_a_strip_can_be_told() -> None:
    assert [stage.strips for stage in chain_plan((100, 9), np.uint8, STEPS, strip_rows=10).stages] == [10] * 5
    assert chain_plan((100, 9), np.uint8, STEPS[:1], strip_rows=10).stages[0].strips == 1


@pytest.mark.parametrize(
    ("shape", "dtype", "argument"), [((3,), "uint8", "image_shape"), ((0, 3), "uint8", "image_shape")]
)
def test_other_shapes_are_refused(shape: tuple[int, ...], dtype: str, argument: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        chain_plan(shape, dtype, STEPS)
    assert refused.value.argument == argument


def test_other_dtypes_are_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        chain_plan((2, 2), "int64", STEPS)
    assert refused.value.argument == "image_dtype"


def test_a_step_that_makes_another_size_is_refused_with_both_sizes() -> None:
    with pytest.raises(InvalidInput, match="10 × 20, would make them 5 × 10") as refused:
        chain_plan((10, 20), "uint8", [STEPS[0], {"filter": "pool", "window": 2}])
    assert refused.value.argument == "steps/1"
