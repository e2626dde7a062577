import io
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from service.errors import Conflict, Gone, InvalidParams, NotFound, RateLimited, TooLarge
from service.jobs.access import Access
from service.jobs.database.store import JobDatabase, open_database
from service.jobs.plan import finish_job, make_plan, run_tiles
from service.jobs.plan.plan import Plan
from service.jobs.records import Job
from tests.service.jobs.working import OWNER, Working, settings_in, working

pytestmark = pytest.mark.jit  # worker processes load compiled kernels

DOCUMENT = {
    "operation": "bilateral",
    "params": {"image": [[1.0, 2.0, 3.0]], "sigma_space": 1.0},
    "items": [{"sigma_color": 1.0}, {"sigma_color": 2.0}],
}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Working]:
    """A service that takes jobs in and runs none: here the tests do."""
    with working(settings_in(tmp_path, engine="off", max_owner_jobs=3)) as service:
        yield service


@pytest.fixture
def database(service: Working) -> Iterator[JobDatabase]:
    database = open_database(service.settings)
    yield database
    database.close()


def complete(service: Working, database: JobDatabase, job: Job, keep: float = 1000.0) -> None:
    access = Access(service.settings)
    claimed = database.claim("test", lease=100)
    assert claimed is not None
    plan: Plan = make_plan(claimed, access)
    planned = database.set_plan(job.id, claimed.fence, plan.to_json(), plan.tiles)
    database.record(job.id, claimed.fence, run_tiles(planned, range(plan.tiles), access, lambda: None))
    nbytes = finish_job(planned, plan, iter(database.outcomes(job.id)), access)
    database.finish(job.id, claimed.fence, "successful", result_bytes=nbytes, keep=keep)


def test_one_key_and_document_make_one_job(service: Working) -> None:
    first, created = service.call(service.jobs.submit(DOCUMENT, OWNER, "key"))
    second, created_again = service.call(service.jobs.submit(DOCUMENT, OWNER, "key"))
    assert (created, created_again) == (True, False)
    assert first.id == second.id
    with pytest.raises(InvalidParams, match="another request"):
        service.submit(DOCUMENT | {"priority": 1}, "key")


def test_what_a_call_would_refuse_is_refused_at_once(service: Working) -> None:
    with pytest.raises(InvalidParams, match="/params/sigma_spice"):
        service.submit(DOCUMENT | {"params": {"sigma_spice": 1.0}})
    with pytest.raises(InvalidParams, match="/colour"):
        service.submit(DOCUMENT | {"colour": "red"})
    assert service.call(service.jobs.list(OWNER)) == ([], None)


def test_an_owner_may_have_so_many_unfinished_jobs(service: Working) -> None:
    for _ in range(3):
        service.submit(DOCUMENT)
    with pytest.raises(RateLimited):
        service.submit(DOCUMENT)


def test_jobs_of_others_are_not_there(service: Working) -> None:
    job = service.submit(DOCUMENT)
    for refused in (
        service.jobs.get(job.id, "you"),
        service.jobs.dismiss(job.id, "you"),
        service.jobs.retry(job.id, "you"),
        service.jobs.manifest(job.id, "you"),
        service.jobs.slice(job.id, "you", "image", "0"),
    ):
        with pytest.raises(NotFound):
            service.call(refused)
    with pytest.raises(NotFound):
        service.collect(service.jobs.watch(job.id, "you"))
    assert service.call(service.jobs.list("you")) == ([], None)


def test_results_are_there_once_the_job_has_finished(service: Working, database: JobDatabase) -> None:
    job = service.submit(DOCUMENT)
    with pytest.raises(Conflict, match="accepted"):
        service.call(service.jobs.manifest(job.id, OWNER))
    complete(service, database, job)

    manifest = service.call(service.jobs.manifest(job.id, OWNER))
    assert manifest.array("image").shape == (2, 1, 3)
    key = next(key for key in manifest.objects if key.startswith("image.zarr/c"))
    whole = service.call(service.jobs.object(job.id, OWNER, key))
    assert len(whole) == manifest.objects[key][1]
    assert service.call(service.jobs.object(job.id, OWNER, key, 3, 9)) == whole[3:9]
    with pytest.raises(NotFound):
        service.call(service.jobs.object(job.id, OWNER, "manifest.json"))


