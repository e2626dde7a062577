"""Every operation's own examples, through the service and without any face."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from service.arrays.reference import References
from service.catalogue import OPERATIONS
from service.engine import Engine, Request
from service.execution import compute, price, validate
from service.media.answer import choose_form, encode
from service.operation import Operation
from service.settings import Settings
from service.stop import Stop

for_each = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)


@for_each
@pytest.mark.parametrize("media_type", ["application/json", "application/x-npy", "application/x-safetensors"])
def test_examples_give_answers_of_the_length_that_is_said(operation: Operation[Any, Any], media_type: str) -> None:
    for example in operation.examples:
        call = price(operation, validate(operation, example.params, References()), Settings())
        answer = encode(compute(call), choose_form(call, [media_type], None, Settings()), Settings())
        assert sum(len(chunk) for chunk in answer.chunks()) == answer.length
        assert answer.media_type == media_type


@for_each
def test_the_engine_answers_with_the_same_bytes_and_gives_everything_back(
    operation: Operation[Any, Any], tmp_path: Path
) -> None:
    async def scenario() -> bytes:
        engine = Engine(Settings(data_dir=tmp_path))
        engine.ready = True
        params = operation.examples[0].params
        request = Request(operation, lambda: params, {}, ["application/json"], None, "local", json_bytes=100)
        answering = await engine.answer(request, Stop(60))
        content = b"".join([bytes(chunk) async for chunk in answering.chunks()])
        answering.close()
        gate = engine.admission
        assert (gate.held, gate.running, gate.waiting) == (0, 0, 0)
        await engine.stop()
        return content

    content = asyncio.run(scenario())
    params = validate(operation, operation.examples[0].params, References())
    # some arrays are there only for some parameters
    absent = set(operation.result.array_fields()) - {output.name for output in operation.cost(params).outputs}
    assert set(json.loads(content)) == set(operation.result.model_fields) - absent
