import pickle
from pathlib import Path

import numpy as np
import pytest

from service.errors import InvalidParams
from service.jobs.access import Access
from service.settings import Settings


def test_access_travels_as_its_settings(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(3.0))
    access = Access(Settings(data_dir=tmp_path / "data", roots={"lab": str(tmp_path)}))
    access.objects.put("job/key", b"bytes")
    sent = pickle.loads(pickle.dumps(access))
    assert sent.settings == access.settings
    assert sent.objects.get("job/key") == b"bytes"
    assert sent.references("local").open_reference({"uri": "lab://a.npy"}).shape == (3,)


def test_assets_are_those_of_the_owner(tmp_path: Path) -> None:
    access = Access(Settings(data_dir=tmp_path))
    np.save(tmp_path / "a.npy", np.arange(3.0))
    upload = access.assets.upload("one")
    upload.write((tmp_path / "a.npy").read_bytes())
    asset = upload.commit()
    assert access.references("one").open_reference({"asset": asset}).shape == (3,)
    with pytest.raises(InvalidParams):
        access.references("other").open_reference({"asset": asset})


def test_jobs_may_take_their_time(tmp_path: Path) -> None:
    assert Access(Settings(data_dir=tmp_path, max_flops=1)).unhurried.max_flops == float("inf")
