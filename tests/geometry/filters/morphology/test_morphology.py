import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from geometry.errors import InvalidInput
from geometry.filters import morphology, structuring_element
from geometry.filters.morphology.morphology import BORDERS, OPERATIONS
from geometry.inputs import PIXEL_DTYPES
from tests.naive import morphology as naive

SCIPY = {"replicate": "nearest", "reflect": "reflect", "reflect_101": "mirror", "wrap": "wrap"}


def random_image(rng, shape, dtype):
    image = (rng.normal(size=shape) * 40).round()
    return (np.abs(image) if np.dtype(dtype).kind == "u" else image).astype(dtype)


def stored(values, dtype):
    """What an image keeps of exact extremes: rounded half to even and saturated where it is whole."""
    values = np.array(values, float)
    if np.dtype(dtype).kind == "f":
        return values.astype(dtype)
    info = np.iinfo(dtype)
    return np.clip(np.rint(values), info.min, info.max).astype(dtype)


@st.composite
def elements(draw):
    """A mask with a pixel, an anchor in it or not, and perhaps heights."""
    height, width = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    mask = rng.random((height, width)) < draw(st.sampled_from([0.2, 0.6, 1.0]))
    mask[tuple(rng.integers((height, width)))] = True
    heights = rng.integers(-20, 20, (height, width)) / 2 if draw(st.booleans()) else None
    return mask, tuple(rng.integers((height, width)).tolist()), heights


@pytest.mark.parametrize("dtype", PIXEL_DTYPES)
@given(
    size=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    channels=st.integers(1, 3),
    element=elements(),
    border=st.sampled_from(BORDERS),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=25, deadline=None)
def test_erosion_and_dilation_agree_with_the_definition(dtype, size, channels, element, border, seed) -> None:
    image = random_image(np.random.default_rng(seed), (*size, channels), dtype)
    mask, anchor, heights = element
    pixels = naive.offsets(mask, anchor, heights)
    for operation in ("erode", "dilate"):
        out = morphology(image, mask, operation=operation, heights=heights, anchor=anchor, border=border, fill=3)
        assert out.dtype == image.dtype
        exact = naive.filtered(image, pixels, erode=operation == "erode", border=border, fill=3)
        assert np.array_equal(out, stored(exact, dtype))


