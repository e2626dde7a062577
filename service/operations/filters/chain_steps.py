"""The steps of `filter-chain`: the parameters of the filters' own operations, without their image."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import prod
from typing import Annotated, Any, Literal

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError, create_model
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from geometry.filters.chain.catalogue import DERIVATIVES
from geometry.filters.chain.steps import MOST_STEPS
from service.arrays.pending import PendingArray
from service.documents import Document
from service.operation import Cost, Operation
from service.operations.filters.bilateral import BILATERAL
from service.operations.filters.box import BOX
from service.operations.filters.convolve import CONVOLVE
from service.operations.filters.gaussian import GAUSSIAN
from service.operations.filters.gradient import GRADIENT
from service.operations.filters.laplacian import LAPLACIAN
from service.operations.filters.morphology import MORPHOLOGY
from service.operations.filters.neighbourhood import NEIGHBOURHOOD
from service.operations.filters.pool import POOL
from service.operations.filters.rank_filter import RANK_FILTER
from service.operations.filters.threshold import THRESHOLD
from service.operations.filters.unsharp import UNSHARP

FILTERS: dict[str, Operation[Any, Any]] = {
    operation.name: operation
    for operation in (
        CONVOLVE,
        GAUSSIAN,
        BOX,
        BILATERAL,
        UNSHARP,
        LAPLACIAN,
        GRADIENT,
        RANK_FILTER,
        MORPHOLOGY,
        THRESHOLD,
        NEIGHBOURHOOD,
        POOL,
    )
}
_ELSEWHERE = {"gradient": ("magnitude", "direction"), "pool": ("indices",)}
_OUTPUT = (
    Literal[DERIVATIVES],
    Field("magnitude", description="What goes on: a derivative, their length, or their direction in radians."),
)


@cache
def step_document(filter_name: str) -> type[Document]:
    """What a step with this filter is; made when the first one comes, since a start has no time for it."""
    operation = FILTERS[filter_name]
    fields: dict[str, Any] = {"filter": (Literal[operation.name], Field(description="The filter."))}
    for name, info in operation.params.model_fields.items():
        if name != "image" and name not in _ELSEWHERE.get(operation.name, ()):
            fields[name] = (info.annotation, info)
    if operation is GRADIENT:
        fields["output"] = _OUTPUT
    name = operation.params.__name__.removesuffix("Params") + "Step"
    return create_model(name, __base__=Document, __module__=__name__, **fields)


@dataclass(frozen=True)
class StepField:
    """Annotation of a step: which document it is, `filter` says; faults are those of that one alone."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(_read_step)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        choices = {name: step_document(name).__pydantic_core_schema__ for name in FILTERS}
        return handler(core_schema.tagged_union_schema(choices, discriminator="filter"))


def _read_step(value: Any, info: core_schema.ValidationInfo) -> Document:
    if not isinstance(value, dict):
        raise PydanticCustomError("step", 'must be an object with "filter" and its parameters')
    name = value.get("filter")
    if not isinstance(name, str) or name not in FILTERS:
        fault = PydanticCustomError("step", "must be one of {known}", {"known": ", ".join(FILTERS)})
        raise ValidationError.from_exception_data("step", [{"type": fault, "loc": ("filter",), "input": name}])
    return step_document(name).model_validate(value, context=info.context)


Steps = Annotated[list[Annotated[Document, StepField()]], Field(min_length=1, max_length=MOST_STEPS)]


def step_options(step: Document) -> dict[str, Any]:
    """A step as `geometry.filter_chain` takes it."""
    return {name: getattr(step, name) for name in type(step).model_fields}


def step_cost(step: Document, image: PendingArray) -> Cost:
    """What the filter's own operation would cost for such an image; a gradient goes on as one of its results."""
    options = step_options(step)
    operation = FILTERS[options["filter"]]
    known = {name: value for name, value in options.items() if name in operation.params.model_fields}
    cost = operation.cost(operation.params.model_construct(image=image, **known))
    if options["filter"] != GRADIENT.name:
        return cost
    more = {"x": 0, "y": 0, "magnitude": 8, "direction": 40}[options["output"]]
    spare = 3 * cost.outputs[0].nbytes
    return Cost(cost.outputs[:1], cost.scratch + spare, cost.flops + more * prod(image.shape))


def pending(steps: Sequence[Document]) -> bool:
    """Whether the values of an array of a step have not been read yet."""
    return any(isinstance(array, PendingArray) for step in steps for array in step.arrays().values())
