"""The Range header (RFC 9110, section 14): which bytes of something whose length is known."""

import re

from service.errors import OutsideRange

_RANGE = re.compile(r"bytes=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*", re.ASCII | re.IGNORECASE)


def requested_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Start and stop of the one range that is asked for; None where all bytes are to be sent.

    That is also where the header is malformed, has another unit or several ranges, as the RFC allows. Raises
    OutsideRange where no byte of the range exists.
    """
    found = _RANGE.fullmatch(header.strip()) if header is not None else None
    if found is None:
        return None
    first, last = found.groups()
    if not first and not last:
        return None
    if not first:
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= size or start >= stop:
        raise OutsideRange(f"there are {size} bytes, and none of them lies in {header}", size)
    return start, stop


def unchanged(if_none_match: str | None, etag: str) -> bool:
    """Whether the caller holds these bytes already, by its If-None-Match header; weak tags compare like strong ones."""
    if if_none_match is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags
