"""Objects in a bucket of an S3 server."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from service.errors import StorageFailed
from service.jobs.results.objects import Data, checked, is_key

if TYPE_CHECKING:
    from obstore.store import S3Config

    from service.settings import Settings

_MULTIPART_BYTES = 256 << 20
_LISTED = 1000


class RemoteObjects:
    """Objects of all jobs below `prefix` in one bucket; every machine that has its keys may use it.

    A put is one request, or one that completes several: readers see the whole object or the one before it.
    """

    def __init__(self, bucket: str, prefix: str, settings: "Settings", *, retries: int = 10) -> None:
        config: S3Config = {"region": settings.s3_region}
        if settings.s3_endpoint:
            config |= {"endpoint": settings.s3_endpoint, "virtual_hosted_style_request": False}
        if settings.s3_access_key:
            config |= {"access_key_id": settings.s3_access_key, "secret_access_key": settings.s3_secret_key}
        self._store = S3Store(
            bucket,
            prefix=prefix or None,
            config=config,
            client_options={
                "allow_http": settings.s3_endpoint.startswith("http://"),
                "connect_timeout": timedelta(seconds=5),
                "timeout": timedelta(seconds=60),
            },
            retry_config={
                "max_retries": retries,
                "retry_timeout": timedelta(seconds=60),
                "backoff": {"init_backoff": timedelta(seconds=0.25), "max_backoff": timedelta(seconds=5), "base": 2},
            },
        )

    def put(self, key: str, data: Data) -> None:
        checked(key)
        try:
            obstore.put(self._store, key, data, use_multipart=len(data) > _MULTIPART_BYTES)
        except (BaseError, OSError) as error:
            raise StorageFailed(f"the results could not be kept: {_reason(error)}") from error

    def get(self, key: str, start: int = 0, stop: int | None = None) -> bytes:
        if not is_key(key):
            raise KeyError(key)
        try:
            if start == 0 and stop is None:
                return obstore.get(self._store, key).bytes().to_bytes()
            if stop is not None and start < stop:
                return obstore.get_range(self._store, key, start=start, end=stop).to_bytes()
            size = obstore.head(self._store, key)["size"]
            return (
                obstore.get_range(self._store, key, start=start, end=size).to_bytes()
                if start < size and stop is None
                else b""
            )
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise StorageFailed("the results could not be read: the S3 server has no such bucket") from error
            raise KeyError(key) from None
        except (BaseError, OSError) as error:
            if "status code: 416" in str(error):  # it begins behind the end of the object
                return b""
            raise StorageFailed(f"the results could not be read: {_reason(error)}") from error

    def size(self, key: str) -> int | None:
        if not is_key(key):
            return None
        try:
            return obstore.head(self._store, key)["size"]
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise StorageFailed(f"the results could not be read: {_reason(error)}") from error

    def keys(self, prefix: str) -> Iterator[str]:
        if not is_key(prefix):
            return
        if self.size(prefix) is not None:
            yield prefix
        try:
            for page in obstore.list(self._store, prefix, chunk_size=_LISTED):
                yield from (entry["path"] for entry in page)
        except (BaseError, OSError) as error:
            raise StorageFailed(f"the results could not be listed: {_reason(error)}") from error

    def delete(self, prefix: str) -> None:
        checked(prefix)
        try:
            for page in obstore.list(self._store, prefix, chunk_size=_LISTED):
                obstore.delete(self._store, [entry["path"] for entry in page])
            obstore.delete(self._store, prefix)
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise StorageFailed(f"the results could not be deleted: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """What happened, without the address and the key that the library's message names."""
    status = re.search(r"status code: ([0-9]{3}[A-Za-z ]*)", str(error))
    if status is None:
        return "the S3 server could not be reached"
    if status.group(1)[:3] in ("401", "403"):
        return "the S3 server refused the access key"
    return f"the S3 server answered {status.group(1).strip()}"
