from typing import Any

import numpy as np
import pytest

from service.arrays.reference import Attachment, References
from service.errors import InvalidParams, UnreadableBody, UnsupportedMedia
from tests.service.media.files import npy_file, png

NPY, PNG = npy_file(np.eye(3)), png(np.zeros((4, 5, 3), np.uint8))


@pytest.mark.parametrize(
    ("data", "declared"),
    [
        (NPY, ""),
        (NPY, "application/octet-stream"),
        (NPY, "application/x-npy"),
        (NPY, "application/npy"),
        (PNG, "image/png"),
        (PNG, ""),
        (PNG, "image/jpeg"),  # the content counts; a picture sent under another picture's name still opens
    ],
)
def test_attachments_are_described_by_their_content(data: bytes, declared: str) -> None:
    pending = References().open_attachment(Attachment(memoryview(data), declared))
    assert pending.shape == ((3, 3) if data is NPY else (4, 5, 3))


@pytest.mark.parametrize(("data", "declared"), [(NPY, "image/png"), (PNG, "application/x-npy"), (NPY, "text/csv")])
def test_a_declared_type_that_the_content_contradicts_is_refused(data: bytes, declared: str) -> None:
    with pytest.raises(UnsupportedMedia, match=f"declared as {declared}"):
        References().open_attachment(Attachment(memoryview(data), declared))


def test_what_is_empty_or_unknown_is_refused() -> None:
    with pytest.raises(UnreadableBody, match="empty"):
        References().open_attachment(Attachment(memoryview(b"")))
    with pytest.raises(UnsupportedMedia, match="neither npy nor"):
        References().open_attachment(Attachment(memoryview(b"GIF89a" + bytes(40))))


def test_assets_and_uris_are_opened_by_name() -> None:
    references = References(open_asset=lambda _: memoryview(NPY), open_uri=lambda _: memoryview(PNG))
    assert references.open_reference({"asset": "sha256-…"}).shape == (3, 3)
    assert references.open_reference({"uri": "files://a.png"}).shape == (4, 5, 3)


@pytest.mark.parametrize("kind", ["asset", "uri"])
def test_without_stores_every_name_is_refused(kind: str) -> None:
    with pytest.raises(InvalidParams) as refused:
        References().open_reference({kind: "name"})
    assert refused.value.faults[0].pointer == f"/{kind}"


@pytest.mark.parametrize(
    "value", [{}, {"asset": 1}, {"uri": None}, {"asset": "a", "uri": "b"}, {"path": "/etc/passwd"}]
)
def test_other_objects_are_refused(value: dict[str, Any]) -> None:
    with pytest.raises(InvalidParams, match="exactly one of"):
        References().open_reference(value)
