import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import to_json

from service.errors import ServiceError, UnreadableBody
from service.media.document import read_json

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(values)
@settings(derandomize=True, max_examples=80, deadline=None)
def test_json_is_read_as_it_was_written(value: Any) -> None:
    assert read_json(to_json(value), "the body") == value


@pytest.mark.parametrize(
    "text", [b'{"a": 1, "a": 2}', b'{"x": {"a": 1, "b": 2, "\\u0061": 3}}', b'[{"a":[{"b":1,"b":1}]}]']
)
def test_a_key_that_occurs_twice_is_refused_by_name(text: bytes) -> None:
    with pytest.raises(UnreadableBody, match=r"the body is not JSON: the key '[ab]' occurs twice"):
        read_json(text, "the body")


@pytest.mark.parametrize("text", [b'{"a\\":": 1, "b": "\\":", "c": ["x\\":y", {"d": 1}]}', b'{"a" \n : 1}'])
def test_text_that_only_looks_like_keys_does_no_harm(text: bytes) -> None:
    assert isinstance(read_json(text, "the body"), dict)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b'{"a": 1}}',
        b"{'a': 1}",
        b'{"a": 01}',
        b'{"a": +1}',
        b'{"a": 1,}',
        b"\xff\xfe",
        b'"\xc3\x28"',
        b'{"a": "\\ud800"}',
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a":' * 900 + b"1" + b"}" * 900,
        b'{"a": ' + b"9" * 10_000 + b"}",
        '{"a": 1}'.encode("utf-16"),
    ],
)
def test_what_is_no_json_is_unreadable(text: bytes) -> None:
    with pytest.raises(UnreadableBody, match=r"^the part params is not JSON"):
        read_json(text, "the part params")


def test_an_object_of_a_million_keys_is_not_parsed() -> None:
    with pytest.raises(UnreadableBody, match="more than 1000 keys"):
        read_json(b"{" + b",".join(b'"k%d":1' % n for n in range(1001)) + b"}", "the body")
    assert len(read_json(b"{" + b",".join(b'"k%d":1' % n for n in range(1000)) + b"}", "the body")) == 1000


def test_nan_and_infinity_are_read_for_fields_that_have_a_use_for_them() -> None:
    nan, infinity, large = read_json(b"[NaN, -Infinity, 1e400]", "the body")
    assert nan != nan
    assert (infinity, large) == (float("-inf"), float("inf"))


@given(st.binary(max_size=60))
@settings(derandomize=True, max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(ServiceError):
        read_json(data, "the body")
