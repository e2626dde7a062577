"""The Prefer header (RFC 7240): whether a call shall become a job, and how long its caller waits for the result."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

RESPOND_ASYNC = "respond-async"
WAIT = "wait"


@dataclass(frozen=True)
class Preference:
    """What a caller prefers; everything that the service does not know is left aside, as the RFC asks.

    Attributes
    ----------
    respond_async
        Answer at once with a job rather than at the end with the result.
    wait
        Seconds that the caller would wait for the result first.
    """

    respond_async: bool = False
    wait: int | None = None


def preference_of(headers: Sequence[str]) -> Preference:
    """What the Prefer headers of a request say together; of a preference given twice, the first counts."""
    said: dict[str, str] = {}
    for header in headers:
        for entry in _split(header, ","):
            preference, *_parameters = _split(entry, ";")
            name, _, value = preference.partition("=")
            said.setdefault(name.strip().lower(), _unquoted(value.strip()))
    wait = said.get(WAIT, "")
    # isdecimal alone would take digits of other scripts, and a number without bound would take time to read.
    known = wait.isascii() and wait.isdecimal() and len(wait) <= 9
    return Preference(said.get(RESPOND_ASYNC) == "", int(wait) if known else None)


def _split(text: str, separator: str) -> Iterator[str]:
    """The pieces between separators that stand outside of quoted strings; in one pass, whatever the text is."""
    begin, quoted, escaped = 0, False, False
    for at, character in enumerate(text):
        if escaped:
            escaped = False
        elif quoted and character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == separator and not quoted:
            yield text[begin:at]
            begin = at + 1
    yield text[begin:]


def _unquoted(word: str) -> str:
    if len(word) < 2 or not (word.startswith('"') and word.endswith('"')):
        return word
    plain, escaped = [], False
    for character in word[1:-1]:
        escaped = character == "\\" and not escaped
        if not escaped:
            plain.append(character)
    return "".join(plain)
