"""Expressions over windows against the definition, pixel by pixel."""

import numba
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geometry import InvalidInput, neighbourhood, neighbourhood_program, program_cache
from geometry.filters.border import BORDERS
from tests.geometry.filters.neighbourhood.expressions import expressions
from tests.naive import neighbourhood as naive

EXAMPLES = 60 if numba.config.DISABLE_JIT else 150

ISSUED = [
    "max(w) - min(w)",
    "mean(w) > 0.5",
    "median(w)",
    "sum(abs(w - w[0,0]) < 10) >= 5",
    "where(w[0,0] == max(w), w[0,0], 0)",
    "max(where(element, w, -inf))",
    "min(where(element, w, inf))",
    "max(w + element)",
    "argmax(w) + argmin(w)",
    "var(w)",
    "all(w >= w[0,0]) or any(w == 7)",
    "count(w % 3 == 1 and w // 2 > 3)",
    "sum(dx * w)",
    "(sum(w > 3) < 4) | ~(w[0,0] < 9)",
    "1 <= w[0, 0] <= 100",
    "5",
    "w[0, 0]",
    "w[-1, 1]",
    "-w[0,0] ** 2",
    "2 ** 3 - w[0,0]",
    "w[0, 0] ** 0",
    "median(w - w[0, 0])",
    "True",
]
CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]])


def images(seed, shape, dtype="uint8", high=20):
    """A whole-number image."""
    return np.random.default_rng(seed).integers(0, high, shape).astype(dtype)


def rounded(values, dtype):
    """As integers are written: half to even, saturated, 0 for NaN."""
    if np.dtype(dtype).kind == "f":
        return values.astype(dtype)
    info = np.iinfo(dtype)
    return np.clip(
        np.rint(np.nan_to_num(values, nan=0.0, posinf=info.max, neginf=info.min)), info.min, info.max
    ).astype(dtype)


@pytest.mark.parametrize("expression", ISSUED)
@pytest.mark.parametrize("dtype", ["uint8", "float32", "int32"])
def test_examples_agree_with_the_definition(expression: str, dtype: str) -> None:
    image = images(1, (6, 9, 2), dtype)
    element = CROSS if "element" in expression else None
    out = neighbourhood(image, expression, element=element, border="reflect")
    expected = naive.neighbourhood(image, expression, (3, 3), element=element, border="reflect")
    # Whole numbers of this size are exact in every order; the variance of floats is not, by a few roundings.
    tolerance = 1e-5 if dtype == "float32" and "var" in expression else 0
    np.testing.assert_allclose(out, rounded(expected, out.dtype), rtol=tolerance)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_random_expressions_agree_with_the_definition(data: st.DataObject) -> None:
    window = data.draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    expression = data.draw(expressions(window))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    shape = data.draw(st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 2)))
    image, second = rng.integers(-3, 6, (2, *shape)).astype(data.draw(st.sampled_from(("int16", "float64"))))
    element = rng.integers(-1, 3, window)
    border = data.draw(st.sampled_from(BORDERS))
    out = neighbourhood(
        image, expression, window=window, second=second, element=element, border=border, fill=2, output_dtype="float64"
    )
    expected = naive.neighbourhood(image, expression, window, second=second, element=element, border=border, fill=2)
    np.testing.assert_array_equal(out, expected, err_msg=expression)


@pytest.mark.parametrize("window", [(1, 1), (1, 2), (3, 3), (5, 5), (4, 4), (2, 7), (6, 1), (7, 5)])
@pytest.mark.parametrize("reduction", ["median(w)", "sum(w)", "max(w) - min(w)", "median(w * element)"])
def test_windows_of_every_shape_are_reduced_exactly(window: tuple[int, int], reduction: str) -> None:
    image = images(2, (5, 6, 1), "int16", 1000)
    element = np.arange(window[0] * window[1]).reshape(window) % 5
    options = {"element": element} if "element" in reduction else {}
    out = neighbourhood(image, reduction, window=window, border="wrap", output_dtype="float64", **options)
    expected = naive.neighbourhood(image, reduction, window, border="wrap", **options)
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 5, 3), (4, 1, 1), (3, 4, 5)])
def test_windows_may_be_larger_than_the_image(border: str, shape: tuple[int, ...]) -> None:
    image = images(3, shape, "uint16", 60_000)
    expression = "max(w) - w[3, -4] / 2 + mean(w)"
    out = neighbourhood(image, expression, window=(9, 11), border=border, fill=7)
    expected = naive.neighbourhood(image, expression, (9, 11), border=border, fill=7)
    np.testing.assert_allclose(out, rounded(expected, "uint16"), atol=1)  # a tie may round either way


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int32", "float32", "float64"])
def test_curves_are_those_of_numpy(dtype: str) -> None:
    image = images(4, (7, 8), dtype, 30)
    out = neighbourhood(image, "exp(-w[0,0] / 7) + log(w[0,1] + 1) * sqrt(w[0,0])", output_dtype="float64")
    single = neighbourhood(image, "exp(-w[0,0] / 7) + log(w[0,1] + 1) * sqrt(w[0,0])", output_dtype="float32")
    right = np.pad(image.astype(float), ((0, 0), (0, 1)))[:, 1:]
    expected = np.exp(image.astype(float) / -7) + np.log(right + 1) * np.sqrt(image.astype(float))
    np.testing.assert_allclose(out, expected, rtol=1e-14)  # each function within two units in the last place
    np.testing.assert_allclose(single, expected, rtol=2e-6)  # the same in float32, added up


