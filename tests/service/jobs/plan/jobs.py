"""Jobs planned and computed here and now, without a database."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.execution import compute, price, validate
from service.jobs.access import Access
from service.jobs.document import JobDocument
from service.jobs.plan import Plan, Task, finish_job, make_plan, run_tiles, submission_of
from service.jobs.records import Job, TileOutcome
from service.jobs.results.manifest import Manifest, read_manifest
from service.jobs.results.slices import read_slice
from service.settings import Settings

OWNER = "local"


@dataclass
class Ran:
    """A job, what came of its tiles, and its manifest."""

    job: Job
    plan: Plan
    outcomes: list[TileOutcome]
    access: Access

    @property
    def manifest(self) -> Manifest:
        return read_manifest(self.access.objects, self.job.id)

    def array(self, name: str) -> NDArray[Any]:
        layout = self.manifest.array(name)
        return read_slice(self.access.objects, self.job.id, layout, "", most=1 << 30)

    def file(self, name: str) -> bytes:
        return self.access.objects.get(f"{self.job.id}/files/{name}")

    def objects(self) -> dict[str, bytes]:
        """Everything that the manifest names."""
        return {key: self.access.objects.get(f"{self.job.id}/{key}") for key in self.manifest.objects}

    def result(self) -> Any:
        return json.loads(self.file("result.json"))


def unchecked() -> None:
    """Let the work go on."""


def access_to(folder: Path, **settings: Any) -> Access:
    return Access(Settings(data_dir=folder, **settings))


def planned(document: Mapping[str, Any], access: Access, name: str = "job") -> tuple[Job, Plan]:
    submission = submission_of(JobDocument.read(document), OWNER, access)
    job = Job(name, OWNER, submission.operation, submission.kind, "running", submission.document, 0, 0.0)
    plan = make_plan(job, access)
    return replace(job, plan=plan.to_json()), Plan.from_json(plan.to_json())


def ran(
    document: Mapping[str, Any],
    access: Access,
    name: str = "job",
    *,
    batch: int | None = None,
    order: Callable[[Sequence[tuple[int, ...]]], Sequence[tuple[int, ...]]] = list,
) -> Ran:
    job, plan = planned(document, access, name)
    outcomes: list[TileOutcome] = []
    for tiles in order(list(plan.tasks((), batch))):
        outcomes += run_tiles(Task.of(job), tiles, access, unchecked)
    outcomes.sort(key=lambda outcome: outcome.tile)
    finish_job(job, plan, iter(outcomes), access)
    return Ran(job, plan, outcomes, access)


def called(document: Mapping[str, Any], access: Access) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """What the call of a job's operation with its params answers: arrays and the rest."""
    from service.catalogue import operation_named

    operation = operation_named(document["operation"])
    params = validate(operation, document["params"], access.references(OWNER))
    result = compute(price(operation, params, access.unhurried))
    arrays = {
        name: array.collect() if hasattr(array, "collect") else np.asarray(array)
        for name, array in result.arrays().items()
    }
    return arrays, result.scalars()
