"""Chains of filters as documents: what a step may say, what is refused, and what a chain costs."""

from typing import Any

import numpy as np
import pytest

from geometry import filter_chain
from geometry.filters.chain import linear
from service.arrays.reference import References
from service.catalogue import operation_named
from service.errors import InvalidParams, NotFound, TooLarge
from service.execution import Call, compute, price, validate
from service.operations.filters.chain_steps import FILTERS, step_document
from service.operations.filters.smoothing import windowed_scratch
from service.settings import Settings
from tests.running import npy

IMAGE = np.random.default_rng(2).integers(0, 255, (20, 30)).astype(np.uint8)
KERNEL = [[0.0, 1.0], [2.0, 1.0]]
MEDIAN = {"filter": "rank-filter"}


def references(**assets: bytes) -> References:
    def open_asset(name: str) -> memoryview:
        if name not in assets:
            raise NotFound(f"no asset {name}")
        return memoryview(assets[name])

    return References(open_asset=open_asset)


def priced(steps: Any, image: Any = IMAGE, opened: References | None = None, **more: Any) -> Call:
    operation = operation_named("filter-chain")
    document = {"image": image, "steps": steps, **more}
    return price(operation, validate(operation, document, opened or References()), Settings())


def faults(steps: Any, **more: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidParams) as refused:
        compute(priced(steps, **more))
    return [(fault.pointer, fault.detail) for fault in refused.value.faults]


@pytest.mark.parametrize("name", FILTERS)
def test_a_step_has_the_parameters_of_its_operation_but_the_image(name: str) -> None:
    fields, own = step_document(name).model_fields, FILTERS[name].params.model_fields
    apart = {"gradient": {"magnitude", "direction"}, "pool": {"indices"}}.get(name, set())
    assert set(fields) - {"filter", "output"} == set(own) - {"image"} - apart
    for field in set(fields) & set(own):
        assert fields[field].description == own[field].description
        assert fields[field].get_default() == own[field].get_default()
    assert set(step_document(name).array_fields()) == set(FILTERS[name].params.array_fields()) - {"image"}


def test_the_result_is_that_of_geometry_and_says_how_it_was_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear, "FEWEST_NUMBERS", 1)
    wide = np.random.default_rng(3).random((60, 50)).astype(np.float32)
    steps = [{"filter": "gaussian", "sigma": 1.0}, {"filter": "box", "window": 3}, MEDIAN]
    result: Any = compute(priced(steps, wide))
    np.testing.assert_array_equal(result.image, filter_chain(wide, steps))
    shown = [(stage.steps, stage.kernel, stage.strips) for stage in result.stages]
    assert shown == [([0, 1], [11, 11], 1), ([2], None, 1)]
    apart: Any = compute(priced(steps, wide, merge=False))
    assert [stage.steps for stage in apart.stages] == [[0], [1], [2]]


def test_arrays_in_a_step_may_be_lists_or_stored_assets() -> None:
    stored = references(**{"sha256-" + "0" * 64: npy(np.array(KERNEL))})
    named = {"filter": "convolve", "kernel": {"asset": "sha256-" + "0" * 64}}
    call = priced([MEDIAN, named], opened=stored)
    assert call.nbytes >= 8 * 4 + IMAGE.nbytes
    by_name: Any = compute(call)
    by_list: Any = compute(priced([MEDIAN, {"filter": "convolve", "kernel": KERNEL}]))
    np.testing.assert_array_equal(by_name.image, by_list.image)


def test_an_asset_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound):
        priced([{"filter": "convolve", "kernel": {"asset": "sha256-" + "1" * 64}}], opened=references())


