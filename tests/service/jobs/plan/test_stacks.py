from pathlib import Path
from typing import Any

import numpy as np
import pytest

from service.errors import InvalidParams
from service.jobs.access import Access
from service.jobs.plan.stacks import spelled_out, stacked_arrays
from tests.service.jobs.plan.jobs import OWNER, access_to


@pytest.fixture
def access(tmp_path: Path) -> Access:
    for frame in range(4):
        np.save(tmp_path / f"depth_{frame}.npy", np.full((2, 3), float(frame)))
    np.save(tmp_path / "wide_0.npy", np.zeros((2, 4)))
    (tmp_path / "text_0.npy").write_bytes(b"no array")
    return access_to(tmp_path / "data", roots={"room": str(tmp_path)})


def uris(*names: str) -> list[dict[str, str]]:
    return [{"uri": f"room://{name}.npy"} for name in names]


def test_files_of_a_pattern_are_put_on_top_of_each_other(access: Access) -> None:
    params = spelled_out(
        {"depths": {"stack": "room://depth_{frame:d}.npy", "where": {"frame": "1:"}}, "reduce": "mean"}, access
    )
    assert params == {"depths": {"stack": uris("depth_1", "depth_2", "depth_3")}, "reduce": "mean"}
    stacked = stacked_arrays(params, access.references(OWNER))["depths"]
    assert (stacked.shape, stacked.dtype.name) == ((3, 2, 3), "float64")
    assert stacked.load()[:, 0, 0].tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("stack", "pointer"),
    [
        ({"stack": []}, "/params/depths/stack"),
        ({"stack": 3}, "/params/depths/stack"),
        ({"stack": uris("depth_0"), "where": {"frame": [1]}}, "/params/depths/stack"),
        ({"stack": uris("depth_0"), "axis": 1}, "/params/depths"),
        ({"stack": uris("depth_0"), "where": 3}, "/params/depths"),
        ({"stack": "room://none_{frame:d}.npy"}, "/params/depths/stack"),
        ({"stack": "room://depth_{frame:d}.npy", "where": {"camera": [1]}}, "/params/depths/where/camera"),
    ],
)
def test_stacks_that_are_none_are_refused(access: Access, stack: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidParams) as refused:
        spelled_out({"depths": stack}, access)
    assert refused.value.faults[0].pointer == pointer


@pytest.mark.parametrize(
    ("stack", "pointer"),
    [
        (uris("depth_0", "wide_0"), "/params/depths/stack/1"),
        (uris("depth_0", "text_0"), "/params/depths/stack/1"),
        (uris("depth_0", "absent"), "/params/depths/stack/1/uri"),
        ([{"asset": "sha256-" + "0" * 64}], "/params/depths/stack/0/asset"),
        ([3], "/params/depths/stack/0"),
    ],
)
def test_parts_that_do_not_fit_are_refused(access: Access, stack: list[Any], pointer: str) -> None:
    with pytest.raises(InvalidParams) as refused:
        stacked_arrays({"depths": {"stack": stack}}, access.references(OWNER), thorough=True)
    assert refused.value.faults[0].pointer == pointer
