"""The names of jobs."""

import re
import secrets
import string

_DIGITS = string.digits + string.ascii_lowercase
_TIME_DIGITS, _RANDOM_DIGITS = 11, 15
_ID = re.compile(rf"[0-9a-z]{{{_TIME_DIGITS + _RANDOM_DIGITS}}}")


def new_id(now: float) -> str:
    """Make a name whose order is its age: microseconds since the epoch in base 36, then 77 random bits."""
    digits, microseconds = "", int(now * 1e6)
    for _ in range(_TIME_DIGITS):
        microseconds, digit = divmod(microseconds, 36)
        digits = _DIGITS[digit] + digits
    return digits + "".join(secrets.choice(_DIGITS) for _ in range(_RANDOM_DIGITS))


def is_id(job: str) -> bool:
    """Tell whether this can be the name of a job; nothing else is looked for."""
    return _ID.fullmatch(job) is not None