@pytest.mark.parametrize(
    ("step", "pointer", "detail"),
    [
        ("gaussian", "/steps/1", 'must be an object with "filter" and its parameters'),
        ({}, "/steps/1/filter", f"must be one of {', '.join(FILTERS)}"),
        ({"filter": "fourier"}, "/steps/1/filter", f"must be one of {', '.join(FILTERS)}"),
        ({"filter": ["box"]}, "/steps/1/filter", f"must be one of {', '.join(FILTERS)}"),
        ({"filter": "gaussian"}, "/steps/1/sigma", "is required"),
        ({"filter": "gaussian", "sigma": 1, "colour": 2}, "/steps/1/colour", "is not a parameter here"),
        ({"filter": "box", "window": 3, "image": [[1]]}, "/steps/1/image", "is not a parameter here"),
        ({"filter": "gradient", "magnitude": True}, "/steps/1/magnitude", "is not a parameter here"),
        (
            {"filter": "convolve", "kernel": [[1, 2], [3]]},
            "/steps/1/kernel/1",
            "has 1 entries where its neighbours have 2",
        ),
        (
            {"filter": "convolve", "kernel": [[1]], "stride": 2},
            "/steps/1",
            "must keep the image's height and width, 20 × 30, would make them 10 × 15",
        ),
        (
            {"filter": "bilateral", "sigma_color": 1, "sigma_space": 1, "guide": [[1.0]]},
            "/steps/1/guide",
            "must have the image's size (20, 30), came as (1, 1)",
        ),
        (
            {"filter": "threshold"},
            "/steps/1/value",
            "is the threshold of method fixed, which needs one, and of no other",
        ),
    ],
)
def test_what_is_wrong_with_a_step_is_named(step: Any, pointer: str, detail: str) -> None:
    assert faults([MEDIAN, step]) == [(pointer, detail)]


def test_faults_of_several_steps_are_named_together() -> None:
    found = faults([{"filter": "unsharp", "amount": "much"}, MEDIAN, {"filter": "box", "window": 0}])
    assert [pointer for pointer, _ in found] == ["/steps/0/amount", "/steps/2/window"]


def test_a_chain_has_a_step_and_no_more_than_64() -> None:
    assert [pointer for pointer, _ in faults([])] == ["/steps"]
    assert [pointer for pointer, _ in faults([MEDIAN] * 65)] == ["/steps"]


def test_large_images_are_priced_by_their_strips_unless_a_kernel_is_yet_to_be_read() -> None:
    large = np.broadcast_to(np.float32(0), (8000, 8000))
    steps = [MEDIAN, {"filter": "convolve", "kernel": KERNEL}, MEDIAN]
    assert priced(steps, large).cost.scratch < large.nbytes
    stored = references(**{"sha256-" + "0" * 64: npy(np.array(KERNEL))})
    named = {"filter": "convolve", "kernel": {"asset": "sha256-" + "0" * 64}}
    assert priced([MEDIAN, named, MEDIAN], large, stored).cost.scratch > 2 * large.nbytes


def test_a_merged_kernel_is_priced_by_its_own_size() -> None:
    large = np.broadcast_to(np.float32(0), (2000, 2000))
    steps = [{"filter": "gaussian", "sigma": 3.0}] * 2
    assert priced(steps, large).cost.scratch == windowed_scratch((2000, 2000), (49, 49))
    assert priced(steps, large, merge=False).cost.scratch > large.nbytes


def test_arithmetic_of_all_steps_counts() -> None:
    heavy = {"filter": "convolve", "kernel": np.ones((30, 30)).tolist(), "method": "direct"}
    alone, twice = (priced([heavy] * count).cost.flops for count in (1, 2))
    assert twice == 2 * alone
    operation = operation_named("filter-chain")
    params = validate(operation, {"image": IMAGE, "steps": [heavy] * 2}, References())
    with pytest.raises(TooLarge, match="arithmetic operations"):
        price(operation, params, Settings(max_flops=alone))


def test_a_gradient_goes_on_as_one_of_its_results() -> None:
    for output in ("x", "y", "magnitude", "direction"):
        (array,) = priced([{"filter": "gradient", "output": output}]).cost.outputs
        assert (array.name, array.shape, array.dtype) == ("image", (20, 30), "float32")
