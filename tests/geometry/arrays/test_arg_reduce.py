import numpy as np
import pytest

from geometry.arrays import arg_reduce
from geometry.errors import InvalidInput
from tests.naive import arrays as naive


@pytest.mark.parametrize("operation", ["max", "min"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int16, np.uint64, bool])
def test_agrees_with_a_loop_and_the_first_of_equal_ones_wins(operation: str, dtype) -> None:
    data = np.random.default_rng(0).integers(0, 4, (5, 3, 7)).astype(dtype)
    for axis in (-3, -1, 0, 1, 2):
        found = arg_reduce(data, axis=axis, operation=operation)
        assert found.values.dtype == dtype
        assert found.indices.dtype == np.int64
        moved = np.moveaxis(data, axis, -1)
        for place in np.ndindex(moved.shape[:-1]):
            value, index = naive.extreme(moved[place].tolist(), operation)
            assert (found.values[place], found.indices[place]) == (value, index)


def test_the_column_maxima_of_the_question() -> None:
    x = np.array([[0.51158246, 0.51214272, 0.1107923], [0.5210391, 0.85308284, 0.63227215]])
    found = arg_reduce(x, axis=0)
    assert found.values.tolist() == [0.5210391, 0.85308284, 0.63227215]
    assert found.indices.tolist() == [1, 1, 1]


def test_nan_loses_wins_or_is_refused() -> None:
    nan, inf = np.nan, np.inf
    data = np.array([[nan, 2.0, 3.0], [nan, nan, nan], [1.0, nan, 1.0], [nan, -inf, -inf], [nan, inf, inf]])
    ignored = arg_reduce(data, nan="ignore")
    assert ignored.indices.tolist() == [2, -1, 0, 1, 1]
    np.testing.assert_array_equal(ignored.values, [3, nan, 1, -inf, inf])
    least = arg_reduce(data, operation="min", nan="ignore")
    assert least.indices.tolist() == [1, -1, 0, 1, 1]
    propagated = arg_reduce(data, nan="propagate")
    assert propagated.indices.tolist() == [0, 0, 1, 0, 0]
    assert np.isnan(propagated.values).all()
    with pytest.raises(InvalidInput, match="data/0/0"):
        arg_reduce(data)


def test_arrays_of_nothing_give_nothing() -> None:
    found = arg_reduce(np.zeros((0, 3)))
    assert (found.values.shape, found.indices.shape) == ((0,), (0,))
    assert arg_reduce([3.0]).indices == 0


def test_bands_do_not_change_a_byte(bands: int) -> None:
    data = np.random.default_rng(1).normal(size=(50, 6))
    found = arg_reduce(data)
    assert found.indices.tobytes() == np.argmax(data, axis=1).tobytes()
    assert found.values.tobytes() == data.max(axis=1).tobytes()


@pytest.mark.parametrize(
    ("argument", "data", "options"),
    [
        ("data", 3.0, {}),
        ("data", np.zeros((3, 0)), {}),
        ("data", [1j], {}),
        ("data", [[1], [1, 2]], {}),
        ("axis", [1.0], {"axis": 1}),
        ("operation", [1.0], {"operation": "median"}),
        ("nan", [1.0], {"nan": "omit"}),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(argument: str, data, options) -> None:
    with pytest.raises(InvalidInput) as refused:
        arg_reduce(data, **options)
    assert refused.value.argument == argument
