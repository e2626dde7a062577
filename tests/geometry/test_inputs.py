import numpy as np
import pytest

from geometry.errors import InvalidInput
from geometry.inputs import choice, extent, finite_number, kernel_view, pixels, real_array

SAMPLE = np.arange(24, dtype=np.float64).reshape(2, 3, 4)


def read_only(array: np.ndarray) -> np.ndarray:
    array = array.copy()
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    "array",
    [SAMPLE, np.asfortranarray(SAMPLE), SAMPLE.astype(">f8"), SAMPLE[:, ::-1], read_only(SAMPLE), SAMPLE[:0]],
    ids=["plain", "fortran", "big-endian", "reversed", "read-only", "empty"],
)
def test_a_kernel_view_has_the_same_values_in_plain_memory(array: np.ndarray) -> None:
    view = kernel_view(array)
    assert (view == array).all()
    assert view.flags.c_contiguous
    assert view.flags.writeable
    assert view.flags.aligned
    assert view.dtype.isnative


def test_a_kernel_view_of_read_only_memory_is_not_a_copy_and_keeps_it_alive() -> None:
    array = read_only(SAMPLE)
    view = kernel_view(array)
    assert np.shares_memory(view, array)
    del array
    assert (view == SAMPLE).all()


def test_unaligned_memory_is_copied() -> None:
    raw = np.zeros(8 * 4 + 1, np.uint8)
    unaligned = raw[1:].view(np.float64)
    assert kernel_view(unaligned).flags.aligned


def test_a_grey_image_gets_one_channel() -> None:
    assert pixels(np.zeros((4, 5), np.uint8)).shape == (4, 5, 1)
    assert pixels(np.zeros((4, 5), bool)).dtype == np.uint8


@pytest.mark.parametrize(
    ("image", "match"),
    [
        (np.zeros(3, np.uint8), "shape"),
        (np.zeros((0, 3), np.uint8), "empty"),
        (np.zeros((2, 2), np.complex128), "complex128"),
        (np.zeros((2, 2), np.int64), "int64"),
    ],
)
def test_what_is_no_image_is_refused(image: np.ndarray, match: str) -> None:
    with pytest.raises(InvalidInput, match=match):
        pixels(image)


@pytest.mark.parametrize(
    ("value", "argument", "match"),
    [
        ([[1, 2], [3]], "m", "rectangular"),
        ([["a", "b"]], "m", "real numbers"),
        ([1, 2, 3], "m", r"shape \(2, N\)"),
        ([[1, np.nan], [0, 0]], "m/0/1", "finite"),
    ],
)
def test_what_is_no_matrix_is_refused_by_place(value: object, argument: str, match: str) -> None:
    with pytest.raises(InvalidInput, match=match) as caught:
        real_array(value, "m", (2, "N"))  # type: ignore[arg-type]
    assert caught.value.argument == argument


def test_finiteness_may_be_waived() -> None:
    assert np.isnan(real_array([[np.nan], [1]], "m", (2, "N"), finite=False)[0, 0])


@pytest.mark.parametrize("size", [(0, 1), (1,), (1.5, 2), "ab", 3, (1, -2)])
def test_what_is_no_size_is_refused(size: object) -> None:
    with pytest.raises(InvalidInput):
        extent(size)  # type: ignore[arg-type]


def test_sizes_choices_and_numbers_pass_through() -> None:
    assert extent((3, 4)) == (3, 4)
    assert choice("a", "name", ("a", "b")) == "a"
    assert finite_number(2, "x") == 2.0


@pytest.mark.parametrize("value", ["x", None, float("nan"), float("inf")])
def test_what_is_no_finite_number_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput):
        finite_number(value, "x")  # type: ignore[arg-type]


def test_an_unknown_choice_names_what_there_is() -> None:
    with pytest.raises(InvalidInput, match="one of a, b"):
        choice("c", "name", ("a", "b"))


@pytest.mark.parametrize(
    "reader", [lambda value: pixels(value, "given"), lambda value: real_array(value, "given", ("M",))]
)
def test_lists_of_different_lengths_are_named(reader):
    with pytest.raises(InvalidInput, match="not a rectangular array") as caught:
        reader([[1, 2], [3]])
    assert caught.value.argument == "given"
