"""Vectors in kernels: what the compiler makes of them is what numpy computes."""

from typing import Any

import numba
import numpy as np
import pytest

from geometry.lanes import (
    LANES,
    Operand,
    across,
    cast,
    floor,
    interleave,
    lanes,
    load,
    multiply_add,
    nearest_whole,
    pick,
    prefetch,
    ramp,
    reinterpret,
    select,
    store,
)
from geometry.masks import first_lane, load_where, mask_bits, mask_of, store_where

pytestmark = pytest.mark.jit


@lanes
def _whole_numbers(i: Operand, a: Operand, b: Operand, out: Operand) -> None:
    x, y = load(a, i), load(b, i)
    store(out, i, x + y * 3 - 7)
    store(out, i + LANES, 100 - x)
    store(out, i + 2 * LANES, (x & 255) | (y << 9))
    store(out, i + 3 * LANES, x >> 3)
    store(out, i + 4 * LANES, select(x > y, x, y))
    store(out, i + 5 * LANES, select(x < 5, 5, x))
    store(out, i + 6 * LANES, cast(ramp(i), x.dtype) + x)
    prefetch(a, i + 10_000)


@lanes
def _real_numbers(i: Operand, a: Operand, scale: Operand, out: Operand) -> None:
    x = load(a, i)
    store(out, i, multiply_add(x, scale, 1.0))
    store(out, i + LANES, floor(x))
    store(out, i + 2 * LANES, 1.0 / (x * x + 2.0))
    store(out, i + 3 * LANES, (2.0 - x) / scale)
    store(out, i + 4 * LANES, pick(x, range(LANES - 1, -1, -1)))
    store(out, i + 5 * LANES, multiply_add(pick(x, [3]), 2.0, x))


@lanes
def _conversions(data: Operand, at: Operand, reals: Operand, words: Operand) -> None:
    raw = load(data, at)
    store(reals, 0, cast(raw, np.float32))
    store(reals, LANES, cast(cast(raw, np.float64) * 0.5, np.float32))
    store(reals, 2 * LANES, cast(cast(load(reals, LANES), np.int32), np.float32))
    wide = load(data, at + 1, 4, np.uint64)
    store(words, 0, wide)
    store(words, 4, reinterpret(pick(reinterpret(wide, np.uint32), [7, 6, 5, 4, 3, 2, 1, 0]), np.uint64))
    store(words, 8, load(data, at + 3, 1, np.uint64))


@lanes
def _woven(a: Operand, out: Operand) -> None:
    store(out, 0, interleave([load(a, 4 * k, 4) for k in range(4)]))


@lanes
def _masked(begin: Operand, a: Operand, b: Operand, wanted: Operand, out: Operand, found: Operand) -> Operand:
    numbers, mask = load(b, 0), mask_of(wanted)
    store_where(mask, out, begin, load_where(mask, a, begin, numbers) + numbers)
    store(found, 0, first_lane(wanted))
    for at, operation in enumerate(("min", "max", "add")):
        store(found, 1 + at, across(operation, numbers))
        store(found, 4 + at, reinterpret(across(operation, reinterpret(numbers, np.uint32)), np.int32))
    return mask_bits(numbers == load(b, 0, 1)) | (mask_bits(numbers > 0) << LANES)


@lanes
def _halves(a: Operand, out: Operand) -> None:
    store(out, 0, nearest_whole(load(a, 0)))


def run(piece: Any, signature: str, *arguments: Any) -> None:
    """Call a piece from a kernel."""
    names = ", ".join(f"a{k}" for k in range(len(arguments)))
    namespace: dict[str, Any] = {"piece": piece}
    exec(f"def kernel({names}):\n    piece({names})\n", namespace)  # numba needs the number of arguments in the source
    numba.njit(signature, error_model="numpy")(namespace["kernel"])(*arguments)


@pytest.mark.parametrize(("name", "dtype"), [("i4", np.int32), ("u4", np.uint32)])
def test_whole_numbers(name: str, dtype: type) -> None:
    rng = np.random.default_rng(0)
    a, b = (rng.integers(0, 10_000, 3 * LANES).astype(dtype) for _ in range(2))
    compiled, interpreted = np.zeros((2, 10 * LANES), dtype)
    if dtype is np.int32:
        a -= 5000
    run(_whole_numbers, f"void(i8,{name}[::1],{name}[::1],{name}[::1])", 5, a, b, compiled)
    with np.errstate(over="ignore"):
        _whole_numbers.py_func(5, a, b, interpreted)
    np.testing.assert_array_equal(compiled, interpreted)
    np.testing.assert_array_equal(compiled[5 : 5 + LANES], a[5 : 5 + LANES] + b[5 : 5 + LANES] * 3 - 7)


