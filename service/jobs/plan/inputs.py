"""What the tiles of one job share, read once in each process that computes them."""

import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from service.arrays.pending import Array, PendingArray
from service.arrays.reference import References
from service.catalogue import operation_named
from service.documents import Document
from service.errors import ServiceError, StorageFailed
from service.execution import validate
from service.jobs.access import Access
from service.jobs.document import ItemPattern, JobDocument
from service.jobs.plan.items import Items
from service.jobs.plan.listing import Listing
from service.jobs.plan.plan import TaskSpec
from service.jobs.plan.stacks import stacked_arrays
from service.operation import Operation

_DOCUMENT, _LISTING = "plan/document.json", "plan/items.json"
_KEPT_JOBS = 4


class Inputs:
    """The document of a job as its tiles read it: files listed, shared arrays decoded once."""

    def __init__(self, job: TaskSpec, access: Access, document: JobDocument, listing: Listing | None) -> None:
        self.access, self.document = access, document
        self.operation: Operation[Any, Any] = operation_named(job.operation)
        self.references: References = access.references(job.owner)
        self.items = None if document.items is None else Items(document, listing)
        self.held = 0
        self._lock = threading.Lock()
        self._prepared: Any = None

    @cached_property
    def described(self) -> dict[str, Any]:
        """The common parameters, arrays read as far as their headers."""
        params = stacked_arrays(self.document.params, self.references)
        for name, field in self.operation.params.array_fields().items():
            if params.get(name) is not None:
                with suppress(ServiceError, ValidationError):  # validation says why, at the right place
                    adapter = TypeAdapter(Annotated[Array, field])
                    params[name] = adapter.validate_python(params[name], context=self.references)
        return params

    @cached_property
    def shared(self) -> dict[str, Any]:
        """The common parameters, arrays decoded as far as a quarter of the memory budget takes them."""
        params, room = dict(self.described), self.access.settings.memory_budget // 4
        for name, array in self.described.items():
            if isinstance(array, PendingArray) and array.nbytes + self.held <= room:
                with suppress(ServiceError):
                    params[name] = array.load()
                    self.held += array.nbytes
            if isinstance(params[name], PendingArray) and name in self.document.params:
                params[name] = stacked_arrays({name: self.document.params[name]}, self.references)[name]
        return params

    def params(self, number: int | None = None, *, decoded: bool = True) -> Document:
        """The parameters of an item, or those of a job without items. Raises as a call would."""
        own = {} if self.items is None or number is None else self.items.params(number)
        return validate(self.operation, {**(self.shared if decoded else self.described), **own}, self.references)

    def prepared(self, build: Callable[[], Any]) -> Any:
        """What `build` makes for all tiles, made once."""
        with self._lock:
            if self._prepared is None:
                self._prepared = build()
            return self._prepared


class _Recent:
    """The inputs of the jobs that this process computed last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: OrderedDict[tuple[str, str, str], Inputs] = OrderedDict()

    def of(self, job: TaskSpec, access: Access) -> Inputs:
        key = job.id, access.settings.job_store, str(access.settings.data_dir)
        with self._lock:
            found = self._jobs.pop(key, None) or _load(job, access)
            self._jobs[key] = found
            room = access.settings.memory_budget // 4
            while len(self._jobs) > 1 and (
                len(self._jobs) > _KEPT_JOBS or sum(inputs.held for inputs in self._jobs.values()) > room
            ):
                self._jobs.popitem(last=False)
            return found


_recent = _Recent()


def inputs_of(job: TaskSpec, access: Access) -> Inputs:
    """The inputs of a planned job. Raises StorageFailed where its planner's notes are gone."""
    return _recent.of(job, access)


def keep_inputs(job: str, access: Access, document: JobDocument, items: Items | None) -> None:
    """Write down what the tiles read: the document with every file name spelled out, and the list of items."""
    access.objects.put(f"{job}/{_DOCUMENT}", document.to_json().encode())
    if items is not None and items.listing is not None:
        access.objects.put(f"{job}/{_LISTING}", json.dumps(items.listing.to_json(), separators=(",", ":")).encode())


def _load(job: TaskSpec, access: Access) -> Inputs:
    try:
        document = JobDocument.read(json.loads(access.objects.get(f"{job.id}/{_DOCUMENT}")))
        listing = None
        if document.items is not None and isinstance(document.items, ItemPattern):
            kept = json.loads(access.objects.get(f"{job.id}/{_LISTING}"))
            listing = Listing(tuple(kept["names"]), kept["rows"])
        return Inputs(job, access, document, listing)
    except KeyError:
        raise StorageFailed("what the job's planner wrote is gone from the store") from None
