import contextlib
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from safetensors.numpy import load, save

from service.errors import ServiceError, UnreadableBody, UnsupportedMedia
from service.media.safetensors import Tensors, open_safetensors, safetensors_header
from tests.service.media.files import safetensors_bytes, tensor

DTYPES = ["bool", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"]
TWO = {"a": tensor("F32", [2], 0, 8), "b": tensor("U8", [3], 8, 11)}


def opened(data: bytes) -> Tensors:
    return open_safetensors(memoryview(data))


@given(
    st.dictionaries(
        st.text(st.characters(codec="ascii", min_codepoint=33), min_size=1, max_size=5).filter(
            lambda name: name != "__metadata__"
        ),
        st.sampled_from([np.dtype(dtype) for dtype in DTYPES]).flatmap(
            lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
        ),
        max_size=4,
    )
)
@settings(derandomize=True, max_examples=100, deadline=None)
def test_what_the_reference_writes_is_read_as_it_reads_it(values: dict[str, Any]) -> None:
    data = save(values, metadata={"params": "{}"})
    tensors = opened(data)
    assert tensors.metadata == {"params": "{}"}
    expected = load(data)
    assert set(tensors.arrays) == set(expected)
    for name, pending in tensors.arrays.items():
        array = pending.load()
        assert (array.shape, array.dtype) == (pending.shape, pending.dtype)
        np.testing.assert_array_equal(array, expected[name])


def test_the_reference_reads_what_is_written() -> None:
    values = {"x": np.arange(6.0).reshape(2, 3), "m": np.array([True, False]), "e": np.zeros((0, 2), np.float32)}
    header = safetensors_header({name: (a.shape, a.dtype) for name, a in values.items()}, {"result": '{"ü": 1}'})
    assert len(header) % 8 == 0
    data = header + b"".join(array.tobytes() for array in values.values())
    for name, array in load(data).items():
        np.testing.assert_array_equal(array, values[name])
        assert array.dtype == values[name].dtype
    assert opened(data).metadata == {"result": '{"ü": 1}'}


@pytest.mark.parametrize(
    ("header", "follows"),
    [
        ({"a": tensor("F32", [2], 0, 8), "b": tensor("U8", [3], 7, 10)}, 10),  # overlap
        ({"a": tensor("F32", [2], 0, 8), "b": tensor("U8", [3], 9, 12)}, 12),  # hole
        ({"a": tensor("F32", [2], 1, 9)}, 9),  # hole before the first
        ({"a": tensor("F32", [2], 0, 8)}, 9),  # bytes behind the last
        ({"a": tensor("F32", [2], 0, 8)}, 7),  # bytes missing
        ({"a": tensor("F32", [2], 8, 0)}, 8),
        ({"a": tensor("F32", [2], -8, 0)}, 8),
        ({"a": tensor("F32", [3], 0, 8)}, 8),
        ({"a": tensor("F32", [2**62, 4], 0, 8)}, 8),
        ({"a": tensor("F32", [2**63], 0, 8)}, 8),
        ({"a": tensor("F32", [-2], 0, 8)}, 8),
        ({"a": tensor("F32", [2.0], 0, 8)}, 8),
        ({"a": tensor("F32", ["2"], 0, 8)}, 8),
        ({"a": tensor("U8", [True], 0, 1)}, 1),
        ({"a": tensor("U8", [1], False, True)}, 1),
        ({"a": tensor("U8", [1] * 40, 0, 1)}, 1),
        ({"a": tensor("F32", [2], 0, 8.0)}, 8),
        ({"a": tensor("F32", [2], 0, None)}, 8),
        ({"a": {**tensor("F32", [2], 0, 8), "extra": 1}}, 8),
        ({"a": {"dtype": "F32", "shape": [2]}}, 8),
        ({"a": [1, 2]}, 8),
        ({"a": None}, 8),
        ({"__metadata__": {"a": 1}}, 0),
        ({"__metadata__": ["a"]}, 0),
        ([], 0),
        (5, 0),
        (b'{"a": {"dtype":"U8","shape":[1],"data_offsets":[0,1]}, "a": 5}', 1),
        (b'{"a": {"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1),
        (b'{"\\ud800": {"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1),
        (b'{"__metadata__": {"params": "\\udfff"}}', 0),
        (b'{"a": \xff}', 0),
        ('{"a": 1}'.encode("utf-16"), 0),
        (b"{", 0),
        (b"", 0),
        (b"[" * 60_000, 0),
        (b'{"a":{"dtype":"U8","shape":[' + b"1" * 5000 + b'],"data_offsets":[0,1]}}', 1),
    ],
)
def test_headers_that_are_wrong_or_lie_are_unreadable(header: Any, follows: int) -> None:
    with pytest.raises(UnreadableBody):
        opened(safetensors_bytes(header, bytes(follows)))


@pytest.mark.parametrize("dtype", ["BF16", "F16", "F8_E4M3", "C64", "", "f32"])
def test_other_dtypes_are_unsupported(dtype: str) -> None:
    with pytest.raises(UnsupportedMedia, match="F64"):
        opened(safetensors_bytes({"a": tensor(dtype, [0], 0, 0)}))


@pytest.mark.parametrize("length", [65_537, 2**40, 2**63, 2**64 - 1])
def test_a_header_longer_than_64_kib_is_not_looked_at(length: int) -> None:
    with pytest.raises(UnreadableBody, match="64 KiB"):
        opened(safetensors_bytes(TWO, bytes(11), length=length))


def test_what_is_shorter_than_its_length_field_is_unreadable() -> None:
    for size in range(8):
        with pytest.raises(UnreadableBody):
            opened(bytes(size))


def test_arrays_may_come_in_any_order_of_names() -> None:
    tensors = opened(safetensors_bytes(dict(reversed(TWO.items())), np.float32([1, 2]).tobytes() + b"\1\2\3"))
    assert tensors.arrays["a"].load().tolist() == [1.0, 2.0]
    assert tensors.arrays["b"].load().tolist() == [1, 2, 3]


@given(st.binary(max_size=200))
@settings(derandomize=True, max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for body in (data, safetensors_bytes(data), safetensors_bytes(b'{"a":' + data + b"}", b"\0")):
        with contextlib.suppress(ServiceError):
            opened(body)


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.sampled_from(["F32", "U8"])
entries = st.fixed_dictionaries({}, optional={name: leaves | st.lists(leaves, max_size=3) for name in TWO["a"]})


@given(st.dictionaries(st.text(max_size=3) | st.just("__metadata__"), entries | leaves, max_size=3))
@settings(derandomize=True, max_examples=200, deadline=None)
def test_any_header_is_read_or_refused(header: dict[str, Any]) -> None:
    try:
        for pending in opened(safetensors_bytes(json.dumps(header).encode(), bytes(8))).arrays.values():
            pending.load()
    except ServiceError:
        pass