@pytest.mark.parametrize(("name", "dtype"), [("f4", np.float32), ("f8", np.float64)])
def test_real_numbers(name: str, dtype: type) -> None:
    a = np.random.default_rng(1).normal(0, 10, 3 * LANES).astype(dtype)
    compiled, interpreted = np.zeros((2, 10 * LANES), dtype)
    run(_real_numbers, f"void(i8,{name}[::1],{name},{name}[::1])", 7, a, dtype(1.7), compiled)
    _real_numbers.py_func(7, a, dtype(1.7), interpreted)
    np.testing.assert_allclose(compiled, interpreted, rtol=2 * np.finfo(dtype).eps, atol=0)  # products fused with sums
    np.testing.assert_array_equal(compiled[7 + LANES : 7 + 2 * LANES], np.floor(a[7 : 7 + LANES]))


def test_conversions_and_unaligned_words() -> None:
    data = np.random.default_rng(2).integers(0, 256, 80).astype(np.uint8)
    results = []
    for compiled in (True, False):
        reals, words = np.zeros(3 * LANES, np.float32), np.zeros(10, np.uint64)
        if compiled:
            run(_conversions, "void(u1[::1],i8,f4[::1],u8[::1])", data, 13, reals, words)
        else:
            _conversions.py_func(data, 13, reals, words)
        results.append((reals, words))
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)
    assert results[0][1][0] == int.from_bytes(data[14:22].tobytes(), "little")
    assert results[0][1][8] == int.from_bytes(data[16:24].tobytes(), "little")


def test_woven_vectors_take_turns() -> None:
    a = np.arange(16.0)
    compiled, interpreted = np.zeros((2, 16))
    run(_woven, "void(f8[::1],f8[::1])", a, compiled)
    _woven.py_func(a, interpreted)
    np.testing.assert_array_equal(compiled, a.reshape(4, 4).T.reshape(-1))
    np.testing.assert_array_equal(compiled, interpreted)


def test_numbers_of_different_dtypes_do_not_mix() -> None:
    @lanes
    def mixed(a: Operand, b: Operand) -> None:
        store(a, 0, load(a, 0) + load(b, 0))

    with pytest.raises(Exception, match="operands are float64 and int32"):
        run(mixed, "void(f8[::1],i4[::1])", np.zeros(16), np.zeros(16, np.int32))


@pytest.mark.parametrize("wanted", [1, 0x8000, 0xFFFF, 0x1234])
def test_masks(wanted: int) -> None:
    """Lanes before the first and after the last that is wanted lie outside of the arrays."""

    @numba.njit("u4(i8,i4[::1],i4[::1],u4,i4[::1],i4[::1])", error_model="numpy")
    def kernel(begin, a, b, wanted, out, found):  # type: ignore[no-untyped-def]
        return _masked(begin, a, b, wanted, out, found)

    wants = np.flatnonzero(wanted >> np.arange(LANES) & 1)
    begin, places = -int(wants[0]), wants - wants[0]
    a = np.arange(100, 101 + places[-1], dtype=np.int32)
    b = np.random.default_rng(3).integers(-3, 3, LANES).astype(np.int32)
    for piece in (kernel, _masked.py_func):
        around, found = np.full(3 * LANES, 77, np.int32), np.zeros(7, np.int32)
        out = around[LANES : LANES + len(a)]
        bits = int(piece(begin, a, b, np.uint32(wanted), out, found))
        expected = np.full(3 * LANES, 77)
        expected[LANES + places] = a[places] + b[wants]
        np.testing.assert_array_equal(around, expected)
        unsigned = b.view(np.uint32)
        sums = [
            b.min(),
            b.max(),
            b.sum(),
            *(x.astype(np.uint32).view(np.int32) for x in (unsigned.min(), unsigned.max())),
        ]
        assert found.tolist() == [wants[0], *sums, b.sum()]
        marks = np.concatenate([b == b[0], b > 0])
        assert bits == sum(1 << int(at) for at in np.flatnonzero(marks))


def test_halves_go_to_even() -> None:
    a = np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.4, 2.6, 0, 1, 2, 3, 4, 5, 6, 7], np.float32)
    out = np.zeros(LANES, np.float32)
    run(_halves, "void(f4[::1],f4[::1])", a, out)
    np.testing.assert_array_equal(out, np.rint(a))
    _halves.py_func(a, out)
    np.testing.assert_array_equal(out, np.rint(a))
