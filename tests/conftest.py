import os
from collections.abc import Iterator
from pathlib import Path

import numba
import pytest

from tests.postgres import postgres, postgres_url
from tests.s3 import s3, s3_settings

__all__ = ["postgres", "postgres_url", "s3", "s3_settings"]

REALDATA = Path(os.environ.get("EPIPOLE_REALDATA", Path(__file__).parent.parent.parent / "shared" / "data"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    absent = pytest.mark.skip(reason=f"no real data at {REALDATA}; set EPIPOLE_REALDATA")
    interpreted = pytest.mark.skip(reason="kernels are not compiled (NUMBA_DISABLE_JIT=1)")
    for item in items:
        if "realdata" in item.keywords and not REALDATA.is_dir():
            item.add_marker(absent)
        if "jit" in item.keywords and numba.config.DISABLE_JIT:
            item.add_marker(interpreted)


@pytest.fixture(scope="session")
def realdata() -> Path:
    return REALDATA


@pytest.fixture(params=[1, 2, 7], ids="{} bands".format)
def bands(request: pytest.FixtureRequest) -> Iterator[int]:
    from geometry.bands import band_count

    with band_count(request.param):
        yield request.param
