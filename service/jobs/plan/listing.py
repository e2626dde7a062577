"""Items found by the names of files: each pattern a table of fields, joined on the fields that they share."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from service.errors import Fault, InvalidParams, TooLarge
from service.jobs.document import Selection
from service.jobs.plan.pattern import Pattern, Value
from service.roots import Roots


@dataclass(frozen=True)
class Listing:
    """Items by their fields: a row each, sorted."""

    names: tuple[str, ...]
    rows: Sequence[tuple[Value, ...]]
    complete: bool = True

    def fields(self, number: int) -> dict[str, Value]:
        """The fields of an item."""
        return dict(zip(self.names, self.rows[number], strict=True))

    def to_json(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {"names": self.names, "rows": self.rows}


def list_items(
    patterns: Sequence[Pattern],
    where: Mapping[str, Selection],
    roots: Roots,
    *,
    most: int,
    look: int | None = None,
    pointer: str = "/items",
) -> Listing:
    """Find the items that files of all patterns are there for.

    Parameters
    ----------
    where
        Which values of fields to take.
    most
        Items that there may be.
    look
        Files of a pattern to look at; the listing may be incomplete then. Default: all.

    Raises
    ------
    InvalidParams
        A selection is not understood, a field is a number here and text there, or nothing was found.
    TooLarge
        There are more than `most`.
    """
    numeric: dict[str, bool] = {}
    for pattern in patterns:
        for name, number in pattern.numeric.items():
            if numeric.setdefault(name, number) != number:
                raise pattern.fault(f"has {name} as {'a number' if number else 'text'}, another pattern does not")
    chosen = _selections(where, numeric, pointer)
    joined = Listing((), [()])
    complete = True
    for pattern in patterns:
        found = pattern.find(roots)
        rows = list(found if look is None else islice(found, look))
        complete = complete and (look is None or len(rows) < look)
        names = pattern.names
        rows = [row for row in rows if all(n not in chosen or v in chosen[n] for n, v in zip(names, row, strict=True))]
        if not rows and complete:
            raise pattern.fault("matches no file" + (" that `where` selects" if where else ""))
        joined = _join(joined, Listing(names, rows), most, pointer)
    if not joined.rows and complete:
        raise InvalidParams([Fault(pointer, "the patterns have no files in common: no item has all of them")])
    return Listing(joined.names, sorted(joined.rows), complete)


def _join(left: Listing, right: Listing, most: int, pointer: str) -> Listing:
    shared = [name for name in right.names if name in left.names]
    added = [at for at, name in enumerate(right.names) if name not in left.names]
    by: dict[tuple[Value, ...], list[tuple[Value, ...]]] = defaultdict(list)
    for row in right.rows:
        by[tuple(row[right.names.index(name)] for name in shared)].append(tuple(row[at] for at in added))
    places = [left.names.index(name) for name in shared]

    def rows() -> Iterator[tuple[Value, ...]]:
        for row in left.rows:
            for more in by.get(tuple(row[place] for place in places), ()):
                yield row + more

    found = list(islice(rows(), most + 1))
    if len(found) > most:
        raise TooLarge(f"{pointer}: there are more than {most} items (EPIPOLE_MAX_JOB_ITEMS)")
    return Listing((*left.names, *(right.names[at] for at in added)), found)


def _selections(
    where: Mapping[str, Selection], numeric: Mapping[str, bool], pointer: str
) -> dict[str, range | frozenset[Value]]:
    chosen: dict[str, range | frozenset[Value]] = {}
    for name, selection in where.items():
        place = f"{pointer}/where/{name}"
        if name not in numeric:
            raise InvalidParams([Fault(place, f"is no field; there are: {', '.join(numeric) or 'none'}")])
        if isinstance(selection, str):
            chosen[name] = _span(selection, place, number=numeric[name])
        else:
            chosen[name] = frozenset(selection)
    return chosen


def _span(text: str, pointer: str, *, number: bool) -> range:
    try:
        parts = [int(part) if part.strip() else None for part in text.split(":")]
        if not number or not 2 <= len(parts) <= 3:
            raise ValueError
        start, stop, step = (*parts, None)[:3]
        return range(start or 0, 10**16 if stop is None else stop, 1 if step is None else step)
    except ValueError:
        detail = "must be start:stop or start:stop:step, or a list" if number else "must be a list of texts"
        raise InvalidParams([Fault(pointer, detail)]) from None
