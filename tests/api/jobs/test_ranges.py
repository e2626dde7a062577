import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.jobs.ranges import requested_range, unchanged
from service.errors import OutsideRange


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("bytes=0-0", (0, 1)),
        ("bytes=2-5", (2, 6)),
        ("bytes=2-", (2, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-300", (0, 10)),
        ("bytes=8-300", (8, 10)),
        ("Bytes= 1-2 ", (1, 3)),
        ("bytes=5-4", None),
        ("bytes=-", None),
        ("bytes=1-2,4-5", None),
        ("items=1-2", None),
        ("bytes=a-b", None),
        ("bytes=+1-2", None),
        ("bytes=١-٢", None),
        ("1-2", None),
    ],
)
def test_a_range_is_read_as_the_rfc_says(header: str | None, expected: tuple[int, int] | None) -> None:
    assert requested_range(header, 10) == expected


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=10-", 10), ("bytes=99-100", 10), ("bytes=-0", 10), ("bytes=0-", 0)]
)
def test_a_range_without_a_byte_is_refused(header: str, size: int) -> None:
    with pytest.raises(OutsideRange) as refusal:
        requested_range(header, size)
    assert refusal.value.size == size


@given(st.one_of(st.text(max_size=40), st.from_regex(r"bytes=\d{0,20}-\d{0,20}", fullmatch=True)), st.integers(0, 50))
def test_whatever_is_asked_lies_inside(header: str, size: int) -> None:
    try:
        found = requested_range(header, size)
    except OutsideRange:
        return
    assert found is None or 0 <= found[0] < found[1] <= size


@pytest.mark.parametrize(
    ("header", "same"),
    [(None, False), ("*", True), ('"a"', True), ('W/"a"', True), ('"b", "a"', True), ('"b"', False), ("a", False)],
)
def test_tags_that_the_caller_holds_are_compared_weakly(header: str | None, same: bool) -> None:
    assert unchanged(header, '"a"') is same
