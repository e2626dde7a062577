"""Parameters that depend on the fields of an item: tables looked up, file names filled in."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from service.errors import Fault, InvalidParams
from service.jobs.plan.pattern import Pattern, Value, pattern_names

Resolve = Callable[[Mapping[str, Value]], Any]


def varying_params(params: Mapping[str, Any], names: Sequence[str], pointer: str) -> Resolve:
    """Read the parameters that depend on the fields `names` once; call the result with the fields of an item.

    Raises
    ------
    InvalidParams
        A table or a file name refers to a field that there is none of; later, on items: a table lacks a value.
    """
    return _read(dict(params), tuple(names), pointer)


def _read(value: Any, names: tuple[str, ...], pointer: str) -> Resolve:
    match value:
        case {"by": by, "values": values, **rest} if not rest:
            return _table([by] if isinstance(by, str) else by, values, names, pointer)
        case {"uri": str(uri), **rest} if not rest and pattern_names(uri):
            pattern = Pattern(uri, f"{pointer}/uri")
            _check(pattern.names, names, f"{pointer}/uri")
            return lambda fields: {"uri": pattern.uri(fields)}
        case dict():
            inner = {key: _read(entry, names, f"{pointer}/{_escape(key)}") for key, entry in value.items()}
            return lambda fields: {key: resolve(fields) for key, resolve in inner.items()}
    return lambda _: value


def _table(by: Any, values: Any, names: tuple[str, ...], pointer: str) -> Resolve:
    if not isinstance(by, list) or not by or not all(isinstance(name, str) for name in by):
        raise InvalidParams([Fault(f"{pointer}/by", "must be the name of a field, or a list of names")])
    _check(by, names, f"{pointer}/by")

    def resolve(fields: Mapping[str, Value]) -> Any:
        found, place = values, f"{pointer}/values"
        for name in by:
            key = fields[name]
            place = f"{place}/{_escape(str(key))}"
            if isinstance(found, dict) and str(key) in found:
                found = found[str(key)]
            elif isinstance(found, list) and isinstance(key, int) and 0 <= key < len(found):
                found = found[key]
            else:
                raise InvalidParams([Fault(place, f"there is no value for {name} {key}")])
        return found

    return resolve


def _check(used: Sequence[str], names: tuple[str, ...], pointer: str) -> None:
    unknown = [name for name in used if name not in names]
    if unknown:
        known = ", ".join(names) or "none"
        raise InvalidParams([Fault(pointer, f"{', '.join(unknown)} is no field of the items; there are: {known}")])


def _escape(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")
