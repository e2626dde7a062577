"""The stores that the tests of results run on: a folder, and a bucket of a real S3 server."""

from pathlib import Path
from typing import Any

import pytest

from service.jobs.results.objects import ObjectStore, open_objects
from service.settings import Settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "results"


@pytest.fixture
def local(folder: Path) -> ObjectStore:
    return open_objects(Settings(job_store=folder.as_uri()))


@pytest.fixture(params=["local", "s3"])
def objects(request: pytest.FixtureRequest) -> ObjectStore:
    if request.param == "local":
        local: ObjectStore = request.getfixturevalue("local")
        return local
    settings: dict[str, Any] = request.getfixturevalue("s3_settings")
    return open_objects(Settings(**settings))