def test_results_do_not_depend_on_the_bands(bands: int) -> None:
    image = random_image(np.random.default_rng(1), (23, 17, 2), "uint8")
    heights = np.random.default_rng(2).normal(size=(5, 5))
    for options in ({"shape": "ellipse", "size": (9, 5)}, {"size": 6}, {"heights": heights}):
        mask = (
            np.ones((5, 5))
            if "heights" in options
            else structuring_element(options.get("shape", "rectangle"), options["size"])
        )
        pixels = naive.offsets(mask, (mask.shape[0] // 2, mask.shape[1] // 2), options.get("heights"))
        exact = stored(naive.filtered(image, pixels, erode=False), "uint8")
        assert np.array_equal(morphology(image, operation="dilate", **options), exact)
        assert np.array_equal(morphology(image, operation="gradient", **options).shape, image.shape)


@pytest.mark.jit
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float64"])
def test_strips_and_tiles_fit_together(dtype: str) -> None:
    image = random_image(np.random.default_rng(3), (150, 4500), dtype)
    for mask in (structuring_element("ellipse", (41, 35)), structuring_element("cross", (51, 3))):
        out = morphology(image, mask, operation="erode")
        assert np.array_equal(out, ndimage.grey_erosion(image, footprint=mask, mode="constant", cval=10**4))


@pytest.mark.parametrize("shape", ["rectangle", "ellipse", "cross"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
def test_all_operations_are_those_of_opencv_for_symmetric_elements(shape: str, dtype: str) -> None:
    cv2 = pytest.importorskip("cv2")
    image = random_image(np.random.default_rng(4), (9, 8, 2), dtype)
    mask = structuring_element(shape, (3, 5))
    codes = (cv2.MORPH_ERODE, cv2.MORPH_DILATE, cv2.MORPH_OPEN, cv2.MORPH_CLOSE)
    codes += (cv2.MORPH_GRADIENT, cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT)
    for operation, code in zip(OPERATIONS, codes, strict=True):
        for iterations in (1, 2):
            expected = cv2.morphologyEx(image, code, mask, iterations=iterations)
            assert np.array_equal(morphology(image, mask, operation=operation, iterations=iterations), expected)


def test_dilation_of_opencv_is_that_with_the_element_turned() -> None:
    cv2 = pytest.importorskip("cv2")
    image = random_image(np.random.default_rng(5), (12, 13), "uint8")
    mask = np.array([[1, 0, 0], [1, 1, 0]], np.uint8)
    expected = cv2.dilate(image, mask, anchor=(2, 1))
    assert np.array_equal(morphology(image, mask[::-1, ::-1], operation="dilate", anchor=(0, 0)), expected)
    assert np.array_equal(
        morphology(image, mask, operation="erode", anchor=(1, 2)), cv2.erode(image, mask, anchor=(2, 1))
    )


@pytest.mark.parametrize("border", list(SCIPY))
def test_scipy_is_reproduced_with_odd_and_even_elements_and_heights(border: str) -> None:
    rng = np.random.default_rng(6)
    image = rng.normal(size=(11, 12))
    for size in ((3, 5), (4, 3), (2, 6)):
        footprint, heights = rng.random(size) < 0.5, rng.normal(size=size)
        footprint[0, 0] = True
        for operation, function in (("erode", ndimage.grey_erosion), ("dilate", ndimage.grey_dilation)):
            if operation == "dilate" and 0 in (size[0] % 2, size[1] % 2):
                continue  # scipy moves the centre of even elements when it reflects them
            expected = function(image, footprint=footprint, mode=SCIPY[border])
            assert np.array_equal(morphology(image, footprint, operation=operation, border=border), expected)
            expected = function(image, structure=heights, mode=SCIPY[border])
            assert np.array_equal(morphology(image, operation=operation, heights=heights, border=border), expected)


@given(element=elements(), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_dilation_is_the_adjoint_of_erosion(element, seed) -> None:
    rng = np.random.default_rng(seed)
    mask, anchor, heights = element
    f, g = rng.integers(0, 9, (2, 6, 7)).astype(float)
    options = {"element": mask, "anchor": anchor, "heights": heights}
    # δ f ≤ g exactly where f ≤ ε g, for g between the two cases as well
    for bound in (g, morphology(f, operation="dilate", **options), g + 30):
        dilated_below = (morphology(f, operation="dilate", **options) <= bound).all()
        assert dilated_below == (f <= morphology(bound, operation="erode", **options)).all()


@given(element=elements(), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_openings_and_closings_are_idempotent_and_bound_the_image(element, seed) -> None:
    image = np.random.default_rng(seed).integers(0, 99, (7, 8)).astype(float)
    mask, anchor, heights = element
    options = {"element": mask, "anchor": anchor, "heights": heights}
    opened = morphology(image, operation="open", **options)
    closed = morphology(image, operation="close", **options)
    assert (opened <= image).all()
    assert (closed >= image).all()
    assert np.array_equal(morphology(opened, operation="open", **options), opened)
    assert np.array_equal(morphology(closed, operation="close", **options), closed)
    with np.errstate(invalid="ignore"):
        assert np.array_equal(morphology(image, operation="tophat", **options), image - opened)
        assert np.array_equal(morphology(image, operation="blackhat", **options), closed - image)


@given(element=elements(), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_dilation_is_dual_to_erosion_with_the_element_reflected(element, seed) -> None:
    image = np.random.default_rng(seed).integers(0, 99, (6, 5)).astype(float)
    mask, (y, x), heights = element
    turned = None if heights is None else heights[::-1, ::-1]
    opposite = {
        "element": mask[::-1, ::-1],
        "heights": turned,
        "anchor": (mask.shape[0] - 1 - y, mask.shape[1] - 1 - x),
    }
    dilated = morphology(image, mask, operation="dilate", heights=heights, anchor=(y, x))
    assert np.array_equal(dilated, -morphology(-image, operation="erode", **opposite))


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("anchor", [(0, 0), (1, 2), (2, 3)])
def test_iterations_are_repetitions(border: str, anchor) -> None:
    image = random_image(np.random.default_rng(7), (9, 11, 2), "uint8")
    options = {"size": (3, 4), "anchor": anchor, "border": border, "fill": 40}
    for operation in ("erode", "dilate"):
        once = morphology(image, operation=operation, **options)
        thrice = morphology(morphology(once, operation=operation, **options), operation=operation, **options)
        assert np.array_equal(morphology(image, operation=operation, iterations=3, **options), thrice)


def test_the_callbacks_of_the_question_dilate_and_erode() -> None:
    image = np.random.default_rng(8).random((16, 17))
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(image, 1, constant_values=-np.inf), (3, 3))
    assert np.array_equal(morphology(image, operation="dilate"), windows.max(axis=(2, 3)))
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(image, 1, constant_values=np.inf), (3, 3))
    assert np.array_equal(morphology(image, operation="erode"), windows.min(axis=(2, 3)))


def test_nan_wins_where_the_element_meets_it() -> None:
    image = np.array([[np.nan, 1.0, 2.0, -np.inf]])
    for heights in (None, [[0.0, 0.0, 0.0]]):
        for operation, rest in (("erode", [-np.inf, -np.inf]), ("dilate", [2.0, 2.0])):
            out = morphology(image, np.ones((1, 3)), operation=operation, heights=heights)
            assert np.array_equal(out, [[np.nan, np.nan, *rest]], equal_nan=True)


def test_elements_may_be_far_larger_than_the_image() -> None:
    image = random_image(np.random.default_rng(9), (3, 5), "uint8")
    for shape in ("rectangle", "ellipse"):
        for border in ("ignore", "replicate"):
            assert (morphology(image, operation="dilate", shape=shape, size=10_001, border=border) == image.max()).all()
    assert (morphology(image, operation="erode", size=10_001, border="constant", fill=0) == 0).all()
    assert (morphology(image, operation="erode", size=3, iterations=65_536) == image.min()).all()


def test_where_nothing_is_met_nothing_has_won() -> None:
    mask = [[1, 0, 0]]
    image = np.array([[5, 6]], np.uint8)
    assert morphology(image, mask, operation="erode").tolist() == [[255, 5]]
    assert morphology(image, mask, operation="dilate").tolist() == [[6, 0]]
    heights = [[7, 0, 0]]
    assert morphology(image, mask, operation="erode", heights=heights).tolist() == [[255, 0]]


def test_differences_saturate() -> None:
    image = np.array([[-(2**15), 2**15 - 1, 0]], np.int16)
    assert morphology(image, operation="gradient").tolist() == [[2**15 - 1, 2**15 - 1, 2**15 - 1]]
    far = morphology(np.array([[9, 1, 5]], np.uint8), [[1, 0, 0]], operation="gradient", border="replicate")
    assert far.tolist() == [[0, 0, 4]]


def test_heights_round_half_to_even_and_saturate() -> None:
    image = np.array([[1, 2, 254]], np.uint8)
    assert morphology(image, operation="dilate", heights=[[0.5]]).tolist() == [[2, 2, 254]]
    assert morphology(image, operation="dilate", heights=[[3]]).tolist() == [[4, 5, 255]]
    assert morphology(image, operation="erode", heights=[[3]]).tolist() == [[0, 0, 251]]


@pytest.mark.parametrize(
    ("argument", "changed"),
    [
        ("image", {"image": np.zeros(3)}),
        ("operation", {"operation": "thin"}),
        ("element", {"element": np.zeros((2, 2))}),
        ("element", {"element": [1, 2]}),
        ("element", {"element": np.zeros((0, 2))}),
        ("shape", {"element": [[1]], "shape": "cross"}),
        ("size", {"element": [[1]], "size": 3}),
        ("shape", {"shape": "star"}),
        ("size", {"size": 0}),
        ("size", {"size": 70_000}),
        ("heights", {"heights": [[np.nan]]}),
        ("heights", {"heights": np.zeros((0, 1))}),
        ("heights", {"heights": [[1, 2]], "element": [[1]]}),
        ("anchor", {"anchor": (3, 0)}),
        ("anchor", {"anchor": (0.5, 0)}),
        ("anchor", {"anchor": 1}),
        ("iterations", {"iterations": 0}),
        ("iterations", {"iterations": 65_537}),
        ("border", {"border": "none"}),
        ("fill", {"fill": 0.5, "image": np.zeros((2, 2), np.uint8)}),
    ],
)
def test_errors_name_the_argument(argument: str, changed) -> None:
    call = {"image": np.zeros((3, 3)), "operation": "erode"} | changed
    with pytest.raises(InvalidInput) as caught:
        morphology(call.pop("image"), call.pop("element", None), **call)
    assert caught.value.argument.split("/")[0] == argument
