import time

import pytest

from service.errors import RateLimited, Unauthenticated
from service.keys import LOCAL_OWNER, KeyRing, hash_key, new_key
from service.settings import Settings


def test_a_new_key_is_long_random_and_matches_its_hash() -> None:
    key, hashed = new_key()
    assert key.startswith("epk_")
    assert len(key) > 40
    assert hash_key(key) == hashed
    assert new_key()[0] != key


def test_a_key_belongs_to_its_owner() -> None:
    (ada, ada_hash), (bob, bob_hash) = new_key(), new_key()
    ring = KeyRing(Settings(api_keys={"ada": ada_hash, "bob": bob_hash.upper()}))
    assert ring.owner(ada) == "ada"
    assert ring.owner(bob) == "bob"


@pytest.mark.parametrize("key", [None, "", "epk_wrong", "ü", "x" * 10_000])
def test_any_other_key_is_refused(key: str | None) -> None:
    with pytest.raises(Unauthenticated):
        KeyRing(Settings(api_keys={"ada": new_key()[1]})).owner(key)


def test_without_keys_or_with_auth_off_everybody_is_local() -> None:
    assert KeyRing(Settings()).owner(None) == LOCAL_OWNER
    assert KeyRing(Settings(auth="off", api_keys={"ada": new_key()[1]})).owner("anything") == LOCAL_OWNER


def test_the_allowance_of_each_owner_refills(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    ring = KeyRing(Settings(rate_limit=2.0))
    for _ in range(2):
        ring.count("ada")
    with pytest.raises(RateLimited) as refused:
        ring.count("ada")
    assert refused.value.retry_after == 1
    ring.count("bob")
    now += 0.5
    ring.count("ada")
    with pytest.raises(RateLimited):
        ring.count("ada")


def test_without_a_rate_limit_nothing_is_counted() -> None:
    ring = KeyRing(Settings())
    for _ in range(100):
        ring.count("ada")
