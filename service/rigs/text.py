"""Text files line by line, whatever is in them, with the place of a mistake."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from service.errors import StorageFailed
from service.rigs.rig import UnreadableRig

MOST_BYTES = 1 << 16  # of a line that is looked at


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A regular file for reading. Raises UnreadableRig where there is none."""
    try:
        if not path.is_file():
            raise UnreadableRig(f"{path}: there is no such file")
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise UnreadableRig(f"{path}: cannot be read: {error.strerror}") from None


def numbered_lines(path: Path) -> Iterator[tuple[str, str]]:
    """Every line with its place (`cameras.txt:4`), line breaks taken off; of a longer one its first 64 KiB, marked.

    Memory does not depend on the lengths of lines.
    """
    with opened(path) as file:
        number = 0
        while piece := file.readline(MOST_BYTES):
            number += 1
            cut = len(piece) == MOST_BYTES and not piece.endswith(b"\n")
            while cut and (rest := file.readline(MOST_BYTES)) and not rest.endswith(b"\n"):
                pass
            text = piece.decode("utf-8", errors="surrogateescape").rstrip("\r\n")
            yield f"{path.name}:{number}", text + ("…" if cut else "")


def all_numbers(path: Path, wanted: Sequence[int]) -> list[float]:
    """The numbers of a small file, however they are laid out in lines.

    Raises UnreadableRig if one is none or not finite, or if their number is not among `wanted`.
    """
    found: list[float] = []
    for place, line in numbered_lines(path):
        found += [number(word, place) for word in line.split()]
        if len(found) > max(wanted):
            break
    if len(found) not in wanted:
        more = "more" if len(found) > max(wanted) else str(len(found))
        raise UnreadableRig(f"{path.name}: {' or '.join(map(str, wanted))} numbers are expected, there are {more}")
    return found


def number(word: str, place: str) -> float:
    """A finite number. Raises UnreadableRig."""
    try:
        value = float(word) if "_" not in word else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UnreadableRig(f"{place}: {word[:40]!r} is not a finite number")
    return value


def whole(word: str, place: str, least: int = 0, most: int = 2**32 - 1) -> int:
    """A whole number. Raises UnreadableRig."""
    if not (word.isascii() and word.isdecimal()) or len(word) > 10 or not least <= int(word) <= most:
        raise UnreadableRig(f"{place}: {word[:40]!r} is not a whole number from {least} to {most}")
    return int(word)


def write_file(path: Path, content: bytes) -> None:
    """Write a file, folders included. Raises StorageFailed."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise StorageFailed(f"{path} cannot be written: {error.strerror}") from None
