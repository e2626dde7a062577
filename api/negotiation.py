"""The Accept header (RFC 9110, section 12.5.1): media ranges in the caller's order of preference."""

from collections.abc import Iterator, Sequence

from service.errors import NotAcceptable
from service.media.answer import ANY


def accepted_types(headers: Sequence[str]) -> list[str]:
    """Media types and ranges of the Accept headers, best first; equal weights keep their order, the more exact
    before the less.
    """
    header = ",".join(headers)
    if not header.strip():
        return [ANY]
    weighted: list[tuple[float, int, int, str]] = []
    for position, (media_range, weight) in enumerate(_ranges(header)):
        if weight > 0:
            exactness = 0 if media_range == ANY else 1 if media_range.endswith("/*") else 2
            weighted.append((-weight, -exactness, position, media_range))
    if not weighted:
        raise NotAcceptable("the Accept header accepts nothing")
    return [media_range for *_, media_range in sorted(weighted)]


def weighed_types(headers: Sequence[str]) -> frozenset[str]:
    """Every media type and range of the Accept headers, refused ones (`q=0`) included."""
    return frozenset(media_range for media_range, _ in _ranges(",".join(headers)))


def _ranges(header: str) -> Iterator[tuple[str, float]]:
    for entry in header.split(","):
        media_range, *parameters = (piece.strip() for piece in entry.split(";"))
        weight = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "q":
                weight = _weight(value.strip())
        if media_range:
            yield media_range.lower(), weight


def _weight(text: str) -> float:
    try:
        return min(1.0, max(0.0, float(text)))
    except ValueError:
        return 1.0
