from typing import Any

import pytest

from service.errors import InvalidParams
from service.jobs.plan.varying import varying_params

FIELDS: dict[str, int | str] = {"camera": 2, "frame": 10, "side": "left"}


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"fill": 3}, {"fill": 3}),
        ({"fill": {"by": "camera", "values": {"2": 5}}}, {"fill": 5}),
        ({"fill": {"by": "camera", "values": [3, 4, 5]}}, {"fill": 5}),
        ({"fill": {"by": "side", "values": {"left": 1, "right": 2}}}, {"fill": 1}),
        ({"fill": {"by": ["side", "frame"], "values": {"left": {"10": 7}}}}, {"fill": 7}),
        ({"size": {"width": {"by": "camera", "values": [1, 2, 3]}, "height": 4}}, {"size": {"width": 3, "height": 4}}),
        ({"map": {"uri": "rig://{side}/{camera:03d}.npy"}}, {"map": {"uri": "rig://left/002.npy"}}),
        ({"map": {"uri": "rig://plain.npy"}}, {"map": {"uri": "rig://plain.npy"}}),
        ({"map": {"by": "camera", "of": 1}}, {"map": {"by": "camera", "of": 1}}),
    ],
)
def test_parameters_follow_the_fields(params: dict[str, Any], found: dict[str, Any]) -> None:
    assert varying_params(params, tuple(FIELDS), "")(FIELDS) == found


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({"fill": {"by": "lens", "values": {}}}, "/fill/by"),
        ({"fill": {"by": [], "values": {}}}, "/fill/by"),
        ({"a/b": {"by": ["camera", 3], "values": {}}}, "/a~1b/by"),
        ({"map": {"uri": "rig://{lens}.npy"}}, "/map/uri"),
        ({"map": {"uri": "rig://{camera:3d}.npy{camera:d}"}}, "/map/uri"),
    ],
)
def test_what_names_no_field_is_refused_once(params: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidParams) as refused:
        varying_params(params, tuple(FIELDS), "")
    assert refused.value.faults[0].pointer == pointer


@pytest.mark.parametrize(
    ("values", "pointer"),
    [({"1": 0}, "/fill/values/2"), ([1, 2], "/fill/values/2"), (3, "/fill/values/2")],
)
def test_a_table_without_the_value_is_refused_for_the_item(values: Any, pointer: str) -> None:
    resolve = varying_params({"fill": {"by": "camera", "values": values}}, tuple(FIELDS), "")
    with pytest.raises(InvalidParams) as refused:
        resolve(FIELDS)
    assert refused.value.faults[0].pointer == pointer
