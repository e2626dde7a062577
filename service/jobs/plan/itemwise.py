"""Planning items: which of their results are stacked to one array, and how many items share its shards."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geometry.bands import interrupt_point
from service.errors import Fault, InvalidParams, ServiceError, TooLarge
from service.execution import Call, price
from service.jobs.document import JobDocument
from service.jobs.plan.inputs import Inputs
from service.jobs.plan.layouts import CHUNK_BYTES, SHARD_BYTES, chunk_shape, is_stored, stored_array
from service.jobs.plan.limits import check_bytes, check_memory
from service.jobs.plan.plan import Plan
from service.jobs.results.arrays import ArrayLayout
from service.operation import OutputArray

_MOST_SAMPLES = 2000
_MOST_GROUP = 512
_GROUP_BYTES, _GROUP_SECONDS = SHARD_BYTES // 2, 0.4
_FLOPS_A_SECOND, _ITEM_SECONDS = 1e9, 5e-4  # about what one core does, and what validation takes
_TASK_SECONDS = 0.4


@dataclass(frozen=True)
class _Sample:
    """What was seen of some of the items."""

    stacked: tuple[OutputArray, ...]
    seconds: float
    nbytes: float


def item_call(inputs: Inputs, number: int, *, decoded: bool = True) -> Call:
    """An item, validated and priced. Raises as a call would."""
    call = price(inputs.operation, inputs.params(number, decoded=decoded), inputs.access.unhurried)
    check_memory(call.nbytes, inputs.access)
    kept = inputs.document.arrays
    held = sum(o.nbytes for o in call.cost.outputs if kept is None or o.name in kept)
    most = inputs.access.settings.max_output_bytes
    if held > most:
        raise TooLarge(
            f"the results of this item would take {held} bytes, more than the {most} allowed "
            "(EPIPOLE_MAX_OUTPUT_BYTES); name the ones to keep in `arrays`, or make it a job of its own"
        )
    return call


def kept_outputs(document: JobDocument, call: Call) -> tuple[OutputArray, ...]:
    """The result arrays of an item that the document asks for."""
    return tuple(o for o in call.cost.outputs if document.arrays is None or o.name in document.arrays)


def plan_items(inputs: Inputs) -> Plan:
    """Cut items into groups that write the same shards. Raises TooLarge where the results would be."""
    assert inputs.items is not None
    count, document = inputs.items.count, inputs.document
    sample = _look(inputs)
    check_bytes(int(sample.nbytes * count), inputs.access)
    largest = max((output.nbytes for output in sample.stacked), default=0)
    group = 1
    if sample.stacked:
        most = min(_MOST_GROUP, _GROUP_BYTES // max(1, largest), int(_GROUP_SECONDS / sample.seconds), count)
        while 2 * group <= most:
            group *= 2
    layouts = tuple(_layout(inputs, output, count, group) for output in sample.stacked)
    batch = group * max(1, int(_TASK_SECONDS / (group * sample.seconds)))
    batch = min(batch, -(-count // group) * group, max(group, 2 * _MOST_GROUP))
    detail = {} if document.files is None else {"files": document.files}
    return Plan(count, layouts, batch, group, detail)


def _look(inputs: Inputs) -> _Sample:
    """Validate the items, some of them where there are many; those that fail now will fail in their tiles."""
    assert inputs.items is not None
    count = inputs.items.count
    numbers = sorted({round(at * (count - 1) / (_MOST_SAMPLES - 1)) for at in range(_MOST_SAMPLES)})
    same: dict[str, OutputArray] | None = None
    seen, flops, nbytes = 0, 0.0, 0
    for number in numbers:
        interrupt_point()
        try:
            params = inputs.params(number, decoded=False)
            call = price(inputs.operation, params, inputs.access.unhurried)
        except ServiceError:
            continue
        outputs = kept_outputs(inputs.document, call)
        seen, flops, nbytes = seen + 1, flops + call.cost.flops, nbytes + sum(o.nbytes for o in outputs)
        found = {o.name: o for o in outputs if not o.at_most and is_stored((1, *o.shape), o.dtype)}
        if same is None:
            same = found
        same = {name: o for name, o in same.items() if name in found and _alike(o, found[name])}
    stacked = tuple((same or {}).values()) if inputs.document.files is None else ()
    seen = max(1, seen)
    return _Sample(stacked, _ITEM_SECONDS + flops / seen / _FLOPS_A_SECOND, nbytes / seen)


def _alike(one: OutputArray, other: OutputArray) -> bool:
    return (one.shape, one.dtype) == (other.shape, other.dtype)


def _layout(inputs: Inputs, output: OutputArray, count: int, group: int) -> ArrayLayout:
    chunk, deep = chunk_shape(output.shape, np.dtype(output.dtype).itemsize), 1
    while 2 * deep <= group and 2 * deep * output.nbytes <= CHUNK_BYTES:
        deep *= 2
    chunk = (deep, *chunk)
    shards = (group, *(-(-max(1, n) // c) * c for n, c in zip(output.shape, chunk[1:], strict=True)))
    return stored_array(
        inputs.operation,
        output.name,
        (count, *output.shape),
        output.dtype,
        chunks=chunk,
        shards=shards,
        leading=("item",),
    )


def check_arrays(document: JobDocument, names: Sequence[str]) -> None:
    """Raise InvalidParams where the document wants to keep an array that the result does not have."""
    unknown = [(at, name) for at, name in enumerate(document.arrays or ()) if name not in names]
    if unknown:
        known = ", ".join(names)
        raise InvalidParams(
            [Fault(f"/arrays/{at}", f"there is no result array {name!r}; there are: {known}") for at, name in unknown]
        )
