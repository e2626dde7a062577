"""A folder of this machine as a root: files are read and listed only where they really lie inside it."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from service.errors import TooLarge

Segment = str | re.Pattern[str]


class Folder:
    """Files under one folder."""

    def __init__(self, folder: str) -> None:
        self.path = Path(folder).resolve()

    def holds(self, path: Path) -> bool:
        """Whether a resolved path lies inside."""
        return path.is_relative_to(self.path)

    def locate(self, name: str) -> Path:
        """Where a name leads, links followed, be it outside. Raises OSError where there is nothing."""
        return (self.path / name.lstrip("/")).resolve(strict=True)

    def names(self, segments: Sequence[Segment]) -> Iterator[str]:
        """Names of files whose path matches segment by segment; links that lead out of the folder lead nowhere."""
        return self._names(self.path, "", segments)

    def _names(self, folder: Path, before: str, segments: Sequence[Segment]) -> Iterator[str]:
        first, rest = segments[0], segments[1:]
        try:
            if not self.holds(folder.resolve(strict=True)):
                return
            if isinstance(first, str):
                found = [first] if first not in ("", ".", "..") and (folder / first).exists() else []
            else:
                with os.scandir(folder) as entries:
                    found = [entry.name for entry in entries if first.fullmatch(entry.name)]
        except OSError:
            return
        for name in found:
            if rest:
                yield from self._names(folder / name, f"{before}{name}/", rest)
            elif (folder / name).is_file():
                yield before + name


def read_file(path: Path, max_bytes: int) -> memoryview:
    """The bytes of a regular file. Raises OSError, and TooLarge above the limit."""
    if not path.is_file():
        raise FileNotFoundError(path.name)
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > max_bytes:
            raise TooLarge(f"the file is larger than {max_bytes} bytes (EPIPOLE_MAX_BODY_BYTES)")
        return memoryview(file.read(size))
