"""The plan of a job made: files listed, parameters validated, shapes known, arrays created."""

import json

from service.jobs.access import Access
from service.jobs.document import JobDocument
from service.jobs.plan.inputs import Inputs, keep_inputs
from service.jobs.plan.items import find_items
from service.jobs.plan.itemwise import check_arrays, plan_items
from service.jobs.plan.limits import check_bytes, check_memory
from service.jobs.plan.plan import Plan
from service.jobs.plan.stacks import spelled_out, stacked_arrays
from service.jobs.plan.tiled import plan_tiled
from service.jobs.plan.whole import whole_call
from service.jobs.records import Job
from service.jobs.results.arrays import create_array


def make_plan(job: Job, access: Access) -> Plan:
    """Read a job's document whole, and decide what its tiles are. Made again, the plan is the same.

    Names of files are looked up now, once: what appears later does not take part.

    Raises
    ------
    InvalidParams, DegenerateInput
        As a call would, and where patterns find nothing or files of a stack do not fit together.
    TooLarge
        There are too many items, or their results would be too large.
    StorageFailed
        The store cannot be written.
    """
    document = JobDocument.read(json.loads(job.document))
    document = document.model_copy(update={"params": spelled_out(document.params, access)})
    stacked_arrays(document.params, access.references(job.owner), thorough=True)
    items = None if document.items is None else find_items(document, access)
    inputs = Inputs(job, access, document, None if items is None else items.listing)
    check_arrays(document, tuple(inputs.operation.result.array_fields()))
    if job.kind == "items":
        plan = plan_items(inputs)
    elif job.kind == "tiled":
        plan = plan_tiled(inputs)
    else:
        call = whole_call(inputs, decoded=False)
        check_memory(call.nbytes, access)
        check_bytes(sum(output.nbytes for output in call.cost.outputs), access)
        plan = Plan(1)
    keep_inputs(job.id, access, document, items)
    for layout in plan.arrays:
        create_array(access.objects, job.id, layout)
    return plan
