"""Names of files with fields in them: `footage://cam{camera:02d}/frame_{frame:06d}.jpg`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from urllib.parse import quote

from service.errors import Fault, InvalidParams
from service.roots import Roots

Value = int | str

_FIELD = re.compile(r"\{([a-z_][a-z0-9_]{0,31})(?::(0[1-9][0-9]?)?(d))?\}")
_MOST_DIGITS = 15
_MOST_FIELDS, _MOST_TEXTS = 8, 3  # in one name there are many ways to tell more of them apart


class Pattern:
    """A URI under a root, with fields for whole numbers and for text.

    `{frame:06d}` is a number of at least six digits, `{frame:d}` one without leading zeros, `{name}` text without a
    slash. A field that occurs twice has one value.

    Parameters
    ----------
    text
        The path is as on disk, without percent-encoding.
    pointer
        Where the text stands in the document, for errors.

    Raises
    ------
    InvalidParams
        It has no root, a brace that is no field, one field as number and as text, or too many fields.
    """

    def __init__(self, text: str, pointer: str) -> None:
        self.text, self.pointer = text, pointer
        self.root, separator, path = text.partition("://")
        if not separator or "{" in self.root or self.root == "file" or "\0" in text:
            raise self.fault("must look like root://path/frame_{frame:06d}.png")
        self._pieces: list[tuple[str, str | None, int]] = []  # literal text, or field with its width (−1: text)
        self.numeric: dict[str, bool] = {}
        at = 0
        path = path.lstrip("/")
        for match in _FIELD.finditer(path):
            self._add_text(path[at : match.start()])
            name, width, number = match[1], match[2], match[3] is not None
            if self.numeric.setdefault(name, number) != number:
                raise self.fault(f"has {name} as a number and as text")
            self._pieces.append(("", name, int(width or 1) if number else -1))
            at = match.end()
        self._add_text(path[at:])
        widths = [width for _, name, width in self._pieces if name is not None]
        if len(widths) > _MOST_FIELDS or sum(width < 0 for width in widths) > _MOST_TEXTS:
            raise self.fault(f"has more than {_MOST_FIELDS} fields, or more than {_MOST_TEXTS} of text")

    @property
    def names(self) -> tuple[str, ...]:
        """The fields, in the order in which they appear."""
        return tuple(self.numeric)

    def uri(self, fields: Mapping[str, Value]) -> str:
        """The URI with these fields filled in."""
        return f"{self.root}://{quote(self._path(fields), safe='/')}"

    def find(self, roots: Roots) -> Iterator[tuple[Value, ...]]:
        """The fields of every file that there is, in no order."""
        try:
            for path in roots.names(self.root, self._segments):
                match = self._whole.fullmatch(path)
                if match is None or not _is_text(path):
                    continue
                fields = {n: int(match[n]) if number else match[n] for n, number in self.numeric.items()}
                if self._path(fields) == path:
                    yield tuple(fields.values())
        except InvalidParams as error:
            raise self.fault(error.faults[0].detail) from None

    def fault(self, detail: str) -> InvalidParams:
        """A refusal of this pattern."""
        return InvalidParams([Fault(self.pointer, detail)])

    def _add_text(self, text: str) -> None:
        if "{" in text or "}" in text:
            raise self.fault("has braces that are no field; fields look like {camera:02d}, {frame:d} or {name}")
        self._pieces.append((text, None, 0))

    def _path(self, fields: Mapping[str, Value]) -> str:
        return "".join(
            text if name is None else f"{fields[name]:0{width}d}" if width >= 0 else str(fields[name])
            for text, name, width in self._pieces
        )

    @cached_property
    def _whole(self) -> re.Pattern[str]:
        return re.compile(self._expression(repeat=True))

    @cached_property
    def _segments(self) -> Sequence[str | re.Pattern[str]]:
        parts = self._expression(repeat=False).split("/")
        plain = self._path({name: 0 if number else "x" for name, number in self.numeric.items()}).split("/")
        return [
            literal if part == re.escape(literal) else re.compile(part)
            for part, literal in zip(parts, plain, strict=True)
        ]

    def _expression(self, *, repeat: bool) -> str:
        """As a regular expression; with `repeat`, a field must have the same text each time."""
        written, seen = [], set()
        for text, name, width in self._pieces:
            if name is None:
                written.append("/".join(map(re.escape, text.split("/"))))
                continue
            inner = f"[0-9]{{{width},{max(width, _MOST_DIGITS)}}}" if width >= 0 else "[^/]+?"
            if repeat:
                inner = f"(?P={name})" if name in seen else f"(?P<{name}>{inner})"
                seen.add(name)
            else:
                inner = inner.replace("/", "\\x2f")  # segments are told apart by the slash
            written.append(inner)
        return "".join(written)


def _is_text(name: str) -> bool:
    """Whether a file's name is text; some file systems have others."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def pattern_names(text: str) -> bool:
    """Whether a URI has fields."""
    return _FIELD.search(text) is not None
