"""The OpenAPI document: every operation in every form it can be called, with examples that work when pasted."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api import access, problems
from api.jobs import description as jobs
from api.sending import RESULT_HEADER
from service.arrays.fields import ArrayField
from service.media import npy, picture, ply, safetensors
from service.operation import Operation
from service.schemas import component_schemas

ARRAY = "array"
_MEANING = "The result array that a picture or npy answer shows. Default: the first."
_ARRAY_PARAMETER = {
    "name": ARRAY,
    "in": "query",
    "required": False,
    "description": _MEANING,
    "schema": {"type": "string", "description": _MEANING},
}
_BINARY = {"type": "string", "format": "binary"}
_ERRORS = {
    "400": "The body cannot be read.",
    "401": "An API key is needed.",
    "406": "The result cannot be sent in the form asked for.",
    "408": "The body stopped coming.",
    "409": "Not in the state that it is in.",
    "410": "It was here, and is deleted.",
    "413": "The body, a picture or the result is larger than allowed.",
    "415": "A media type is not understood.",
    "416": "No byte lies in the range.",
    "422": "Parameters are invalid, or the configuration has no stable answer.",
    "429": "Too many requests from this key.",
    "503": "Busy; see Retry-After.",
    "507": "The store is full or fails.",
}
_OF_BODIES = ("400", "401", "406", "408", "413", "415", "422", "429", "503", "507")
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {
            "type": "string",
            "description": "Kind of problem; ends in a stable word such as /invalid-params or /degenerate.",
        },
        "title": {"type": "string", "description": "The kind in words."},
        "status": {"type": "integer", "description": "The status code."},
        "detail": {"type": "string", "description": "What happened, and what to do next."},
        "request_id": {"type": "string", "description": "Also in the header X-Request-Id and in the logs."},
        "reason": {
            "type": "string",
            "description": "Of a degenerate configuration: same_centre, singular_homography, …",
        },
        "errors": {
            "type": "array",
            "description": "Every wrong place.",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the parameters."},
                    "detail": {"type": "string", "description": "What is wrong there."},
                },
            },
        },
    },
}


def operation_extra(operation: Operation[Any, Any]) -> dict[str, Any]:
    """Request and response of one operation, for its OpenAPI entry."""
    arrays = operation.params.array_fields()
    first = next(iter(arrays))
    reference = {"$ref": f"#/components/schemas/{operation.params.__name__}"}
    result = {"$ref": f"#/components/schemas/{operation.result.__name__}"}
    examples = {f"example-{n}": {"summary": e.summary, "value": e.params} for n, e in enumerate(operation.examples, 1)}
    content: dict[str, Any] = {
        "application/json": {"schema": reference, "examples": examples},
        "multipart/form-data": _form(operation, arrays),
        npy.MEDIA_TYPE: {
            "schema": {
                **_BINARY,
                "description": f"The array `{first}`; the other parameters as JSON in the query `params`.",
            }
        },
        safetensors.MEDIA_TYPE: {
            "schema": {
                **_BINARY,
                "description": "Arrays by field name; the other parameters as JSON in the metadata key `params`.",
            }
        },
    }
    if arrays[first].images:
        for kind in picture.MEDIA_TYPES:
            content[kind] = {
                "schema": {
                    **_BINARY,
                    "description": f"The picture `{first}`; the other parameters as JSON in the query `params`.",
                }
            }
    answers: dict[str, Any] = {
        "application/json": {"schema": result},
        npy.MEDIA_TYPE: {"schema": _BINARY},
        safetensors.MEDIA_TYPE: {"schema": _BINARY},
    }
    if ply.has_points(operation.result):
        answers[ply.MEDIA_TYPE] = {"schema": _BINARY}
    if any(shape[:2] == ("h", "w") for mark in operation.result.array_fields().values() for shape in mark.shapes):
        answers |= {kind: {"schema": _BINARY} for kind in picture.MEDIA_TYPES}
    return {
        "security": access.SECURITY,
        "parameters": [_ARRAY_PARAMETER, *jobs.PREFERENCES],
        "requestBody": {"required": True, "content": content},
        "responses": {
            "200": {
                "description": "The result, in the form that Accept asks for.",
                "content": answers,
                "headers": {
                    RESULT_HEADER: {
                        "description": "Scalars of a binary result, as JSON.",
                        "schema": {"type": "string"},
                    }
                },
            },
            "202": jobs.DEFERRED,
        },
    }


def install(app: FastAPI) -> None:
    """Serve the document, made once."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title,
                version=app.version,
                summary=app.summary,
                description=app.description,
                routes=app.routes,
                tags=app.openapi_tags,
            )
            components = schema.setdefault("components", {})
            components["securitySchemes"] = access.SCHEMES
            components.setdefault("schemas", {}).update(
                {**component_schemas(), **jobs.component_schemas(), "Problem": _PROBLEM}
            )
            for path, item in schema["paths"].items():
                for operation in item.values():
                    _add_problems(path, operation)
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _add_problems(path: str, operation: dict[str, Any]) -> None:
    if not path.startswith("/v1/"):
        return
    answer = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    codes = set(_OF_BODIES) if "requestBody" in operation else {"401", "429"}
    codes |= set(operation.pop(jobs.PROBLEMS, ()))
    if "{" in path:
        codes |= {"404"}
    if any(parameter["in"] == "query" for parameter in operation.get("parameters", [])):
        codes |= {"422"}
    for code in sorted(codes):
        operation["responses"][code] = {
            "description": _ERRORS.get(code, "There is no such thing."),
            "content": answer,
        }
    if "422" not in codes:
        operation["responses"].pop("422", None)


def _form(operation: Operation[Any, Any], arrays: dict[str, ArrayField]) -> dict[str, Any]:
    params = {
        "type": "object",
        "description": "Every parameter that is not attached. Small arrays may be lists here.",
        "contentMediaType": "application/json",
    }
    parts: dict[str, Any] = {"params": params}
    encoding: dict[str, Any] = {"params": {"contentType": "application/json"}}
    for name, mark in arrays.items():
        kinds = [npy.MEDIA_TYPE, *(picture.MEDIA_TYPES if mark.images else ())]
        parts[name] = {
            **_BINARY,
            "description": f"{operation.params.model_fields[name].description} {mark.describe()}",
        }
        encoding[name] = {"contentType": ", ".join([*kinds, "application/octet-stream"])}
    example = {name: value for name, value in operation.examples[0].params.items() if name not in arrays}
    small = {name: value for name, value in operation.examples[0].params.items() if name in arrays}
    return {
        "schema": {"type": "object", "properties": parts},
        "encoding": encoding,
        "examples": {"example-1": {"summary": operation.examples[0].summary, "value": {"params": example | small}}},
    }
