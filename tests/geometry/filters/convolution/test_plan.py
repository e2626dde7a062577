import numpy as np
import pytest

from geometry.filters.convolution.plan import convolution_plan

OPTIONS = {
    "mode": "correlation",
    "stride": 1,
    "dilation": 1,
    "groups": 1,
    "padding": "same",
    "border": "constant",
    "fill": 0,
}


@pytest.mark.parametrize(
    ("dtype", "kernel", "output", "accumulator", "exponent"),
    [
        ("uint8", np.ones((3, 3)), "same", "float32", 0),
        ("uint8", np.ones((3, 3)) / 16, "same", "float32", 4),
        ("uint8", np.ones((3, 3)) * 3 / 2**24, "same", "float32", 24),
        ("uint8", np.full((3, 3), 2.0**15), "same", "float64", 0),
        ("uint8", np.full((3, 3), 2.0**60), "same", "float64", None),
        ("uint8", np.ones((3, 3)) / 9, "same", "float32", None),
        ("uint8", np.ones((3, 3)) * 30.1, "same", "float64", None),
        ("uint8", np.ones((3, 3)) * 30.1, "float32", "float32", None),
        ("uint8", np.ones((3, 3)), "float64", "float64", 0),
        ("uint16", np.ones((3, 3)) / 9, "same", "float64", None),
        ("int16", np.ones((3, 3)), "same", "float32", 0),
        ("int32", np.ones((3, 3)), "same", "float64", 0),
        ("int32", np.ones((3, 3)) / 9, "float32", "float64", None),
        ("float32", np.ones((3, 3)), "same", "float32", None),
        ("float32", np.ones((3, 3)), "float64", "float64", None),
        ("float32", np.ones((3, 3)) * 2.0**70, "same", "float64", None),
        ("float64", np.ones((3, 3)), "float32", "float64", None),
    ],
)
def test_arithmetic_is_as_documented(dtype, kernel, output, accumulator, exponent) -> None:
    plan = convolution_plan((9, 9, 1), np.dtype(dtype), kernel, output_dtype=output, **OPTIONS)
    assert plan.accumulator == accumulator
    assert plan.exponent == exponent
