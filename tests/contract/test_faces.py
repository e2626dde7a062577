"""HTTP, command line and direct calls give the same bytes, however the arrays are spelled."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient
from safetensors.numpy import load

from api.command import main
from service.arrays.pending import ArrayStream
from service.arrays.reference import References
from service.execution import compute, price, validate
from service.media.answer import choose_form, encode
from service.media.picture import MEDIA_TYPES as PICTURES
from service.schemas import schema_of
from service.settings import Settings
from tests.contract.calls import CASES, JSON, NPY, SAFETENSORS, Case, name_of
from tests.running import npy

pytestmark = pytest.mark.parametrize("case", CASES, ids=name_of)


def direct(case: Case, media_type: str, array: str | None = None) -> bytes:
    settings = Settings()
    call = price(case.operation, validate(case.operation, case.params, References()), settings)
    form = choose_form(call, [media_type], array, settings)
    return b"".join(bytes(chunk) for chunk in encode(compute(call), form, settings).chunks())


def over_http(client: TestClient, case: Case, media_type: str, array: str | None = None, **body: Any) -> bytes:
    headers = {"Accept": media_type, **body.pop("headers", {})}
    query = {} if array is None else {"array": array}
    response = client.post(case.path, params=query, headers=headers, **(body or {"json": case.params}))
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == media_type
    assert int(response.headers["content-length"]) == len(response.content)
    return response.content


def on_command_line(case: Case, folder: Path, suffix: str, array: str | None = None) -> bytes:
    arguments = ["run", case.operation.name, "-o", str(folder / f"out{suffix}")]
    for name, values in case.arrays().items():
        file = folder / f"{name}.npy"
        file.write_bytes(npy(values))
        arguments += ["--" + name.replace("_", "-"), str(file)]
    for name, value in case.scalars().items():
        arguments += ["--" + name.replace("_", "-"), value if isinstance(value, str) else json.dumps(value)]
    if array is not None:
        arguments += ["--array", array]
    done = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return (folder / f"out{suffix}").read_bytes()


def result_arrays(case: Case) -> list[str]:
    """The arrays that the answer to this call has; some are there only for some parameters."""
    params = validate(case.operation, case.params, References())
    named = {output.name for output in case.operation.cost(params).outputs}
    return [name for name in case.operation.result.array_fields() if name in named]


def picture_outputs(case: Case) -> list[str]:
    """Result arrays that PNG holds as they are."""
    params = validate(case.operation, case.params, References())
    return [
        output.name
        for output in case.operation.cost(params).outputs
        if output.dtype in ("bool", "uint8", "uint16")
        and (len(output.shape) == 2 or (len(output.shape) == 3 and output.shape[2] in (1, 2, 3, 4)))
        and case.operation.result.array_fields()[output.name].shapes[0][:2] in (("h", "w"), ("H", "W"))
    ]


def test_json_is_the_same_on_every_face_and_fits_the_schema(client: TestClient, case: Case, tmp_path: Path) -> None:
    content = over_http(client, case, JSON)
    assert content == direct(case, JSON)
    assert content == on_command_line(case, tmp_path, ".json")
    schema = schema_of(case.operation.result, "serialization")
    jsonschema.Draft202012Validator(schema).validate(json.loads(content))


def test_safetensors_are_the_same_on_every_face(client: TestClient, case: Case, tmp_path: Path) -> None:
    content = over_http(client, case, SAFETENSORS)
    assert content == direct(case, SAFETENSORS)
    assert content == on_command_line(case, tmp_path, ".safetensors")


def test_npy_is_the_same_on_every_face(client: TestClient, case: Case, tmp_path: Path) -> None:
    for name in result_arrays(case):
        content = over_http(client, case, NPY, name)
        assert content == direct(case, NPY, name)
        assert content == on_command_line(case, tmp_path, ".npy", name)


def test_png_is_the_same_on_every_face(client: TestClient, case: Case, tmp_path: Path) -> None:
    for name in picture_outputs(case):
        content = over_http(client, case, "image/png", name)
        assert content == direct(case, "image/png", name)
        assert content == on_command_line(case, tmp_path, ".png", name)


def test_every_spelling_of_an_array_gives_the_same_bytes(client: TestClient, case: Case, files: Path) -> None:
    expected = over_http(client, case, SAFETENSORS)
    assets, uris = {}, {}
    for name, array in case.arrays().items():
        stored = client.post("/v1/assets", content=npy(array), headers={"Content-Type": NPY})
        assert stored.status_code == 201
        assets[name] = {"asset": stored.json()["asset"]}
        (files / f"{name}.npy").write_bytes(npy(array))
        uris[name] = {"uri": f"files://{name}.npy"}
    typed = {
        name: {"data": json.loads(json.dumps(array.tolist()).replace("NaN", "null")), "dtype": array.dtype.name}
        for name, array in case.arrays().items()
    }
    for arrays in (assets, uris, typed):
        assert over_http(client, case, SAFETENSORS, json=case.scalars() | arrays) == expected
    assert over_http(client, case, SAFETENSORS, **case.as_parts()) == expected
    assert over_http(client, case, SAFETENSORS, **case.as_safetensors()) == expected


def test_a_single_array_may_be_the_whole_body(client: TestClient, case: Case) -> None:
    first, *others = case.operation.params.array_fields()
    array = case.arrays()[first]
    small = case.scalars() | {name: case.params[name] for name in others if name in case.params}
    response = client.post(
        case.path,
        params={"params": json.dumps(small)},
        content=npy(array),
        headers={"Content-Type": NPY, "Accept": SAFETENSORS},
    )
    assert response.content == over_http(client, case, SAFETENSORS)


def test_fortran_order_and_foreign_byte_order_give_the_same_bytes(client: TestClient, case: Case) -> None:
    expected = over_http(client, case, SAFETENSORS)
    for fortran, swapped in product((False, True), repeat=2):
        files = {}
        for name, array in case.arrays().items():
            stored = array.astype(array.dtype.newbyteorder("S")) if swapped else array
            files[name] = (name, npy(np.asfortranarray(stored) if fortran else stored), "application/octet-stream")
        content = over_http(client, case, SAFETENSORS, files=files, data={"params": json.dumps(case.scalars())})
        assert content == expected


def test_the_cost_names_shape_and_dtype_of_every_result(case: Case) -> None:
    call = price(case.operation, validate(case.operation, case.params, References()), Settings())
    outputs = {output.name: (output.shape, output.dtype, output.streamed) for output in call.cost.outputs}
    arrays = compute(call).arrays()
    shorter = {output.name: output.shape[0] for output in call.cost.outputs if output.at_most}
    assert all(arrays[name].shape[0] <= most for name, most in shorter.items())
    found = {
        name: (
            (shorter.get(name, array.shape[0]), *array.shape[1:]) if array.shape else (),
            array.dtype.name,
            isinstance(array, ArrayStream),
        )
        for name, array in arrays.items()
    }
    assert outputs == found
    assert call.cost.scratch >= 0
    assert call.cost.flops > 0


def test_safetensors_hold_what_json_says(client: TestClient, case: Case) -> None:
    content = over_http(client, case, SAFETENSORS)
    listed = json.loads(over_http(client, case, JSON))
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    scalars = json.loads(header["__metadata__"]["result"])
    arrays = load(content)
    assert set(listed) == set(scalars) | set(arrays)
    assert {name: listed[name] for name in scalars} == scalars
    for name, array in arrays.items():
        values = np.array(listed[name], np.float64 if array.dtype.kind == "f" else None)
        np.testing.assert_array_equal(array, values.reshape(array.shape))


def test_an_unknown_field_is_refused_by_name(client: TestClient, case: Case) -> None:
    for name in ("colour", "float", "list[int]", "a/b~c"):
        problem = client.post(case.path, json={**case.params, name: 1})
        assert problem.status_code == 422
        pointers = [fault["pointer"] for fault in problem.json()["errors"]]
        assert pointers == ["/" + name.replace("~", "~0").replace("/", "~1")]


def test_an_unknown_attachment_is_refused_by_name(client: TestClient, case: Case) -> None:
    body = case.as_parts()
    body["files"]["picture"] = ("picture.npy", npy([[1]]), NPY)
    problem = client.post(case.path, **body)
    assert problem.status_code == 422
    assert [fault["pointer"] for fault in problem.json()["errors"]] == ["/picture"]


def test_an_array_given_twice_is_refused_by_name(client: TestClient, case: Case) -> None:
    body = case.as_parts()
    name = next(iter(case.arrays()))
    body["data"] = {"params": json.dumps(dict(case.params))}
    problem = client.post(case.path, **body)
    assert problem.status_code == 422
    assert f"/{name}" in [fault["pointer"] for fault in problem.json()["errors"]]


def test_a_missing_array_is_named(client: TestClient, case: Case) -> None:
    first = next(iter(case.operation.params.array_fields()))
    problem = client.post(case.path, json={name: value for name, value in case.params.items() if name != first})
    assert problem.status_code == 422
    assert {"pointer": f"/{first}", "detail": "is required"} in problem.json()["errors"]


def test_an_answer_that_is_no_picture_is_406(client: TestClient, case: Case) -> None:
    for name in result_arrays(case):
        mark = case.operation.result.array_fields()[name]
        if mark.shapes[0][:2] not in (("h", "w"), ("H", "W")):
            for kind in PICTURES:
                problem = client.post(case.path, json=case.params, params={"array": name}, headers={"Accept": kind})
                assert problem.status_code == 406
                assert "application/x-npy" in problem.json()["detail"]
