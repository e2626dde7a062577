import re
from typing import Any

import jsonschema
import pytest

from service.catalogue import OPERATIONS, operation_named
from service.errors import NotFound
from service.operation import Operation
from service.schemas import component_schemas, schema_of
from tests.contract.calls import CASES, name_of

pytestmark = pytest.mark.parametrize("operation", OPERATIONS, ids=name_of)


def test_the_name_is_kebab_case_and_found(operation: Operation[Any, Any]) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", operation.name)
    assert operation_named(operation.name) is operation


def test_the_summary_is_one_line_without_a_full_stop(operation: Operation[Any, Any]) -> None:
    assert operation.summary.strip() == operation.summary
    assert "\n" not in operation.summary
    assert not operation.summary.endswith(".")


@pytest.mark.parametrize("side", ["params", "result"])
def test_every_field_is_described(operation: Operation[Any, Any], side: str) -> None:
    model = getattr(operation, side)
    for name, info in model.model_fields.items():
        assert info.description, f"{operation.name}.{name}"
        assert info.description[0].isupper() or info.description[0] == "`", info.description
        assert info.description.endswith("."), info.description


@pytest.mark.parametrize("side", ["params", "result"])
def test_array_fields_say_meaning_shape_dtype_and_unit(operation: Operation[Any, Any], side: str) -> None:
    mode = "validation" if side == "params" else "serialization"
    model = getattr(operation, side)
    schema = schema_of(model, mode)
    for name, mark in model.array_fields().items():
        assert mark.meaning
        assert mark.shapes
        text = schema["properties"][name]["description"]
        assert mark.meaning in text
        assert "Shape (" in text
        for shape in mark.shapes:
            assert all(str(length) in text for length in shape)
        if mark.unit:
            assert mark.unit in text


def test_the_first_parameter_array_is_required(operation: Operation[Any, Any]) -> None:
    first = next(iter(operation.params.array_fields()))
    assert operation.params.model_fields[first].is_required()


@pytest.mark.parametrize("side", ["params", "result"])
def test_the_schemas_are_valid_json_schema(operation: Operation[Any, Any], side: str) -> None:
    mode = "validation" if side == "params" else "serialization"
    jsonschema.Draft202012Validator.check_schema(schema_of(getattr(operation, side), mode))


def test_the_parameters_are_components_of_openapi(operation: Operation[Any, Any]) -> None:
    components = component_schemas()
    assert {operation.params.__name__, operation.result.__name__} <= set(components)


def test_there_is_an_example_and_all_of_them_fit_the_schema(operation: Operation[Any, Any]) -> None:
    assert operation.examples
    schema = jsonschema.Draft202012Validator(schema_of(operation.params, "validation"))
    for case in (case for case in CASES if case.operation is operation):
        schema.validate(case.params)


def test_another_name_is_not_found(operation: Operation[Any, Any]) -> None:
    with pytest.raises(NotFound, match="no operation"):
        operation_named(operation.name + "s")
