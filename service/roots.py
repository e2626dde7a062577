"""Files that the operator allows requests to name: local folders and buckets, each under a name."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self
from urllib.parse import unquote

from service.bucket import Bucket
from service.errors import Fault, InvalidParams, TooLarge
from service.folder import Folder, Segment, read_file
from service.settings import Settings


class Roots:
    """Configured folders and buckets.

    `name://path/in/it` and `file:///absolute/path` are read, both only where they end up inside a root.
    """

    def __init__(
        self, roots: Mapping[str, str], max_bytes: int, *, bucket: Callable[[str], Bucket] | None = None
    ) -> None:
        self._roots: dict[str, Folder | Bucket] = {
            name: bucket(address) if bucket is not None and address.startswith("s3://") else Folder(address)
            for name, address in roots.items()
        }
        self._max_bytes = max_bytes

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The roots of EPIPOLE_ROOTS; `s3://bucket/prefix` is reached as EPIPOLE_S3_… say."""
        return cls(settings.roots, settings.max_body_bytes, bucket=lambda address: Bucket(address, settings))

    def open(self, uri: str) -> memoryview:
        """The bytes that `uri` names.

        Raises InvalidParams where URIs are off, the root is unknown, or the file is absent, outside or not a file;
        TooLarge above the limit; StorageFailed where a bucket cannot be reached.
        """
        scheme, name = self._split(uri)
        try:
            root = None if scheme == "file" else self._root(scheme)
            if isinstance(root, Bucket):
                return root.read(unquote(name), self._max_bytes)
            path = Path(unquote(name)).resolve(strict=True) if root is None else root.locate(unquote(name))
            if not any(folder.holds(path) for folder in self._roots.values() if isinstance(folder, Folder)):
                raise self._fault("is not a file under a configured root")
            return read_file(path, self._max_bytes)
        except TooLarge:
            raise
        except (OSError, ValueError, RuntimeError):
            raise self._fault("is not a file under a configured root") from None

    def names(self, scheme: str, segments: Sequence[Segment]) -> Iterator[str]:
        """Paths under a root that match segment by segment, in no order; a segment is a name or a pattern of names.

        Raises InvalidParams where URIs are off or the root is unknown; StorageFailed where a bucket cannot be reached.
        """
        self._check_any()
        return self._root(scheme).names(segments)

    def _split(self, uri: str) -> tuple[str, str]:
        self._check_any()
        scheme, separator, name = uri.partition("://")
        if not separator or "\0" in uri:
            raise self._fault("must look like name://path/in/the/root")
        return scheme, name

    def _root(self, scheme: str) -> Folder | Bucket:
        if scheme not in self._roots:
            raise self._fault(f"names no configured root; there are: {', '.join(self._roots)}")
        return self._roots[scheme]

    def _check_any(self) -> None:
        if not self._roots:
            raise self._fault("file and network sources are off; the operator configures them with EPIPOLE_ROOTS")

    @staticmethod
    def _fault(detail: str) -> InvalidParams:
        return InvalidParams([Fault("/uri", detail)])
