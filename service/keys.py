"""API keys: made here, stored as hashes, compared in constant time."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping

from service.errors import RateLimited, Unauthenticated
from service.settings import Settings

LOCAL_OWNER = "local"


def new_key() -> tuple[str, str]:
    """A new key, and the hash that goes into the settings."""
    key = f"epk_{secrets.token_urlsafe(32)}"
    return key, hash_key(key)


def hash_key(key: str) -> str:
    """SHA-256 of a key in hexadecimal; keys carry 256 random bits, so a slow hash would add nothing."""
    return hashlib.sha256(key.encode()).hexdigest()


class KeyRing:
    """Who is asking: the owner that a key belongs to, and whether they ask too often."""

    def __init__(self, settings: Settings) -> None:
        self._hashes: Mapping[str, str] = settings.api_keys if settings.auth == "keys" else {}
        self._rate = settings.rate_limit
        self._allowance: dict[str, tuple[float, float]] = {}

    def owner(self, key: str | None) -> str:
        """The owner of `key`; `local` where no keys are configured. Raises Unauthenticated."""
        if not self._hashes:
            return LOCAL_OWNER
        if not key:
            raise Unauthenticated("send an API key: `Authorization: Bearer …`")
        hashed, found = hash_key(key), None
        for owner, known in self._hashes.items():
            if hmac.compare_digest(hashed, known.lower()):
                found = owner
        if found is None:
            raise Unauthenticated("this API key is not known")
        return found

    def count(self, owner: str) -> None:
        """Take one request from the owner's allowance, which refills at the configured rate. Raises RateLimited."""
        if self._rate is None:
            return
        now, burst = time.monotonic(), max(1.0, self._rate)
        tokens, last = self._allowance.get(owner, (burst, now))
        tokens = min(burst, tokens + (now - last) * self._rate)
        if tokens < 1.0:
            self._allowance[owner] = (tokens, now)
            raise RateLimited(
                f"more than {self._rate:g} requests per second (EPIPOLE_RATE_LIMIT)",
                max(1, round((1.0 - tokens) / self._rate)),
            )
        self._allowance[owner] = (tokens - 1.0, now)
