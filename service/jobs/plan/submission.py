"""A document taken as a job: everything that can be refused at once is."""

from service.catalogue import operation_named
from service.errors import Fault, InvalidParams, NotFound, TooLarge
from service.jobs.access import Access
from service.jobs.document import ItemAssets, ItemPattern, JobDocument
from service.jobs.plan.inputs import Inputs
from service.jobs.plan.items import find_items
from service.jobs.plan.itemwise import check_arrays, item_call, kept_outputs
from service.jobs.plan.limits import check_bytes, check_memory
from service.jobs.plan.plan import Task
from service.jobs.plan.stacks import spelled_out
from service.jobs.plan.tiled import cut
from service.jobs.plan.whole import whole_call
from service.jobs.records import JobKind, Submission

_LOOK = 2000  # files of a pattern that are looked at while somebody waits


def submission_of(document: JobDocument, owner: str, access: Access) -> Submission:
    """Check a document as far as can be done at once: the operation, its parameters with the first item, the limits.

    Raises
    ------
    InvalidParams
        As a call would; the operation is not known; a field does not fit the others.
    DegenerateInput, UnsupportedMedia, UnreadableBody, StorageFailed
        As a call would.
    TooLarge
        The document, the number of items or the results are above the limits.
    """
    try:
        operation = operation_named(document.operation)
    except NotFound as error:
        raise InvalidParams([Fault("/operation", error.detail)]) from None
    check_arrays(document, tuple(operation.result.array_fields()))
    _check_limits(document, access)
    kind: JobKind = "items" if document.items is not None else "call" if operation.tiling is None else "tiled"
    _check_fields(document, kind)
    if kind == "items":
        _check_items(document, owner, access)
    else:
        _check_whole(document, owner, access, kind)
    text = document.to_json()
    if len(text) > access.settings.max_job_document_bytes:
        raise TooLarge(
            f"the document has {len(text)} bytes, more than the {access.settings.max_job_document_bytes} allowed "
            "(EPIPOLE_MAX_JOB_DOCUMENT_BYTES); upload large arrays as assets"
        )
    return Submission(owner, document.operation, kind, text, document.priority)


def _check_limits(document: JobDocument, access: Access) -> None:
    """Count what is listed in the document, before anything is looked at."""
    count, most = 0, access.settings.max_job_items
    if isinstance(document.items, list):
        count = len(document.items)
    elif isinstance(document.items, ItemAssets):
        count = max(map(len, document.items.assets.values()))
    if count > most:
        raise TooLarge(f"/items: there are {count} items, more than the {most} allowed (EPIPOLE_MAX_JOB_ITEMS)")


def _check_fields(document: JobDocument, kind: JobKind) -> None:
    faults = []
    if kind != "items":
        if document.files is not None:
            faults.append(Fault("/files", "is for jobs with items; this one keeps its result as Zarr arrays"))
        if document.arrays is not None:
            faults.append(Fault("/arrays", "is for jobs with items"))
    if document.tile is not None and kind != "tiled":
        faults.append(Fault("/tile", "is for operations that are computed in tiles, without items"))
    if faults:
        raise InvalidParams(faults)


def _check_whole(document: JobDocument, owner: str, access: Access, kind: JobKind) -> None:
    listed = document.model_copy(update={"params": spelled_out(document.params, access, look=_LOOK)})
    inputs = Inputs(Task("", owner, document.operation, kind, None), access, listed, None)
    tiling = inputs.operation.tiling
    try:
        if tiling is None:
            call = whole_call(inputs, decoded=False)
            check_memory(call.nbytes, access)
            check_bytes(sum(output.nbytes for output in call.cost.outputs), access)
        elif tiling.reads:
            check_memory(inputs.params(decoded=False).input_bytes(), access)
        else:
            cut(inputs)
    except InvalidParams as error:
        raise _placed(error, inputs) from None


def _check_items(document: JobDocument, owner: str, access: Access) -> None:
    items = find_items(document, access, look=_LOOK)
    if items.count == 0:
        return  # none among the first files; the plan looks at all of them
    listed = document.model_copy(update={"params": spelled_out(document.params, access, look=_LOOK)})
    inputs = Inputs(Task("", owner, document.operation, "items", None), access, listed, items.listing)
    try:
        call = item_call(inputs, 0, decoded=False)
    except InvalidParams as error:
        raise _placed(error, inputs) from None
    check_bytes(sum(output.nbytes for output in kept_outputs(document, call)) * items.count, access)


def _placed(error: InvalidParams, inputs: Inputs) -> InvalidParams:
    """The faults of a call, where they are in the document."""
    document = inputs.document

    def place(pointer: str) -> str:
        name = pointer.split("/")[1] if pointer else ""
        if name in ("items", "params"):
            return pointer
        match document.items:
            case list(items) if name in items[0]:
                return f"/items/0{pointer}"
            case ItemPattern() if name in document.items.pattern:
                return f"/items/pattern/{name}"
            case ItemAssets() if name in document.items.assets:
                return f"/items/assets/{name}/0"
            case ItemPattern() | ItemAssets() if name in document.items.params:
                return f"/items/params{pointer}"
        return f"/params{pointer}"

    return InvalidParams([Fault(place(fault.pointer), fault.detail) for fault in error.faults])
