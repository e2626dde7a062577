"""Files that the operator allows requests to name: local folders, each under a name."""

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

from service.errors import Fault, InvalidParams, TooLarge


class Roots:
    """Configured folders.

    `name://path/in/it` and `file:///absolute/path` are read, both only where they end up inside a folder.
    """

    def __init__(self, folders: Mapping[str, str], max_bytes: int) -> None:
        self._folders = {name: Path(folder).resolve() for name, folder in folders.items()}
        self._max_bytes = max_bytes

    def open(self, uri: str) -> memoryview:
        """The bytes that `uri` names.

        Raises InvalidParams where URIs are off, the root is unknown, or the file is absent, outside or not a file;
        TooLarge above the limit.
        """
        if not self._folders:
            raise self._fault("file and network sources are off; the operator configures them with EPIPOLE_ROOTS")
        scheme, separator, rest = uri.partition("://")
        if not separator or "\0" in uri:
            raise self._fault("must look like name://path/in/the/root")
        if scheme == "file":
            asked = Path(unquote(rest))
        elif scheme in self._folders:
            asked = self._folders[scheme] / unquote(rest).lstrip("/")
        else:
            raise self._fault(f"names no configured root; there are: {', '.join(self._folders)}")
        return self._read(asked)

    def _read(self, asked: Path) -> memoryview:
        try:
            path = asked.resolve(strict=True)
            inside = any(path.is_relative_to(folder) for folder in self._folders.values())
            if not inside or not path.is_file():
                raise self._fault("is not a file under a configured root")
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if size > self._max_bytes:
                    raise TooLarge(f"the file is larger than {self._max_bytes} bytes (EPIPOLE_MAX_BODY_BYTES)")
                return memoryview(file.read(size))
        except (OSError, ValueError, RuntimeError):
            raise self._fault("is not a file under a configured root") from None

    @staticmethod
    def _fault(detail: str) -> InvalidParams:
        return InvalidParams([Fault("/uri", detail)])
