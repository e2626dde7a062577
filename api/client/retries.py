"""When a call is made again: operations have no side effects and jobs have keys, so that every one may be."""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from api.client.problem import Problem

_BUSY = (429, 503)
_FINAL = ("deadline-passed",)  # of the statuses above: it would take as long again


@dataclass(frozen=True)
class Retries:
    """How often and how long a call is made again while the service is busy or out of reach.

    Attributes
    ----------
    attempts
        In all, ≥ 1; 1 never tries again.
    longest
        Seconds from one attempt to the next, at most; a service that asks for more is not asked again.
    first
        Seconds after the first attempt where the service names none; doubled every time, and shortened at random by up
        to a half so that clients do not come back together.
    """

    attempts: int = 5
    longest: float = 60.0
    first: float = 0.25

    def pause(self, attempt: int, problem: Problem | None, headers: Mapping[str, str]) -> float | None:
        """Seconds to wait after that attempt (from 1), or None: give up. Without a problem there was no answer."""
        if attempt >= self.attempts:
            return None
        if problem is not None and (problem.status not in _BUSY or problem.kind in _FINAL):
            return None
        asked = _retry_after(headers.get("retry-after", ""))
        if asked is not None:
            return asked if asked <= self.longest else None
        steady: float = min(self.longest, self.first * 2.0 ** (attempt - 1))
        return steady * random.uniform(0.5, 1.0)  # noqa: S311  # nothing depends on who could guess it


def _retry_after(text: str) -> float | None:
    """Seconds from a number of them or from a date (RFC 9110, section 10.2.3)."""
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, float(parsedate_to_datetime(text).timestamp()) - time.time())
    except ValueError:
        return None
