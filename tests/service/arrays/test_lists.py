from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.arrays.lists import array_from_list, exact_cast
from service.errors import InvalidParams

numbers = st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False)


def fault(value: Any, dtype: str = "float64", *, null_is_nan: bool = False) -> tuple[str, str]:
    with pytest.raises(InvalidParams) as refused:
        array_from_list(value, dtype, null_is_nan=null_is_nan)
    (found,) = refused.value.faults
    return found.pointer, found.detail


@pytest.mark.parametrize(
    ("value", "shape"), [(7, ()), ([], (0,)), ([[], []], (2, 0)), ([[1, 2.5, 3]], (1, 3)), ([[[1]], [[2]]], (2, 1, 1))]
)
def test_numbers_in_nested_lists_become_an_array(value: Any, shape: tuple[int, ...]) -> None:
    array = array_from_list(value, "float64", null_is_nan=False)
    assert array.dtype == np.float64
    np.testing.assert_array_equal(array, np.array(value, np.float64).reshape(shape))


@given(st.lists(st.lists(numbers, min_size=3, max_size=3), min_size=1, max_size=5))
@settings(derandomize=True, max_examples=100, deadline=None)
def test_floats_keep_every_bit(value: list[list[float]]) -> None:
    assert array_from_list(value, "float64", null_is_nan=False).tolist() == [[float(x) for x in row] for row in value]


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63), 2**53 + 1])
def test_whole_numbers_keep_all_64_bits(value: int) -> None:
    assert array_from_list([value], "int64", null_is_nan=False).tolist() == [value]


@pytest.mark.parametrize("dtype", ["int64", "uint8"])
def test_lists_of_unequal_lengths_are_a_mistake_in_whole_numbers_too(dtype: str) -> None:
    assert fault([[1, 2], []], dtype) == ("/1", "has 0 entries where its neighbours have 2")
    assert fault([[[], [1]]], dtype) == ("/0/1", "has 1 entries where its neighbours have 0")
    assert array_from_list([[[], []]], dtype, null_is_nan=False).shape == (1, 2, 0)


def test_whole_numbers_beyond_64_bits_are_floats_where_floats_are_asked_for() -> None:
    assert array_from_list([2**70, -1], "float64", null_is_nan=False).tolist() == [2.0**70, -1.0]


def test_null_is_nan_only_where_the_field_says_so() -> None:
    assert np.isnan(array_from_list([1, None], "float64", null_is_nan=True)).tolist() == [False, True]
    assert fault([1, None]) == ("/1", "must be a number, came as null")
    assert fault([1, None], "uint8", null_is_nan=True)[0] == "/1"


@pytest.mark.parametrize("null_is_nan", [False, True])
@pytest.mark.parametrize(
    ("value", "pointer", "words"),
    [
        ([[1, True]], "/0/1", "a boolean"),
        ([[False]], "/0/0", "a boolean"),
        ([["1"]], "/0/0", "a string"),
        ([1, {"x": 1}], "/1", "an object"),
        ({"x": 1}, "", "an object"),
        ("abc", "", "a string"),
        ([[1, 2], [3]], "/1", "1 entries where its neighbours have 2"),
        ([[1, 2], 3], "/1", "must be a list of 2 entries"),
        ([1, [2]], "/1", "equally deep"),
        ([[1, 2], [3, [4]]], "/1/1", "equally deep"),
        ([[1, 2], [3, 10**400]], "/1/1", "larger than float64 holds"),
    ],
)
def test_the_first_mistake_is_named_with_its_place(value: Any, pointer: str, words: str, *, null_is_nan: bool) -> None:
    found, detail = fault(value, null_is_nan=null_is_nan)
    assert found == pointer
    assert words in detail


@pytest.mark.parametrize(
    ("value", "dtype", "pointer"),
    [
        ([[0, 256]], "uint8", "/0/1"),
        ([-1], "uint16", "/0"),
        ([1.5], "int32", "/0"),
        ([[1.0, float("nan")]], "int64", "/0/1"),
        ([2**63], "int64", "/0"),
        ([1.0, 2.0**63], "int64", "/1"),
        ([2**64], "uint64", "/0"),
        ([1.0, 2.0**64], "uint64", "/1"),
        (300, "uint8", ""),
        ([1e39], "float32", "/0"),
        ([1, 10**39], "float32", "/1"),
    ],
)
def test_values_that_the_dtype_cannot_hold_are_refused(value: Any, dtype: str, pointer: str) -> None:
    found, detail = fault(value, dtype)
    assert found == pointer
    assert detail.startswith("must be a")


def test_infinity_stays_infinity_in_every_float() -> None:
    assert exact_cast(np.array([np.inf, -np.inf]), "float32").tolist() == [np.inf, -np.inf]


def test_nesting_deeper_than_numpy_goes_is_refused() -> None:
    value: Any = 1
    for _ in range(100):
        value = [value]
    assert fault(value) == ("", "must be nested lists of numbers, at most 64 deep")


@given(st.lists(st.lists(numbers, min_size=4, max_size=4), min_size=1, max_size=4), st.data())
@settings(derandomize=True, max_examples=100, deadline=None)
def test_the_pointer_leads_to_what_is_wrong(value: list[list[Any]], data: st.DataObject) -> None:
    row, column = data.draw(st.integers(0, len(value) - 1)), data.draw(st.integers(0, 3))
    value[row][column] = data.draw(st.sampled_from(["x", True, {}, [1], None]))
    pointer, _ = fault(value)
    # A list first in its array is taken as the shape that the others break; any other mistake is found where it is.
    if (row, column) == (0, 0) and isinstance(value[0][0], list):
        assert pointer == "/0/1"
    else:
        assert pointer == f"/{row}/{column}"
