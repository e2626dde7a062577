"""Arrays that are named rather than spelled out: attachments of the request, stored assets, files under configured
roots.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from service.arrays.pending import PendingArray
from service.errors import Fault, InvalidParams, UnreadableBody, UnsupportedMedia
from service.media import npy, picture

UNNAMED_TYPES = ("", "application/octet-stream", "binary/octet-stream")


@dataclass(frozen=True)
class Attachment:
    """Bytes that came with the request under a field's name, with the media type that was declared for them."""

    data: memoryview
    media_type: str = ""


def _no_assets(asset: str) -> memoryview:
    raise InvalidParams([Fault("/asset", f"{asset!r} is not stored here")])


def _no_files(_uri: str) -> memoryview:
    raise InvalidParams([Fault("/uri", "file and network sources are off (EPIPOLE_ROOTS configures them)")])


@dataclass(frozen=True)
class References:
    """Where named arrays come from in one request, and how large a picture may be.

    `open_asset` and `open_uri` map stored bytes into memory; `attachments` are looked at by the fields of the same
    name.
    """

    open_asset: Callable[[str], memoryview] = _no_assets
    open_uri: Callable[[str], memoryview] = _no_files
    max_pixels: int = 100_000_000
    attachments: Mapping[str, Attachment | PendingArray] = field(default_factory=dict)

    def open_attachment(self, attachment: Attachment) -> PendingArray:
        """Describe attached bytes by their content; a declared media type must agree with it."""
        data, declared = attachment.data, attachment.media_type
        pending = self._open_bytes(data)
        known = declared in (*UNNAMED_TYPES, pending.media_type, "image/jpg", "application/npy")
        if not known and not (declared.startswith("image/") and pending.media_type in picture.MEDIA_TYPES):
            raise UnsupportedMedia(f"is declared as {declared} but holds {pending.media_type}")
        return pending

    def open_reference(self, reference: dict[str, Any]) -> PendingArray:
        """Describe what `{"asset": …}` or `{"uri": …}` points to."""
        match reference:
            case {"asset": str(asset), **rest} if not rest:
                return self._open_bytes(self.open_asset(asset))
            case {"uri": str(uri), **rest} if not rest:
                return self._open_bytes(self.open_uri(uri))
        raise InvalidParams(
            [
                Fault(
                    "",
                    'an array object has exactly one of "asset" and "uri" (strings), or "data" with "dtype"',
                )
            ]
        )

    def _open_bytes(self, data: memoryview) -> PendingArray:
        if bytes(data[:6]) == npy.MAGIC:
            return npy.open_npy(data)
        if picture.sniff(data) is not None:
            return picture.open_picture(data, max_pixels=self.max_pixels)
        if len(data) == 0:
            raise UnreadableBody("is empty")
        raise UnsupportedMedia("is neither npy nor a PNG, JPEG, WebP or TIFF picture (judged by its first bytes)")