def test_results_do_not_depend_on_the_bands(bands: int) -> None:
    image = np.random.default_rng(5).normal(size=(23, 31, 2)).astype(np.float32)
    expression = "mean(w) - median(w) + exp(w[0,0]) * std(w)"
    from geometry.bands import band_count

    with band_count(1):
        expected = neighbourhood(image, expression, window=(5, 3), border="reflect_101")
    assert neighbourhood(image, expression, window=(5, 3), border="reflect_101").tobytes() == expected.tobytes()


def test_shifted_images_give_shifted_results() -> None:
    image = np.random.default_rng(6).normal(size=(12, 15))
    expression = "sum(w * dx) + median(w) - argmax(w)"
    out = neighbourhood(image, expression, border="wrap")
    moved = neighbourhood(np.roll(image, (2, -3), (0, 1)), expression, border="wrap")
    np.testing.assert_array_equal(np.roll(out, (2, -3), (0, 1)), moved)


def test_two_images_give_a_normalized_cross_correlation() -> None:
    rng = np.random.default_rng(7)
    image, second = rng.normal(size=(2, 6, 7)) * [[[1.0]], [[3.0]]] + [[[0.0]], [[5.0]]]
    expression = "(mean(w * v) - mean(w) * mean(v)) / sqrt((mean(w * w) - mean(w) ** 2) * (mean(v * v) - mean(v) ** 2))"
    out = neighbourhood(image, expression, second=second, border="reflect")
    for y, x in ((0, 0), (3, 4), (5, 6)):
        rows, columns = np.clip(np.arange(y - 1, y + 2), 0, 5), np.clip(np.arange(x - 1, x + 2), 0, 6)
        a, b = image[np.ix_(rows, columns)].ravel(), second[np.ix_(rows, columns)].ravel()
        # The one-pass form loses about (mean / deviation)² of the digits, here some 10.
        np.testing.assert_allclose(out[y, x], np.corrcoef(a, b)[0, 1], rtol=1e-12)
    np.testing.assert_allclose(neighbourhood(image, expression, second=2 * image + 1, border="wrap"), 1, rtol=1e-12)


def test_a_joint_bilateral_filter_of_a_constant_is_the_constant() -> None:
    guide = images(8, (6, 6), "uint8", 255)
    image = np.full((6, 6), 37.0, np.float32)
    weights = "exp(-(v - v[0,0]) ** 2 / 800 - (dx ** 2 + dy ** 2) / 2)"
    out = neighbourhood(image, f"sum({weights} * w) / sum({weights})", second=guide, window=5, border="reflect")
    np.testing.assert_allclose(out, 37, rtol=1e-6)  # numerator and denominator: 25 roundings of 2^-24 each


def test_the_decorated_dilation_and_erosion_of_the_question() -> None:
    """`convolve(func)` with `mean(logical_and(window, B)) > 0` and `== 1`, over windows of zeros beyond the border."""
    image = images(9, (14, 17), "uint8", 3) // 2
    block = np.ones((3, 3))
    framed = np.pad(image, 1)
    for written, decide in (
        ("mean(w and element) > 0", lambda mean: mean > 0),
        ("mean(w and element) == 1", lambda mean: mean == 1),
    ):
        expected = [
            [decide(np.mean(np.logical_and(framed[y : y + 3, x : x + 3], block))) for x in range(17)] for y in range(14)
        ]
        out = neighbourhood(image, written, element=block)
        assert out.dtype == np.uint8
        np.testing.assert_array_equal(out, expected)


def test_the_embossing_of_the_question() -> None:
    kernel = np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]])
    image = images(10, (8, 9), "uint8", 256)
    framed = np.pad(image.astype(float), 1)
    expected = sum(kernel[i, j] * framed[i : i + 8, j : j + 9] for i in range(3) for j in range(3))
    out = neighbourhood(image, "sum(w * element)", element=kernel, output_dtype="int16")
    np.testing.assert_array_equal(out, expected)


def test_the_dtype_follows_the_outermost_operation() -> None:
    image = images(11, (3, 3), "uint16")
    for expression, dtype in (
        ("w[0,0] > 3", "uint8"),
        ("not w[0,0]", "uint8"),
        ("any(w)", "uint8"),
        ("max(w)", "uint16"),
    ):
        assert neighbourhood(image, expression).dtype == dtype
        assert neighbourhood_program(expression, (3, 3), "uint16").output_dtype == dtype
    assert neighbourhood(image, "w[0,0] > 3", output_dtype="same").dtype == np.uint16
    assert neighbourhood(image, "w[0,0] / 2", output_dtype="float32").dtype == np.float32


