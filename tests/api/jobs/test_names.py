import pytest
from starlette.requests import Request

from api.jobs.names import event_number, idempotency_key
from service.errors import InvalidParams


def request(*keys: str) -> Request:
    headers = [(b"idempotency-key", key.encode("latin-1")) for key in keys]
    return Request({"type": "http", "headers": headers})


@pytest.mark.parametrize(
    ("given", "key"), [("a", "a"), ("8e03978e-40d5", "8e03978e-40d5"), ('"quoted"', "quoted"), ("x" * 255, "x" * 255)]
)
def test_an_idempotency_key_is_taken_as_it_is(given: str, key: str) -> None:
    assert idempotency_key(request(given)) == key


def test_there_need_be_no_idempotency_key() -> None:
    assert idempotency_key(request()) is None


@pytest.mark.parametrize("given", [("",), ("x" * 256,), ("two words",), ("ümlaut",), ("nul\0",), ("a", "b"), ('""',)])
def test_another_idempotency_key_is_refused(given: tuple[str, ...]) -> None:
    with pytest.raises(InvalidParams) as refusal:
        idempotency_key(request(*given))
    assert refusal.value.faults[0].pointer == "/Idempotency-Key"


@pytest.mark.parametrize(("text", "number"), [(None, 0), ("", 0), ("0", 0), ("17", 17), ("9" * 18, 2**31 - 1)])
def test_the_latest_event_is_a_number(text: str | None, number: int) -> None:
    assert event_number(text) == number


@pytest.mark.parametrize("text", ["x", "-1", "1.0", "٣", "9" * 19, "1\0"])
def test_another_latest_event_is_refused(text: str) -> None:
    with pytest.raises(InvalidParams):
        event_number(text)
