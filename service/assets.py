"""Stored inputs on local disk, named by the SHA-256 of their bytes."""

import contextlib
import hashlib
import mmap
import os
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from service.errors import Fault, InvalidParams, NotFound, StorageFailed

_NAME = re.compile(r"sha256-[0-9a-f]{64}")
_OWNER = re.compile(r"[A-Za-z0-9_-]{1,64}")


class AssetUpload:
    """Bytes on their way into the store: written and hashed as they come, visible only once they are whole and on
    disk.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._hash = hashlib.sha256()
        self.size = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor, self._temporary = tempfile.mkstemp(prefix=".upload-", dir=folder)
        except OSError as error:
            raise StorageFailed(f"the asset store cannot be written to: {error.strerror}") from error
        self._file = os.fdopen(descriptor, "wb")

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes."""
        try:
            self._file.write(data)
        except OSError as error:
            raise StorageFailed(f"the asset could not be written: {error.strerror}") from error
        self._hash.update(data)
        self.size += len(data)

    def commit(self) -> str:
        """Make the bytes durable under their name, which is returned.

        Storing the same bytes again changes nothing but their age.
        """
        asset = f"sha256-{self._hash.hexdigest()}"
        target = self._folder / asset[7:9] / asset
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            target.parent.mkdir(exist_ok=True)
            Path(self._temporary).replace(target)
            target.touch()
            for folder in (target.parent, self._folder):
                descriptor = os.open(folder, os.O_RDONLY)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
        except OSError as error:
            raise StorageFailed(f"the asset could not be kept: {error.strerror}") from error
        return asset

    def discard(self) -> None:
        """Remove what was written, if it was not committed."""
        with contextlib.suppress(OSError):
            self._file.close()
        Path(self._temporary).unlink(missing_ok=True)


class AssetStore:
    """Assets of all owners under one folder; nobody sees another owner's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def upload(self, owner: str) -> AssetUpload:
        """Begin to store bytes for `owner`."""
        return AssetUpload(self._of(owner))

    def path(self, asset: str, owner: str) -> Path:
        """The file that holds an asset. Raises NotFound where this owner has none of that name."""
        if _NAME.fullmatch(asset) is None:
            raise NotFound("asset names are sha256- and 64 hexadecimal digits")
        path = self._of(owner) / asset[7:9] / asset
        if not path.is_file():
            raise NotFound(f"there is no asset {asset}; it may have expired (EPIPOLE_ASSET_RETENTION): upload it again")
        return path

    def open(self, asset: str, owner: str) -> memoryview:
        """The bytes of an asset, mapped into memory; they outlive a deletion."""
        try:
            path = self.path(asset, owner)
            with path.open("rb") as file:
                if path.stat().st_size == 0:
                    return memoryview(b"")
                return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except (NotFound, FileNotFoundError) as error:
            raise InvalidParams(
                [Fault("/asset", "there is no such asset; upload it with POST /v1/assets first")]
            ) from error

    def delete(self, asset: str, owner: str) -> None:
        """Remove an asset. Raises NotFound where this owner has none of that name."""
        try:
            self.path(asset, owner).unlink()
        except FileNotFoundError:
            raise NotFound(f"there is no asset {asset}") from None

    def expire(self, retention: float) -> int:
        """Delete what was last uploaded more than `retention` seconds ago, abandoned uploads included; returns how
        many.
        """
        horizon, expired = time.time() - retention, 0
        for path in self._files():
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < horizon:
                    path.unlink()
                    expired += 1
        return expired

    def _files(self) -> Iterator[Path]:
        return (path for path in self.folder.rglob("*") if path.is_file()) if self.folder.is_dir() else iter(())

    def _of(self, owner: str) -> Path:
        if _OWNER.fullmatch(owner) is None:
            raise NotFound("there is no such owner")
        return self.folder / owner
