import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.jobs.preference import Preference, preference_of


@pytest.mark.parametrize(
    ("headers", "respond_async", "wait"),
    [
        ([], False, None),
        ([""], False, None),
        (["respond-async"], True, None),
        (["Respond-Async"], True, None),
        (["respond-async, wait=10"], True, 10),
        (["wait=10,respond-async"], True, 10),
        (["respond-async", "wait=5"], True, 5),
        (['respond-async ; priority="high, really"; x , wait = "7"'], True, 7),
        (['respond-async=""'], True, None),
        (["respond-async=true"], False, None),
        (["return=minimal; foo, handling=lenient"], False, None),
        (["wait=5, wait=9"], False, 5),
        (["respond-async=no, respond-async"], False, None),
        (['note="respond-async"'], False, None),
        (['note=", respond-async, "'], False, None),
        ([r'note="a \", respond-async", wait=3'], False, 3),
        ([r'wait="\1\2"'], False, 12),
        (["wait=soon"], False, None),
        (["wait=-1"], False, None),
        (["wait=1.5"], False, None),
        (["wait=1" + 9 * "0"], False, None),
        (["wait=٣"], False, None),
        (["wait"], False, None),
        ([";;,,respond-async;,=,"], True, None),
    ],
)
def test_preferences_are_read_as_the_rfc_says(headers: list[str], respond_async: bool, wait: int | None) -> None:
    assert preference_of(headers) == Preference(respond_async, wait)


@given(st.lists(st.text(alphabet='respond-async,;="\\ wait1', max_size=60), max_size=4))
def test_no_header_is_an_error(headers: list[str]) -> None:
    found = preference_of(headers)
    assert found.wait is None or 0 <= found.wait < 10**9


def test_a_long_header_takes_a_single_pass() -> None:
    assert preference_of([";" * 60_000 + '"' * 3001 + ",respond-async"]) == Preference()
