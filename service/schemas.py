"""JSON Schemas of parameters and results, with what an array field holds written out for people."""

from functools import cache
from typing import Any, Literal

from pydantic.json_schema import models_json_schema

from service.catalogue import OPERATIONS
from service.documents import Document

Mode = Literal["validation", "serialization"]
REFERENCE = "#/components/schemas/{model}"


@cache
def component_schemas() -> dict[str, Any]:
    """Schemas of every parameter set and result by class name, as OpenAPI components."""
    models: list[tuple[type[Document], Mode]] = [(operation.params, "validation") for operation in OPERATIONS]
    models += [(operation.result, "serialization") for operation in OPERATIONS]
    _, schema = models_json_schema(models, ref_template=REFERENCE)
    definitions: dict[str, Any] = schema["$defs"]
    for model, _ in models:
        describe_arrays(model, definitions[model.__name__])
    return definitions


def schema_of(model: type[Document], mode: Mode) -> dict[str, Any]:
    """The schema of one document, complete in itself."""
    schema = model.model_json_schema(mode=mode)
    describe_arrays(model, schema)
    return schema


def describe_arrays(model: type[Document], schema: dict[str, Any]) -> None:
    """Append meaning, shape, dtype and unit of array fields to their descriptions, in place."""
    for name, mark in model.array_fields().items():
        own = model.model_fields[name].description or ""
        schema["properties"][name]["description"] = f"{own} {mark.describe()}".strip()
