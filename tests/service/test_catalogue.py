import pytest

from service.catalogue import OPERATIONS, operation_named
from service.errors import NotFound
from service.schemas import component_schemas, schema_of


def test_operations_are_found_by_their_distinct_names() -> None:
    assert len({operation.name for operation in OPERATIONS}) == len(OPERATIONS)
    for operation in OPERATIONS:
        assert operation_named(operation.name) is operation
    with pytest.raises(NotFound, match="GET /v1/operations"):
        operation_named("nope")


def test_classes_of_documents_have_distinct_names_for_openapi() -> None:
    names = [document.__name__ for document in {document for o in OPERATIONS for document in (o.params, o.result)}]
    assert len(set(names)) == len(names)
    assert set(names) <= set(component_schemas())


def test_schemas_refuse_unknown_fields_and_describe_every_field() -> None:
    for operation in OPERATIONS:
        for schema in (schema_of(operation.params, "validation"), schema_of(operation.result, "serialization")):
            assert schema["additionalProperties"] is False
            assert all(facts["description"] for facts in schema["properties"].values())