def test_slices_and_the_archive_hold_the_same_values(service: Working, database: JobDatabase) -> None:
    job = service.submit(DOCUMENT)
    complete(service, database, job)
    whole = service.array(job, "image")
    assert np.array_equal(service.call(service.jobs.slice(job.id, OWNER, "image", "1,0,::2")), whole[1, 0, ::2])
    with pytest.raises(InvalidParams):
        service.call(service.jobs.slice(job.id, OWNER, "image", "one"))
    with pytest.raises(NotFound):
        service.call(service.jobs.slice(job.id, OWNER, "picture", "0"))

    with zipfile.ZipFile(io.BytesIO(b"".join(service.collect(service.jobs.archive(job.id, OWNER))))) as archive:
        assert archive.testzip() is None
        assert {"manifest.json", "image.zarr/zarr.json"} <= set(archive.namelist())


def test_a_slice_is_no_larger_than_an_answer_may_be(tmp_path: Path) -> None:
    with working(settings_in(tmp_path, engine="off", max_output_bytes=40)) as service:
        database = open_database(service.settings)
        job = service.submit(DOCUMENT)
        complete(service, database, job)
        assert service.call(service.jobs.slice(job.id, OWNER, "image", "0")).shape == (1, 3)
        with pytest.raises(TooLarge):
            service.array(job, "image")
        database.close()


def test_expired_results_are_gone_and_deleted(service: Working, database: JobDatabase) -> None:
    job = service.submit(DOCUMENT)
    complete(service, database, job, keep=0.0)
    with pytest.raises(Gone, match="expired"):
        service.call(service.jobs.manifest(job.id, OWNER))
    assert service.get(job).state == "successful"


def test_a_dismissed_job_leaves_no_results(service: Working, database: JobDatabase) -> None:
    job = service.submit(DOCUMENT)
    complete(service, database, job)
    folder = service.settings.data_dir / "results" / job.id
    assert folder.exists()
    assert service.call(service.jobs.dismiss(job.id, OWNER)).state == "dismissed"
    assert not folder.exists()
    with pytest.raises(Gone, match="dismissed"):
        service.call(service.jobs.manifest(job.id, OWNER))


def test_only_failed_jobs_are_tried_again(service: Working, database: JobDatabase) -> None:
    job = service.submit(DOCUMENT)
    with pytest.raises(Conflict):
        service.call(service.jobs.retry(job.id, OWNER))
    claimed = database.claim("test", lease=100)
    assert claimed is not None
    database.finish(job.id, claimed.fence, "failed", reason={"title": "t", "detail": "d"}, keep=100)
    assert service.call(service.jobs.retry(job.id, OWNER)).state == "accepted"


def test_a_watcher_sees_every_event_once_wherever_it_begins(service: Working, database: JobDatabase) -> None:
    job = service.submit(DOCUMENT)
    complete(service, database, job)
    events = service.collect(service.jobs.watch(job.id, OWNER))
    numbers = [event.seq for event in events]
    assert numbers == sorted(set(numbers))
    assert events[0].data["state"] == "accepted"
    assert events[-1].data["state"] == "successful"
    for after in range(numbers[-1] + 1):
        rest = service.collect(service.jobs.watch(job.id, OWNER, after))
        assert [event.seq for event in rest] == [number for number in numbers if number > after]


def test_the_states_of_jobs_are_counted_for_the_metrics(tmp_path: Path) -> None:
    with working(settings_in(tmp_path, engine="off")) as service:
        service.submit(DOCUMENT)
    with working(settings_in(tmp_path, engine="off")) as service:
        deadline = time.monotonic() + 30
        while service.metrics.jobs.states.get("accepted") != 1 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert service.metrics.registry.get_sample_value("epipole_jobs", {"state": "accepted"}) == 1


def test_a_service_that_has_no_jobs_loads_neither_database_nor_cluster() -> None:
    heavy = {"sqlalchemy", "alembic", "distributed", "dask", "zarr", "obstore"}
    program = f"import sys, api.app; print(*({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
