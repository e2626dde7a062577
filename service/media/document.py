"""JSON in: read at the speed of its numbers, and refused where an object names a key twice."""

import json
import re
from itertools import islice
from typing import Any

from pydantic_core import from_json

from service.errors import UnreadableBody

_KEY = re.compile(rb'"\s*:')
_MAX_KEYS = 1000  # no document has a tenth of it; each unknown one would cost a message


def read_json(data: bytes | bytearray | str, where: str, *, objects: bool = False) -> Any:
    """The value that a JSON text spells. NaN and Infinity are read as numbers, for fields that have a use for them.

    Parameters
    ----------
    data
        The text.
    where
        Names the text in a refusal.
    objects
        Whether many objects are expected: the limit of keys then holds for each of them, not for all together.

    Raises
    ------
    UnreadableBody
        It is no JSON, or has too many keys, or one of them twice.
    """
    text = data.encode() if isinstance(data, str) else bytes(data)
    if objects:
        try:
            return json.loads(text, object_pairs_hook=_distinct)
        except (ValueError, RecursionError) as error:
            raise UnreadableBody(f"{where} is not JSON: {error}") from None
    keys = sum(1 for _ in islice(_KEY.finditer(text), _MAX_KEYS + 1))
    if keys > _MAX_KEYS:
        raise UnreadableBody(f"{where} has more than {_MAX_KEYS} keys")
    try:
        value = from_json(text, allow_inf_nan=True)
        # The fast parser keeps the last of two equal keys; only where it kept fewer than there are is a slow look due.
        if keys != _count_keys(value):
            json.loads(text, object_pairs_hook=_distinct)
    except (ValueError, RecursionError) as error:
        raise UnreadableBody(f"{where} is not JSON: {error}") from None
    return value


def _count_keys(value: Any) -> int:
    return sum(1 + _count_keys(inner) for inner in value.values()) if isinstance(value, dict) else 0


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > _MAX_KEYS:
        raise ValueError(f"an object has more than {_MAX_KEYS} keys")
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise ValueError(f"the key {name!r} occurs twice in one object")
        seen.add(name)
    return dict(pairs)
