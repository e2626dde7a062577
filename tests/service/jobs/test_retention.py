from collections.abc import Iterator
from pathlib import Path

import pytest

from service.errors import NotFound, StorageFailed
from service.jobs.database.store import JobDatabase, open_database
from service.jobs.records import Job, Submission
from service.jobs.results.local import LocalObjects
from service.jobs.retention import delete_due, tidy
from service.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, record_retention=1e-6)


@pytest.fixture
def database(settings: Settings) -> Iterator[JobDatabase]:
    database = open_database(settings)
    yield database
    database.close()


@pytest.fixture
def objects(settings: Settings) -> LocalObjects:
    return LocalObjects(settings.data_dir / "results")


def finished(database: JobDatabase, objects: LocalObjects, keep: float) -> Job:
    database.submit(Submission("me", "gaussian", "call", "{}"), most=100)
    job = database.claim("test", lease=100)
    assert job is not None
    objects.put(f"{job.id}/manifest.json", b"{}")
    return database.finish(job.id, job.fence, "successful", keep=keep)


def test_results_are_deleted_when_they_are_due_and_no_sooner(database: JobDatabase, objects: LocalObjects) -> None:
    due, kept = finished(database, objects, 0.0), finished(database, objects, 1000.0)
    assert delete_due(database, objects) == 1
    assert delete_due(database, objects) == 0
    assert list(objects.keys(due.id)) == []
    assert list(objects.keys(kept.id)) == [f"{kept.id}/manifest.json"]
    assert database.get(due.id).state == "successful"


def test_records_go_after_their_results(database: JobDatabase, objects: LocalObjects, settings: Settings) -> None:
    due, kept = finished(database, objects, 0.0), finished(database, objects, 1000.0)
    done = tidy(database, objects, settings)
    assert (done.results, done.records) == (1, 1)
    with pytest.raises(NotFound):
        database.get(due.id)
    assert database.get(kept.id).state == "successful"


def test_results_without_a_record_are_swept(database: JobDatabase, objects: LocalObjects, settings: Settings) -> None:
    kept = finished(database, objects, 1000.0)
    objects.put(f"{'0' * 26}/files/left.npy", b"left")
    objects.put("something-else/left.npy", b"not ours")
    assert tidy(database, objects, settings).results == 1
    assert list(objects.keys("0" * 26)) == []
    assert list(objects.keys("something-else")) == ["something-else/left.npy"]
    assert list(objects.keys(kept.id)) == [f"{kept.id}/manifest.json"]


def test_a_store_that_others_may_use_is_not_swept(
    database: JobDatabase, objects: LocalObjects, settings: Settings
) -> None:
    objects.put(f"{'0' * 26}/files/theirs.npy", b"theirs")
    shared = settings.model_copy(update={"job_store": f"file://{objects.folder}"})
    assert tidy(database, objects, shared).results == 0
    assert list(objects.keys("0" * 26)) != []


def test_what_a_failing_store_keeps_is_tried_again(
    database: JobDatabase, objects: LocalObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = finished(database, objects, 0.0)

    def fail(prefix: str) -> None:
        raise StorageFailed(f"{prefix} cannot be deleted")

    with monkeypatch.context() as failing:
        failing.setattr(objects, "delete", fail)
        assert delete_due(database, objects) == 0
    assert delete_due(database, objects) == 1
    assert list(objects.keys(due.id)) == []
