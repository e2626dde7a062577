"""Numbers at the edge in every scalar field: a result without NaN where JSON goes, or a refusal."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from tests.contract.calls import CASES, Case, name_of

NUMBERS = [
    float("nan"),
    float("inf"),
    -float("inf"),
    1e308,
    -1e308,
    5e-324,
    -0.0,
    0,
    -1,
    2**31,
    2**53 + 1,
    2**63,
    2**64,
    10**400,
    1.5,
    True,
    "1",
    None,
    [],
    {},
]


def scalar_places(schema_value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every number in a document, arrays excepted."""
    if isinstance(schema_value, dict):
        for name, inner in schema_value.items():
            yield from scalar_places(inner, (*place, name))
    elif isinstance(schema_value, list):
        for index, inner in enumerate(schema_value):
            yield from scalar_places(inner, (*place, index))
    elif isinstance(schema_value, int | float) and not isinstance(schema_value, bool):
        yield place


def replaced(value: Any, place: tuple[Any, ...], number: Any) -> Any:
    """A copy with one entry changed."""
    if not place:
        return number
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = replaced(value[place[0]], place[1:], number)
    return copy


def complete(case: Case) -> dict[str, Any]:
    """The document with every scalar field in it."""
    defaults = {
        name: info.default
        for name, info in case.operation.params.model_fields.items()
        if isinstance(info.default, int | float) and name not in case.params
    }
    extra = {"size": {"width": 3, "height": 3}, "roi": {"x": 0, "y": 0, "width": 1, "height": 1}, "tolerance": 0.5}
    return (
        {name: value for name, value in extra.items() if name in case.operation.params.model_fields}
        | defaults
        | dict(case.params)
    )


def check(answer: Any) -> None:
    assert answer.status_code in (200, 413, 422, 400), answer.text
    text = answer.text
    assert "NaN" not in text
    assert "Infinity" not in text
    json.loads(text)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_scalars(client: TestClient, case: Case) -> None:
    document = complete(case)
    arrays = case.operation.params.array_fields()
    for place in scalar_places({name: value for name, value in document.items() if name not in arrays}):
        for number in NUMBERS:
            body = json.dumps(replaced(document, place, number))
            headers = {"Content-Type": "application/json", "Accept": "application/json"}
            check(client.post(case.path, content=body, headers=headers))


@pytest.mark.parametrize("case", CASES, ids=name_of)
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, 1e308, -1e308, 5e-324, 0.0, 1e-160, 3e38])
def test_values_of_arrays(client: TestClient, case: Case, number: float) -> None:
    for name in case.arrays():
        for fill in (False, True):
            value = case.params[name]
            listed = value["data"] if isinstance(value, dict) else value
            places = list(scalar_places(listed))
            for place in places if fill else places[:1]:
                listed = replaced(listed, place, number)
            spelled = {**value, "data": listed} if isinstance(value, dict) else listed
            body = json.dumps({**case.params, name: spelled})
            headers = {"Content-Type": "application/json", "Accept": "application/json"}
            check(client.post(case.path, content=body, headers=headers))


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_empty_arrays(client: TestClient, case: Case) -> None:
    for name in case.arrays():
        for empty in ([], [[]], [[[]]], [[[], []]], {"data": [], "dtype": "float64"}):
            answer = client.post(case.path, json={**case.params, name: empty}, headers={"Accept": "application/json"})
            check(answer)


@pytest.mark.parametrize("accept", ["application/json", "application/x-npy"])
def test_determinants_that_no_float_holds_are_refused_before_the_answer_begins(client: TestClient, accept: str) -> None:
    projection = [[1e200, 0, 0, 1], [0, 1e200, 0, 2], [0, 0, 1e200, 3]]
    other = [[1e200, 0, 0, 5], [0, 1e200, 0, 2], [0, 1, 1e200, 3]]
    params = {"projections": [projection, other], "normalization": "none", "dtype": "float32"}
    answer = client.post("/v1/fundamental-all", json=params, headers={"Accept": accept})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/normalization"
