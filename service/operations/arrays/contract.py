"""Einstein summation over up to six arrays."""

from typing import Literal

from pydantic import Field

import geometry
from geometry.errors import InvalidInput
from service.arrays.pending import Array
from service.arrays.types.tensors import ResultTensor, Tensor
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray

_NEXT = "The operand behind the comma after {0}; only with {0}."


class ContractParams(Document):
    expression: str = Field(
        max_length=256,
        description=(
            "A letter for each axis: operands a, b, … between commas, the result behind ->. A letter twice in one "
            "operand takes its diagonal. Without ->, the letters that occur once, in alphabetical order. No ellipsis."
        ),
    )
    a: Tensor = Field(description="The first operand.")
    b: Tensor | None = Field(None, description=_NEXT.format("a"))
    c: Tensor | None = Field(None, description=_NEXT.format("b"))
    d: Tensor | None = Field(None, description=_NEXT.format("c"))
    e: Tensor | None = Field(None, description=_NEXT.format("d"))
    f: Tensor | None = Field(None, description=_NEXT.format("e"))
    output_dtype: Literal["same", "float32", "float64"] = Field(
        "same",
        description=(
            "`same`: int64 (exact) if all operands are whole, float32 if numpy's promotion says so, else float64. "
            "Products and sums are made in it."
        ),
    )
    memory_limit: int = Field(
        1 << 30,
        ge=1,
        le=2**53,
        description="Bytes that the result, and any intermediate array, may take; refused with the figure beyond.",
    )


class ContractResult(Document):
    array: ResultTensor = Field(description="The sums, one axis a letter of the result.")
    steps: list[str] = Field(description="The products that were made, in order; empty for a single operand.")


def _operands(params: ContractParams) -> list[Array]:
    """The operands that are there; raises InvalidInput where one between them is not."""
    given = [params.a, params.b, params.c, params.d, params.e, params.f]
    count = max(number for number, operand in enumerate(given, 1) if operand is not None)
    for name, operand in zip("abcdef", given[:count], strict=False):
        if operand is None:
            raise InvalidInput(name, f"is not given, but {'abcdef'[count - 1]} is")
    return [operand for operand in given[:count] if operand is not None]


def _plan(params: ContractParams) -> geometry.ContractionPlan:
    operands = _operands(params)
    return geometry.contraction_plan(
        params.expression,
        [operand.shape for operand in operands],
        [operand.dtype for operand in operands],
        output_dtype=params.output_dtype,
        memory_limit=params.memory_limit,
    )


def _contract(params: ContractParams) -> ContractResult:
    array = geometry.contract(
        params.expression,
        *_operands(params),
        output_dtype=params.output_dtype,
        memory_limit=params.memory_limit,
    )
    return ContractResult(array=array, steps=list(_plan(params).steps))


def _contract_cost(params: ContractParams) -> Cost:
    plan = _plan(params)
    return Cost((OutputArray("array", plan.shape, plan.dtype),), plan.scratch, plan.flops + 1)


CONTRACT = Operation(
    name="contract",
    family="arrays",
    summary="Multiply arrays and sum over shared axes, written as an einsum expression",
    params=ContractParams,
    result=ContractResult,
    run=_contract,
    cost=_contract_cost,
    examples=(
        Example(
            "Products of the rows of three matrices, summed over their columns",
            {
                "expression": "im,jm,km->ijk",
                "a": [[1, 2, 3], [0, 1, 0]],
                "b": [[1, 0, 1], [2, 2, 2]],
                "c": [[1, 1, 1], [0, -1, 2]],
            },
        ),
        Example(
            "Matrices weighted by a vector, in whole numbers",
            {
                "expression": "i,ijk->jk",
                "a": {"data": [1, 2, 3], "dtype": "int64"},
                "b": {"data": [[[1, 2], [3, 4]], [[5, 6], [7, 8]], [[9, 10], [11, 12]]], "dtype": "int64"},
            },
        ),
    ),
)
