import re
from pathlib import Path
from typing import Any

import numpy as np
import obstore
import pytest
from obstore.store import S3Store

from service.bucket import Bucket
from service.errors import InvalidParams, StorageFailed, TooLarge
from service.folder import Segment
from service.media.npy import npy_header
from service.roots import Roots
from service.settings import Settings

FRAMES: list[Segment] = [re.compile("cam[0-9]{2}"), re.compile("frame_[0-9]{3}[.]npy")]


@pytest.fixture
def settings(s3_settings: dict[str, Any], tmp_path: Path) -> Settings:
    """A root in a bucket with two frames, and one outside of its prefix."""
    bucket = s3_settings["job_store"].removeprefix("s3://").split("/")[0]
    store = S3Store(
        bucket,
        config={
            "region": "us-east-1",
            "endpoint": s3_settings["s3_endpoint"],
            "virtual_hosted_style_request": False,
            "access_key_id": s3_settings["s3_access_key"],
            "secret_access_key": s3_settings["s3_secret_key"],
        },
        client_options={"allow_http": True},
    )
    for frame in (1, 2):
        data = npy_header((2,), np.dtype("uint8")) + bytes([frame, frame])
        obstore.put(store, f"lab/cam01/frame_{frame:03d}.npy", data)
    obstore.put(store, "lab/cam01/a b%.npy", b"odd")
    obstore.put(store, "secret/cam01/frame_003.npy", b"secret")
    return Settings(data_dir=tmp_path, roots={"lab": f"s3://{bucket}/lab"}, **s3_settings)


def test_objects_under_the_prefix_are_read(settings: Settings) -> None:
    data = Roots.of(settings).open("lab://cam01/frame_002.npy")
    assert bytes(data[-2:]) == b"\2\2"


def test_names_with_odd_letters_are_read(settings: Settings) -> None:
    assert bytes(Roots.of(settings).open("lab://cam01/a%20b%25.npy")) == b"odd"


@pytest.mark.parametrize(
    "uri",
    [
        "lab://cam01/none.npy",
        "lab://../secret/cam01/frame_003.npy",
        "lab://%2e%2e/secret/cam01/frame_003.npy",
        "lab://cam01",
        "lab://",
        "lab://cam01//frame_001.npy",
        "other://x",
    ],
)
def test_everything_else_in_a_bucket_is_refused_alike(settings: Settings, uri: str) -> None:
    with pytest.raises(InvalidParams) as refused:
        Roots.of(settings).open(uri)
    assert refused.value.faults[0].pointer == "/uri"


def test_large_objects_are_refused(settings: Settings) -> None:
    with pytest.raises(TooLarge, match="EPIPOLE_MAX_BODY_BYTES"):
        Roots.of(settings.model_copy(update={"max_body_bytes": 10})).open("lab://cam01/frame_001.npy")


def test_names_are_matched_segment_by_segment(settings: Settings) -> None:
    roots = Roots.of(settings)
    assert sorted(roots.names("lab", FRAMES)) == ["cam01/frame_001.npy", "cam01/frame_002.npy"]
    assert list(roots.names("lab", ["cam01", "frame_001.npy"])) == ["cam01/frame_001.npy"]
    assert list(roots.names("lab", ["..", "secret", *FRAMES])) == []


def test_a_server_that_is_not_there_is_a_failure_of_the_store(settings: Settings) -> None:
    away = settings.model_copy(update={"s3_endpoint": "http://127.0.0.1:9"})
    with pytest.raises(StorageFailed):
        Roots.of(away).open("lab://cam01/frame_001.npy")
    with pytest.raises(StorageFailed):
        list(Roots.of(away).names("lab", FRAMES))


def test_an_address_without_a_bucket_is_no_root() -> None:
    with pytest.raises(ValueError, match="s3://bucket/prefix"):
        Bucket("s3://", Settings())