def test_whole_numbers_saturate_round_to_even_and_have_no_nan() -> None:
    image = np.array([[1, 2, 3, 5]], np.uint8)
    np.testing.assert_array_equal(neighbourhood(image, "w[0,0] / 2"), [[0, 1, 2, 2]])
    np.testing.assert_array_equal(neighbourhood(image, "w[0,0] * 100 - 150"), [[0, 50, 150, 255]])
    np.testing.assert_array_equal(neighbourhood(image, "0 / (w[0,0] - 2)"), [[0, 0, 0, 0]])
    np.testing.assert_array_equal(neighbourhood(image, "1 / (w[0,0] - 2)"), [[0, 255, 1, 0]])


def test_nan_reaches_reductions_and_fails_comparisons() -> None:
    image = np.array([[1.0, np.nan, 3.0, 4.0, 5.0]])
    nan = np.nan
    for expression in ("sum(w)", "min(w)", "max(w)", "median(w)", "mean(w)", "std(w)", "argmax(w)"):
        out = neighbourhood(image, expression, window=(1, 3), border="replicate")
        np.testing.assert_array_equal(np.isnan(out), [[True, True, True, False, False]], err_msg=expression)
    np.testing.assert_array_equal(neighbourhood(image, "w[0,0] == w[0,0]"), [[1, 0, 1, 1, 1]])
    np.testing.assert_array_equal(neighbourhood(image, "where(w[0,0], 1, 0)"), [[1, 1, 1, 1, 1]])
    np.testing.assert_array_equal(neighbourhood(image, "minimum(w[0,0], 3)"), [[1, nan, 3, 3, 3]])


def test_arithmetic_is_wide_enough_for_the_pixels() -> None:
    def arithmetic(expression: str, dtype: str, **options: object) -> str:
        return neighbourhood_program(expression, (9, 9), dtype, **options).arithmetic

    assert arithmetic("sum(w)", "uint8", window=255) == "float32"
    assert arithmetic("sum(w)", "uint16", window=16) == "float32"
    assert arithmetic("sum(w)", "uint16", window=17) == "float64"
    assert arithmetic("w[0,0] * w[0,1]", "uint16") == "float64"
    assert arithmetic("w[0,0] * w[0,1]", "float32") == "float32"
    assert arithmetic("w[0,0] + 1e40", "float32") == "float64"
    assert arithmetic("w[0,0]", "int32") == "float64"
    assert arithmetic("w[0,0]", "uint8", output_dtype="int32") == "float64"
    assert arithmetic("w[0,0] - v[0,0]", "uint8", second_dtype="float64") == "float64"


def test_sums_of_16_bit_pixels_are_exact() -> None:
    image = images(12, (40, 8), "uint16", 65536)
    out = neighbourhood(image, "sum(w * w)", window=(5, 1), output_dtype="float64")
    exact = np.pad(image.astype(np.int64) ** 2, ((2, 2), (0, 0)))
    np.testing.assert_array_equal(out, sum(exact[i : i + 40] for i in range(5)))


@pytest.mark.parametrize("count", [600, pytest.param(10_000, marks=pytest.mark.slow)])
def test_endless_variety_does_not_grow_what_is_kept(count: int) -> None:
    before = program_cache()
    for number in range(count):
        neighbourhood_program(f"w[0,0] - {count + number}", (2, 2), "uint8", window=1)
    after = program_cache()
    assert after.misses - before.misses == count
    assert after.programs <= 512
    assert after.nbytes <= 2**24
    neighbourhood(images(13, (2, 2)), f"w[0,0] - {2 * count - 1}", window=1)
    assert program_cache().hits == after.hits + 1


def test_the_listing_reads_like_the_expression() -> None:
    program = neighbourhood_program("max(w) - min(w)", (9, 9), "uint8")
    assert program.listing[0] == "r0 = maximum3 w[-1, 0], w[0, 0], w[1, 0]  (1 × 3)"
    assert program.instructions == len(program.listing) == 5


def test_arguments_are_checked_by_name() -> None:
    image = images(15, (4, 4))
    for argument, options in (
        ("window", {"window": 0}),
        ("window", {"window": 256}),
        ("window", {"window": (1, 2, 3)}),
        ("second", {"second": np.zeros((4, 5))}),
        ("element", {"element": np.zeros((2, 300))}),
        ("element", {"element": [[np.nan]]}),
        ("element", {"element": np.zeros((3, 3)), "window": 5}),
        ("border", {"border": "mirror"}),
        ("fill", {"fill": 256}),
        ("fill", {"fill": -1, "second": image.astype(np.float32)}),
        ("output_dtype", {"output_dtype": "int8"}),
    ):
        with pytest.raises(InvalidInput) as raised:
            neighbourhood(image, "max(w)", **options)
        assert raised.value.argument.split("/")[0] == argument
    with pytest.raises(InvalidInput, match="image"):
        neighbourhood(np.zeros((0, 3)), "max(w)")
    with pytest.raises(InvalidInput, match="image_shape"):
        neighbourhood_program("max(w)", (3,), "uint8")
    with pytest.raises(InvalidInput, match="image_dtype"):
        neighbourhood_program("max(w)", (3, 3), "uint32")
