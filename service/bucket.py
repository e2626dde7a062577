"""A bucket of an S3 server as a root."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from service.errors import StorageFailed, TooLarge
from service.folder import Segment
from service.settings import Settings

if TYPE_CHECKING:
    from obstore.store import S3Config, S3Store

_SPECIAL = ("", ".", "..")


class Bucket:
    """Objects of a bucket under one prefix, `s3://bucket/prefix`."""

    def __init__(self, address: str, settings: Settings) -> None:
        parts = urlsplit(address)
        if parts.scheme != "s3" or not parts.netloc:
            raise ValueError(f"{address!r} is not s3://bucket/prefix")
        self._name, self._prefix, self._settings = parts.netloc, parts.path.strip("/"), settings

    def read(self, name: str, max_bytes: int) -> memoryview:
        """The bytes of an object. Raises FileNotFoundError, TooLarge, and StorageFailed where the server fails."""
        import obstore

        name = name.lstrip("/")
        if any(step in _SPECIAL for step in name.split("/")):
            raise FileNotFoundError(name)
        try:
            found = obstore.get(self._store, name)
            if found.meta["size"] > max_bytes:
                raise TooLarge(f"the file is larger than {max_bytes} bytes (EPIPOLE_MAX_BODY_BYTES)")
            return memoryview(bytes(found.bytes()))
        except FileNotFoundError:
            raise
        except obstore.exceptions.BaseError as error:
            raise StorageFailed(f"a root cannot be read from its bucket: {type(error).__name__}") from None

    def names(self, segments: Sequence[Segment]) -> Iterator[str]:
        """Names of objects that match segment by segment. Raises StorageFailed where the server fails."""
        import obstore

        fixed: list[str] = []
        for segment in segments[:-1]:
            if not isinstance(segment, str):
                break
            fixed.append(segment)
        if any(step in _SPECIAL for step in fixed):
            return
        wanted = re.compile("/".join(s.pattern if isinstance(s, re.Pattern) else re.escape(s) for s in segments))
        try:
            for page in obstore.list(self._store, prefix="/".join(fixed) or None):
                yield from (found["path"] for found in page if wanted.fullmatch(found["path"]))
        except obstore.exceptions.BaseError as error:
            raise StorageFailed(f"a root cannot be listed in its bucket: {type(error).__name__}") from None

    @cached_property
    def _store(self) -> "S3Store":
        from obstore.store import S3Store

        settings = self._settings
        options: S3Config = {"region": settings.s3_region}
        if settings.s3_endpoint:
            options |= {"endpoint": settings.s3_endpoint, "virtual_hosted_style_request": False}
        if settings.s3_access_key:
            options |= {"access_key_id": settings.s3_access_key, "secret_access_key": settings.s3_secret_key}
        return S3Store(
            self._name,
            prefix=self._prefix or None,
            config=options,
            client_options={
                "allow_http": settings.s3_endpoint.startswith("http://"),
                "connect_timeout": timedelta(seconds=5),
                "timeout": timedelta(seconds=30),
            },
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=20)},
        )
