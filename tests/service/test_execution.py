from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic import Field, ValidationError

from geometry.errors import Degenerate, InvalidInput
from service.arrays.reference import References
from service.arrays.types.images import Image, ResultImage
from service.arrays.types.plane import Matrix3
from service.documents import Document
from service.errors import DegenerateInput, InvalidParams, TooLarge
from service.execution import compute, price, validate
from service.operation import Cost, Operation, OutputArray
from service.settings import Settings


class Params(Document):
    image: Image = Field(description="Pixels.")
    factor: float = Field(1.0, description="Factor.")


class Result(Document):
    image: ResultImage = Field(description="Pixels.")


def run(params: Params) -> Result:
    if params.factor == 0:
        raise Degenerate("zero", "nothing is left")
    if params.factor < 0:
        raise InvalidInput("image/0/0", "is not to be negated")
    return Result(image=params.image * params.factor)


def cost(params: Params) -> Cost:
    if params.factor > 100:
        raise InvalidInput("factor", "is too large")
    return Cost((OutputArray("image", params.image.shape, "float64"),), 10, params.factor)


OPERATION = Operation("scale", "none", "Scale", Params, Result, run, cost, ())


def call(**document: Any) -> Any:
    return price(OPERATION, validate(OPERATION, {"image": [[1.0, 2.0]], **document}, References()), Settings())


def test_validated_priced_and_computed() -> None:
    found = call(factor=3)
    assert found.nbytes == 16 + 16 + 10
    assert compute(found).image.tolist() == [[3.0, 6.0]]  # type: ignore[attr-defined]


def test_what_geometry_refuses_is_named_in_the_parameters() -> None:
    with pytest.raises(InvalidParams) as refused:
        compute(call(factor=-1))
    assert refused.value.faults[0].pointer == "/image/0/0"
    with pytest.raises(InvalidParams) as refused:
        call(factor=101)
    assert refused.value.faults[0].pointer == "/factor"


def test_a_degenerate_configuration_keeps_its_reason() -> None:
    with pytest.raises(DegenerateInput, match="nothing is left") as refused:
        compute(call(factor=0))
    assert refused.value.reason == "zero"


def test_a_result_that_overflows_is_degenerate_and_one_of_another_shape_is_a_bug() -> None:
    class Finite(Document):
        matrix: Matrix3 = Field(description="A matrix.")

    def run(params: Params) -> Finite:
        return Finite(matrix=np.full((3, 3), params.image[0, 0] * 1e300))

    operation = Operation("overflow", "none", "Overflow", Params, Finite, run, cost, ())
    for value, reason in ((1e300, "overflow"), (1.0, None)):
        priced = price(operation, validate(operation, {"image": [[value]]}, References()), Settings())
        if reason is None:
            assert compute(priced).matrix[0, 0] == 1e300  # type: ignore[attr-defined]
        else:
            with pytest.raises(DegenerateInput) as refused:
                compute(priced)
            assert refused.value.reason == reason
    broken = replace(operation, run=lambda _: Finite(matrix=np.zeros((2, 2))))
    with pytest.raises(ValidationError):
        compute(price(broken, validate(broken, {"image": [[1]]}, References()), Settings()))


def test_outputs_and_work_are_limited_before_anything_is_computed() -> None:
    params = validate(OPERATION, {"image": [[1.0, 2.0]]}, References())
    with pytest.raises(TooLarge, match="EPIPOLE_MAX_OUTPUT_BYTES"):
        price(OPERATION, params, Settings(max_output_bytes=15))
    with pytest.raises(TooLarge, match="EPIPOLE_MAX_FLOPS"):
        price(OPERATION, params, Settings(max_flops=0.5))


def test_streamed_outputs_are_exempt_from_the_limit() -> None:
    outputs = (OutputArray("a", (10, 10), "float64", streamed=True), OutputArray("b", (3,), "uint8"))
    assert Cost(outputs, 0, 1.0).output_bytes == 3


def test_attachments_that_are_unknown_or_given_twice_are_refused() -> None:
    array = np.zeros((1, 1))
    for document, name in (({}, "other"), ({"image": [[1]]}, "image")):
        with pytest.raises(InvalidParams) as refused:
            validate(OPERATION, document, References(attachments={name: array}))  # type: ignore[dict-item]
        assert refused.value.faults[0].pointer == f"/{name}"


def test_many_faults_are_summarized() -> None:
    with pytest.raises(InvalidParams, match=r"; and 2 more$"):
        validate(OPERATION, {f"x{n}": 1 for n in range(4)}, References())
