import json
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient

from api.command import main
from service.catalogue import OPERATIONS
from service.operation import Operation
from tests.contract.calls import JSON, NPY, SAFETENSORS, name_of

for_each = pytest.mark.parametrize("operation", OPERATIONS, ids=name_of)


@pytest.fixture(scope="module")
def openapi(client: TestClient) -> Any:
    return client.get("/openapi.json").json()


def test_the_document_is_openapi_3_1(openapi: Any) -> None:
    assert openapi["openapi"].startswith("3.1")
    assert openapi["info"]["title"]
    assert openapi["info"]["version"]
    for schema in openapi["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_reference_in_the_document_leads_somewhere(openapi: Any) -> None:
    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                place = openapi
                for step in value["$ref"].removeprefix("#/").split("/"):
                    place = place[step]
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(openapi)


def test_operation_ids_are_unique(openapi: Any) -> None:
    names = [entry["operationId"] for path in openapi["paths"].values() for entry in path.values()]
    assert len(names) == len(set(names))


def test_every_path_is_summarized(openapi: Any) -> None:
    for path, entries in openapi["paths"].items():
        for method, entry in entries.items():
            assert entry["summary"], f"{method} {path}"
            assert all(
                parameter.get("description") for parameter in entry.get("parameters", []) if "q" in parameter["in"]
            )


@for_each
def test_openapi_shows_every_form_of_the_request(openapi: Any, operation: Operation[Any, Any]) -> None:
    entry = openapi["paths"][f"/v1/{operation.name}"]["post"]
    assert entry["summary"] == operation.summary
    assert entry["tags"] == [operation.family]
    content = entry["requestBody"]["content"]
    assert {JSON, "multipart/form-data", NPY, SAFETENSORS} <= set(content)
    assert content[JSON]["schema"]["$ref"].endswith(operation.params.__name__)
    shown = [example["value"] for example in content[JSON]["examples"].values()]
    assert shown == [example.params for example in operation.examples]
    parts = content["multipart/form-data"]["schema"]["properties"]
    assert set(parts) == {"params", *operation.params.array_fields()}


@for_each
def test_openapi_shows_every_form_of_the_answer(openapi: Any, operation: Operation[Any, Any]) -> None:
    responses = openapi["paths"][f"/v1/{operation.name}"]["post"]["responses"]
    assert {JSON, NPY, SAFETENSORS} <= set(responses["200"]["content"])
    for status in ("400", "401", "406", "408", "413", "415", "422", "429", "503"):
        assert set(responses[status]["content"]) == {"application/problem+json"}


@for_each
def test_the_multipart_example_works_as_it_stands(
    client: TestClient, openapi: Any, operation: Operation[Any, Any]
) -> None:
    content = openapi["paths"][f"/v1/{operation.name}"]["post"]["requestBody"]["content"]["multipart/form-data"]
    parts = content["examples"]["example-1"]["value"]
    fields = {name: (None, json.dumps(value)) for name, value in parts.items()}
    answer = client.post(f"/v1/{operation.name}", files=fields, headers={"Accept": JSON})
    assert answer.status_code == 200, answer.text
    assert answer.content == client.post(f"/v1/{operation.name}", json=operation.examples[0].params).content


@for_each
def test_the_catalogue_lists_and_shows_it(client: TestClient, operation: Operation[Any, Any]) -> None:
    rows = client.get("/v1/operations").json()["operations"]
    row = next(row for row in rows if row["name"] == operation.name)
    assert (row["family"], row["summary"]) == (operation.family, operation.summary)
    shown = client.get(row["href"]).json()
    assert set(shown["params"]["properties"]) == set(operation.params.model_fields)
    assert set(shown["result"]["properties"]) == set(operation.result.model_fields)
    assert [example["params"] for example in shown["examples"]] == [example.params for example in operation.examples]
    assert shown["limits"]["max_body_bytes"] > 0


@for_each
def test_the_command_line_lists_and_shows_it(operation: Operation[Any, Any]) -> None:
    listed = json.loads(CliRunner().invoke(main, ["operations", "--json"]).output)
    assert operation.name in [row["name"] for row in listed]
    shown = json.loads(CliRunner().invoke(main, ["operations", operation.name, "--json"]).output)
    assert set(shown["params"]["properties"]) == set(operation.params.model_fields)
    assert operation.name in CliRunner().invoke(main, ["operations"]).output
    assert operation.name in CliRunner().invoke(main, ["operations", operation.name]).output


@for_each
def test_every_parameter_is_an_option_of_the_command(operation: Operation[Any, Any]) -> None:
    text = CliRunner().invoke(main, ["run", operation.name, "--help"]).output
    for name in operation.params.model_fields:
        assert "--" + name.replace("_", "-") in text


@for_each
def test_the_front_page_links_to_it(client: TestClient, operation: Operation[Any, Any]) -> None:
    assert operation.name in client.get("/").text
