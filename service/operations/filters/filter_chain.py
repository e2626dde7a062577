"""`filter-chain`."""

from typing import Any, Self

import numpy as np
from pydantic import Field

import geometry
from service.arrays.pending import PendingArray
from service.arrays.types.filters import ResultFiltered
from service.arrays.types.images import Image
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.filters.chain_steps import FILTERS, Steps, pending, step_cost, step_options
from service.operations.filters.smoothing import windowed_scratch


class FilterChainParams(Document):
    image: Image = Field(description="The pixels that the first step gets.")
    steps: Steps = Field(
        description="Filters in the order in which they are applied. Each is an object with `filter`, "
        f"one of {', '.join(f'`{name}`' for name in FILTERS)}, and the parameters of that operation but its image. "
        "`gradient` has `output` instead of `magnitude` and `direction`: `x`, `y`, `magnitude` or `direction`. Arrays "
        "in a step are lists, assets or files under a root. A step keeps the image's height and width."
    )
    merge: bool = Field(
        True,
        description="Compute neighbouring linear filters as one convolution where that is exact but for rounding, and "
        "cheaper; otherwise the result is bit for bit that of the steps one after the other.",
    )

    def input_bytes(self) -> int:
        """Memory that the decoded arrays take, those of the steps included."""
        return super().input_bytes() + sum(step.input_bytes() for step in self.steps)

    def decoded(self) -> Self:
        """The same document with the values of every array read, those of the steps included."""
        read = super().decoded()
        return read.model_copy(update={"steps": [step.decoded() for step in self.steps]})


class Stage(Document):
    """What is computed at once."""

    steps: list[int] = Field(description="Numbers of the steps, from 0; several are merged into one convolution.")
    kernel: list[int] | None = Field(description="Rows and columns of the merged kernel; null where nothing is merged.")
    strips: int = Field(
        description="Into how many strips of rows the image is cut, each of which goes through neighbouring stages "
        "while it is in the cache; 1 for the whole image."
    )


class FilterChainResult(Document):
    image: ResultFiltered = Field(description="What the last step gives.")
    stages: list[Stage] = Field(description="How it was computed: the steps of each stage, in order.")


def _plan(params: FilterChainParams) -> geometry.ChainPlan:
    steps = [step_options(step) for step in params.steps]
    return geometry.chain_plan(params.image.shape, params.image.dtype, steps, merge=params.merge)


def _filter_chain(params: FilterChainParams) -> FilterChainResult:
    steps = [step_options(step) for step in params.steps]
    image = geometry.filter_chain(params.image, steps, merge=params.merge)
    stages = [
        Stage(steps=list(one.steps), kernel=None if one.kernel is None else list(one.kernel), strips=one.strips)
        for one in _plan(params).stages
    ]
    return FilterChainResult(image=image, stages=stages)


def _cost(params: FilterChainParams) -> Cost:
    """The filters' own scratch, and images between steps: two of them where their arrays do not show strips yet."""
    image: Any = params.image
    shape = tuple(image.shape)
    scratch, flops, images = 0, 0.0, []
    for number, step in enumerate(params.steps):
        try:
            cost = step_cost(step, PendingArray(tuple(image.shape), image.dtype, "", _nothing))
        except geometry.InvalidInput as error:
            raise geometry.InvalidInput(f"steps/{number}/{error.argument}", error.detail) from None
        output = cost.outputs[0]
        if output.shape[:2] != shape[:2]:
            raise geometry.InvalidInput(
                f"steps/{number}",
                f"must keep the image's height and width, {shape[0]} × {shape[1]}, would make them "
                f"{output.shape[0]} × {output.shape[1]}",
            )
        image = PendingArray(output.shape, np.dtype(output.dtype), "", _nothing)
        scratch, flops = max(scratch, cost.scratch), flops + cost.flops
        images.append(image.nbytes)
    if pending(params.steps):
        held = 2 * max(images)
    else:
        plan = _plan(params)
        held = plan.scratch_bytes
        scratch = max([scratch, *(windowed_scratch(shape, stage.kernel) for stage in plan.stages if stage.kernel)])
    return Cost((OutputArray("image", tuple(image.shape), image.dtype.name),), scratch + held, flops)


def _nothing() -> Any:
    raise AssertionError("only shape and dtype of an image between steps are known")


FILTER_CHAIN = Operation(
    name="filter-chain",
    family="filters",
    summary="Apply filters one after the other: linear ones merged, large images strip by strip",
    params=FilterChainParams,
    result=FilterChainResult,
    run=_filter_chain,
    cost=_cost,
    examples=(
        Example(
            "Drop outliers, smooth, and keep what rises steeply",
            {
                "image": [[1, 1, 9, 9], [1, 50, 9, 9], [1, 1, 9, 9]],
                "steps": [
                    {"filter": "rank-filter", "window": 3},
                    {"filter": "gaussian", "sigma": 0.5},
                    {"filter": "gradient", "normalization": "slope"},
                    {"filter": "threshold", "value": 1},
                ],
            },
        ),
    ),
)
