import contextlib
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from service.arrays.pending import PendingArray
from service.errors import ServiceError, UnreadableBody, UnsupportedMedia
from service.media.npy import MEDIA_TYPE, npy_header, open_npy
from tests.service.media.files import npy_bytes, npy_file
from tests.service.media.files import npy_header as header_text

ACCEPTED = [
    "|b1",
    "|u1",
    "|i1",
    "<u2",
    ">u2",
    "<i2",
    "<i4",
    ">i4",
    "<u4",
    "<i8",
    "<u8",
    "<f2",
    "<f4",
    ">f4",
    "<f8",
    ">f8",
]


def opened(data: bytes) -> PendingArray:
    return open_npy(memoryview(data))


@pytest.mark.parametrize("descr", ACCEPTED)
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (0, 4), (2, 1, 3)])
def test_values_agree_with_numpy(descr: str, order: str, shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(3).integers(0, 2, shape).astype(descr, order=order)  # type: ignore[call-overload]
    pending = opened(npy_file(values))
    array = pending.load()
    assert pending.media_type == MEDIA_TYPE
    assert (pending.shape, pending.dtype) == (array.shape, array.dtype)
    assert array.shape == shape
    assert array.dtype.isnative
    np.testing.assert_array_equal(array, values)


def test_booleans_become_uint8_and_half_floats_float32() -> None:
    assert opened(npy_file(np.array([True, False]))).dtype == np.uint8
    assert opened(npy_file(np.zeros(2, np.float16))).dtype == np.float32


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_all_versions_of_the_format_are_read(version: tuple[int, int]) -> None:
    np.testing.assert_array_equal(opened(npy_file(np.arange(4.0), version)).load(), np.arange(4.0))


@given(
    arrays.arrays(
        st.sampled_from([np.dtype(d) for d in ACCEPTED]), arrays.array_shapes(min_dims=0, max_dims=4, min_side=0)
    ),
    st.booleans(),
)
@settings(derandomize=True, max_examples=150, deadline=None)
def test_whatever_numpy_writes_is_read_as_numpy_reads_it(array: np.ndarray, fortran: bool) -> None:  # type: ignore[type-arg]
    data = npy_file(np.asfortranarray(array) if fortran else array)
    expected = np.load(io.BytesIO(data), allow_pickle=False)
    found = opened(data).load()
    assert found.shape == expected.shape
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "descr",
    [
        "'|O'",
        "'O'",
        "'<c16'",
        "'<U4'",
        "'|S3'",
        "'<M8[s]'",
        "'<m8'",
        "'|V4'",
        "'<f16'",
        "'<i3'",
        "[('a', '<f8')]",
        "'<f88'",
    ],
)
def test_other_dtypes_are_unsupported(descr: str) -> None:
    with pytest.raises(UnsupportedMedia, match="pickled"):
        opened(npy_bytes(header_text(descr), bytes(16)))


@pytest.mark.parametrize(
    "shape",
    [
        "(1000000000,)",
        "(65536, 65536)",
        "(-2,)",
        "(2.0,)",
        "(2 2,)",
        "(,)",
        "(2,,)",
        "(9223372036854775807, 9223372036854775807)",
        "(" + "9" * 5000 + ",)",
        "(" + "2," * 60 + ")",
        "2",
        "None",
        "(0x2,)",
        "(2L,)",
        "[2]",
    ],
)
def test_shapes_that_are_wrong_or_lie_are_unreadable(shape: str) -> None:
    with pytest.raises(UnreadableBody):
        opened(npy_bytes(header_text(shape=shape), bytes(16)))


def test_a_promise_is_refused_with_both_lengths() -> None:
    with pytest.raises(UnreadableBody, match="promises 34359738368 bytes of values, 3 follow"):
        opened(npy_bytes(header_text(shape="(65536, 65536)"), b"123"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x93NUMPY",
        b"\x93NUMPY\x01\x00",
        b"PK\x03\x04" + bytes(20),
        npy_bytes(header_text(), bytes(16), version=4),
        npy_bytes(header_text(), bytes(16), length=60_000),
        npy_bytes("{'descr': '<f8'}", bytes(16)),
        npy_bytes("{'fortran_order': False, 'shape': (2,)}", bytes(16)),
        npy_bytes(header_text(order="1"), bytes(16)),
        npy_bytes("", bytes(16)),
        npy_bytes(header_text() + " " * 70_000, bytes(16), version=2),
        npy_bytes(header_text(), bytes(15)),
        npy_bytes(header_text(), bytes(17)),
    ],
)
def test_what_is_no_whole_npy_file_is_unreadable(data: bytes) -> None:
    with pytest.raises(UnreadableBody):
        opened(data)


@given(st.binary(max_size=300))
@settings(derandomize=True, max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for prefix in (b"", b"\x93NUMPY\x01\x00", b"\x93NUMPY\x01\x00\x40\x00{'descr': '<f4', "):
        with contextlib.suppress(ServiceError):
            opened(prefix + data).load()


@given(st.data())
@settings(derandomize=True, max_examples=300, deadline=None)
def test_mutated_files_are_read_or_refused(data: st.DataObject) -> None:
    mutated = bytearray(npy_file(np.arange(6, dtype="<f4").reshape(2, 3)))
    for _ in range(data.draw(st.integers(1, 4))):
        mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
    del mutated[data.draw(st.integers(1, len(mutated))) :]
    try:
        pending = opened(bytes(mutated))
        array = pending.load()
    except ServiceError:
        return
    assert (array.shape, array.dtype) == (pending.shape, pending.dtype)


def test_headers_are_written_as_numpy_writes_them() -> None:
    for array in (np.zeros((2, 3), np.float32), np.zeros((), np.uint8), np.zeros((0, 3, 3)), np.zeros(3, bool)):
        assert npy_header(array.shape, array.dtype) + array.tobytes() == npy_file(array)
