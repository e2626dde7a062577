import numpy as np
import pytest

from geometry.filters.keys import Keys, pixel
from geometry.inputs import PIXEL_DTYPES

VALUES = {"f": [-np.inf, -2.5, -1e-40, 0.0, 1e-40, 3.0, np.inf], "i": [-3, -1, 0, 1, 3], "u": [0, 1, 7]}


def every_value(dtype):
    values = VALUES[np.dtype(dtype).kind]
    if np.dtype(dtype).kind == "f":
        return np.array([*values[:1], -np.finfo(dtype).max, *values[1:-1], np.finfo(dtype).max, values[-1]], dtype)
    info = np.iinfo(dtype)
    return np.unique(np.array([info.min, *values, info.max], dtype))


@pytest.mark.parametrize("dtype", PIXEL_DTYPES)
@pytest.mark.parametrize("lowest", [False, True])
def test_keys_are_in_the_order_of_what_wins_and_know_their_pixels(dtype: str, lowest: bool) -> None:
    keys = Keys(np.dtype(dtype), lowest)
    values = every_value(dtype)
    encoded = keys.encoded(values[::-1] if lowest else values)
    assert (np.diff(encoded.astype(object)) > 0).all()
    marks = keys.marks(None, 1)
    back = np.array([pixel(key, marks) for key in encoded]).astype(keys.word).view(dtype)
    assert np.array_equal(back, values[::-1] if lowest else values)
    assert keys.marks(None, 2)[-2:].tolist() == [encoded[0]] * 2
    assert keys.loser == (values[-1] if lowest else values[0])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("lowest", [False, True])
def test_nan_has_the_greatest_key_and_zeros_are_equal(dtype: str, lowest: bool) -> None:
    keys = Keys(np.dtype(dtype), lowest)
    negative = np.copysign(np.array([np.nan, 0.0], dtype), np.array(-1, dtype))
    encoded = keys.encoded(np.concatenate([every_value(dtype), np.array([np.nan, 0.0], dtype), negative]))
    assert encoded[-4] == encoded[-2] > encoded[:-4].max()
    assert encoded[-3] == encoded[-1]
    assert np.isnan(np.array([pixel(encoded[-4], keys.marks(None, 1))]).astype(keys.word).view(dtype)).all()
