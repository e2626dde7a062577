"""What a contraction costs, and what is refused before anything is allocated."""

from typing import Any

import numpy as np
import pytest

from service.arrays.reference import References
from service.catalogue import operation_named
from service.errors import InvalidParams, TooLarge
from service.execution import Call, compute, price, validate
from service.settings import Settings


def priced(**params: Any) -> Call:
    operation = operation_named("contract")
    return price(operation, validate(operation, params, References()), Settings())


def test_an_operand_that_is_left_out_is_named() -> None:
    with pytest.raises(InvalidParams) as refused:
        priced(expression="i,j,k", a=[1], b=[1], d=[1])
    (fault,) = refused.value.faults
    assert (fault.pointer, fault.detail) == ("/c", "is not given, but d is")


def test_lengths_that_disagree_are_named() -> None:
    with pytest.raises(InvalidParams) as refused:
        priced(expression="ij,jk", a=[[1, 2]], b=[[1], [2], [3]])
    assert refused.value.faults[0].pointer == "/b"


def test_results_and_arithmetic_beyond_the_limits_are_refused_by_their_figures() -> None:
    long = np.zeros(300_000)
    with pytest.raises(InvalidParams, match="720000000000 bytes"):
        priced(expression="i,j->ij", a=long, b=long)
    operation = operation_named("contract")
    params = validate(operation, {"expression": "i,j->ij", "a": [1.0] * 100, "b": [1.0] * 100}, References())
    with pytest.raises(TooLarge, match=r"2\.0e\+04 arithmetic operations"):
        price(operation, params, Settings(max_flops=1e4))


def test_products_of_three_fit_into_output_and_200_megabytes() -> None:
    wide = np.broadcast_to(0.0, (100, 300_000))
    call = priced(expression="im,jm,km->ijk", a=wide, b=wide, c=wide)
    assert call.cost.output_bytes == 8_000_000
    assert call.cost.scratch < 200e6
    assert call.cost.flops >= 2 * 100**3 * 300_000


def test_the_result_says_what_was_multiplied_in_which_order() -> None:
    call = priced(expression="ij,jk,k->i", a=[[1, 2]] * 9, b=[[1, 0], [0, 1]], c=[3, 4])
    result: Any = compute(call)
    assert result.steps == ["jk,k->j", "ij,j->i"]
    assert result.array.tolist() == [11] * 9
