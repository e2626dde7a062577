import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geometry.errors import InvalidInput
from geometry.filters import pool, pooled_shape
from geometry.inputs import PIXEL_DTYPES
from tests.naive import pooling as naive

LAYOUTS = ("plane", "plane_channels", "window")


def random_image(rng, shape, dtype):
    image = (rng.normal(size=shape) * 4).round()
    if np.dtype(dtype).kind == "u":
        return np.abs(image).astype(dtype)
    if np.dtype(dtype).kind == "f":
        image[rng.random(shape) < 0.05] = np.nan
        image[rng.random(shape) < 0.05] = -np.inf
    return image.astype(dtype)


def frames_of(image):
    image = image[:, :, np.newaxis] if image.ndim == 2 else image
    return image if image.ndim == 4 else image[np.newaxis]


@st.composite
def calls(draw):
    """An image and the options of a pooling that has a window."""
    small = st.integers(1, 7)
    shape = draw(st.sampled_from([(2,), (2, 1), (2, 3), (4, 2)]))
    size = draw(small), draw(small)
    shape = size if len(shape) == 1 else (*size, shape[1]) if shape[0] == 2 else (2, *size, shape[1])
    padding = draw(
        st.sampled_from(["same", "valid"])
        | st.lists(st.lists(st.integers(0, 3), min_size=2, max_size=2), min_size=2, max_size=2)
    )
    options = {
        "stride": (draw(st.integers(1, 4)), draw(st.integers(1, 4))),
        "dilation": (draw(st.integers(1, 3)), draw(st.integers(1, 3))),
        "padding": padding,
        "ceil_mode": draw(st.booleans()) if padding != "same" else False,
    }
    return shape, (draw(small), draw(small)), options, draw(st.integers(0, 2**32 - 1))


def naive_windows(frames, window, options):
    return naive.windows(frames[0], window, **options)


@pytest.mark.parametrize("dtype", PIXEL_DTYPES)
@given(call=calls())
@settings(max_examples=15, deadline=None)
def test_extremes_and_places_agree_with_the_definition(dtype: str, call) -> None:
    shape, window, options, seed = call
    image = random_image(np.random.default_rng(seed), shape, dtype)
    frames = frames_of(image)
    taps = naive_windows(frames, window, options)
    if not taps or not taps[0]:
        with pytest.raises(InvalidInput):
            pool(image, window, **options)
        return
    channels = frames.shape[3]
    info = np.iinfo(dtype) if image.dtype.kind != "f" else None
    for method in ("max", "min"):
        loser = (np.inf if method == "min" else -np.inf) if info is None else info.max if method == "min" else info.min
        found = [
            [
                [[naive.extreme(frame[:, :, c], t, method == "min") for c in range(channels)] for t in row]
                for row in taps
            ]
            for frame in frames
        ]
        expected = np.array(
            [[[[loser if b is None else b[0] for b in t] for t in row] for row in frame] for frame in found]
        )
        values = pool(image, window, method=method, **options)
        assert values.indices is None
        assert values.image.dtype == image.dtype
        assert values.image.shape == pooled_shape(shape, window, **options)
        assert np.array_equal(frames_of(values.image).astype(float), expected.astype(float), equal_nan=True)
        for layout in LAYOUTS:
            number = {
                "plane": lambda b, c: b[2] * frames.shape[2] + b[3],
                "plane_channels": lambda b, c: (b[2] * frames.shape[2] + b[3]) * channels + c,
                "window": lambda b, c: b[1],
            }[layout]
            places = pool(image, window, method=method, indices=layout, **options)
            wanted = [
                [[[-1 if b is None else number(b, c) for c, b in enumerate(t)] for t in row] for row in frame]
                for frame in found
            ]
            assert np.array_equal(places.image, values.image, equal_nan=image.dtype.kind == "f")
            assert places.indices.dtype == np.int64
            assert frames_of(places.indices).tolist() == wanted


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32", "float64"])
@given(call=calls())
@settings(max_examples=15, deadline=None)
def test_means_and_norms_agree_with_the_definition(dtype: str, call) -> None:
    shape, window, options, seed = call
    image = np.abs(np.random.default_rng(seed).normal(size=shape) * 9).astype(dtype)
    frames = frames_of(image)
    taps = naive_windows(frames, window, options)
    if not taps or not taps[0]:
        return
    channels, padding = range(frames.shape[3]), options["padding"]
    margins = (
        {"valid": [[0, 0], [0, 0]], "same": [[10**6] * 2] * 2}.get(padding, padding)
        if isinstance(padding, str)
        else padding
    )

    def expected(function):
        return np.array([[[[function(f[:, :, c], t) for c in channels] for t in row] for row in taps] for f in frames])

    for count_padding in (False, True):
        means = expected(lambda plane, t, count=count_padding: naive.mean(plane, t, margins, count_padding=count))
        out = pool(image, window, method="mean", count_padding=count_padding, output_dtype="float64", **options).image
        # sums of at most 49 numbers below 64, each rounded once: 49 · 2^-53 · 64
        np.testing.assert_allclose(frames_of(out), means, rtol=1e-14, atol=1e-12)
        same = pool(image, window, method="mean", count_padding=count_padding, **options).image
        assert same.dtype == image.dtype
        if image.dtype.kind != "f":
            assert np.array_equal(frames_of(same), np.rint(np.nan_to_num(frames_of(out))).astype(dtype))
    for p in (1.0, 2.0, 3.5):
        norms = expected(lambda plane, t, p=p: naive.norm(plane, t, p))
        out = pool(image, window, method="lp", p=p, output_dtype="float64", **options).image
        # powers and roots of float64 are good to a few roundings
        np.testing.assert_allclose(frames_of(out), norms, rtol=1e-12, atol=1e-12)


def test_results_do_not_depend_on_the_bands(bands: int) -> None:
    image = random_image(np.random.default_rng(3), (2, 19, 13, 2), "float32")
    expected = [
        [naive.extreme(image[1, :, :, 1], t, False) for t in row]
        for row in naive.windows(image[1], (3, 4), (2, 1), (1, 1), "valid")
    ]
    pooled = pool(image, (3, 4), stride=(2, 1), indices=True)
    assert pooled.indices[1, :, :, 1].tolist() == [[b[2] * 13 + b[3] for b in row] for row in expected]
    means = [pool(image, (3, 4), stride=(2, 1), method=method).image for method in ("mean", "lp")]
    plane = np.lib.stride_tricks.sliding_window_view(image, (3, 4), axis=(1, 2))[:, ::2].astype(float)
    with np.errstate(invalid="ignore"):
        wanted = plane.mean(axis=(-2, -1)), np.sqrt((plane**2).sum(axis=(-2, -1)))
    for out, one in zip(means, wanted, strict=True):
        # one rounding to float32
        np.testing.assert_allclose(out, one, rtol=2**-23)


def test_the_maximum_on_a_window_of_the_question_for_all_its_places() -> None:
    x = np.random.default_rng(4).integers(0, 9, (10, 24, 24, 3)).astype(np.int32)[:3, :8, :8]
    windows = np.lib.stride_tricks.sliding_window_view(x, (5, 5), axis=(1, 2))
    assert np.array_equal(pool(x, 5, stride=1).image, windows.max(axis=(-2, -1)))


def test_pools_of_torch_are_reproduced() -> None:
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    rng = np.random.default_rng(5)
    for _ in range(60):
        size, window = rng.integers(3, 12, 2).tolist(), rng.integers(1, 4, 2).tolist()
        stride, dilation = rng.integers(1, 4, 2).tolist(), rng.integers(1, 3, 2).tolist()
        margins, ceil_mode = [int(rng.integers(0, side // 2 + 1)) for side in window], bool(rng.integers(2))
        image = rng.integers(-9, 9, (2, *size, 3)).astype(np.float32)
        tensor = torch.from_numpy(image.transpose(0, 3, 1, 2).copy())
        options = {"stride": stride, "padding": [[side] * 2 for side in margins], "ceil_mode": ceil_mode}
        try:
            values, places = functional.max_pool2d(
                tensor, window, stride, margins, dilation, ceil_mode=ceil_mode, return_indices=True
            )
        except RuntimeError:
            continue
        pooled = pool(image, window, dilation=dilation, indices="plane", **options)
        assert np.array_equal(pooled.image, values.numpy().transpose(0, 2, 3, 1))
        chosen = pooled.indices >= 0
        assert np.array_equal(pooled.indices[chosen], places.numpy().transpose(0, 2, 3, 1)[chosen])
        for count in (False, True):
            means = functional.avg_pool2d(tensor, window, stride, margins, ceil_mode, count_include_pad=count)
            out = pool(image, window, method="mean", count_padding=count, **options).image
            # torch adds up at most 9 numbers below 9 in float32
            np.testing.assert_allclose(out, means.numpy().transpose(0, 2, 3, 1), atol=9 * 9 * 2**-23)
        if not ceil_mode:
            norms = functional.lp_pool2d(tensor, 2, window, stride)
            out = pool(image, window, method="lp", stride=stride).image
            np.testing.assert_allclose(out, norms.numpy().transpose(0, 2, 3, 1), rtol=1e-5)


@pytest.mark.parametrize(
    ("length", "window", "stride", "before", "places"),
    [(6, 3, 2, 0, 3), (7, 3, 2, 1, 4), (5, 2, 1, 0, 5), (5, 4, 1, 1, 5), (9, 2, 4, 0, 3)],
)
def test_same_padding_is_that_of_tensorflow(length, window, stride, before, places) -> None:
    # TensorFlow pads max((⌈n / s⌉ - 1) s + k - n, 0), the larger half behind
    image = np.arange(1, length + 1, dtype=np.float32)[np.newaxis]
    out = pool(image, (1, window), stride=(1, stride), padding="same", method="mean").image[0]
    wanted = [image[0, max(o * stride - before, 0) : o * stride - before + window].mean() for o in range(places)]
    # means of a few small whole numbers, rounded to float32
    np.testing.assert_allclose(out, wanted, rtol=2**-22)


def test_nan_passes_into_its_windows_and_padding_never_wins() -> None:
    image = np.array([[np.nan, -5.0, -np.inf, -np.inf]])
    pooled = pool(image, (1, 2), stride=1, padding=[[0, 0], [1, 1]], indices=True)
    assert np.array_equal(pooled.image, [[np.nan, np.nan, -5, -np.inf, -np.inf]], equal_nan=True)
    assert pooled.indices.tolist() == [[0, 0, 1, 2, 3]]


def test_windows_without_a_pixel_say_so() -> None:
    image = np.array([[7, 8]], np.uint8)
    far = {"padding": [[0, 0], [3, 0]], "stride": 1}
    pooled = pool(image, (1, 2), indices=True, **far)
    assert pooled.image.tolist() == [[0, 0, 7, 8]]
    assert pooled.indices.tolist() == [[-1, -1, 0, 1]]
    assert pool(image, (1, 2), method="mean", **far).image.tolist() == [[0, 0, 7, 8]]
    means = pool(image, (1, 2), method="mean", output_dtype="float32", **far).image
    assert np.array_equal(means, np.array([[np.nan, np.nan, 7, 7.5]], np.float32), equal_nan=True)


def test_windows_may_be_far_larger_than_the_image() -> None:
    image = np.arange(12.0).reshape(3, 4)
    for method, value in (("max", 11.0), ("min", 0.0), ("mean", 5.5)):
        pooled = pool(image, 10**9 + 1, method=method, stride=1, padding="same")
        assert (pooled.image == value).all()


@pytest.mark.parametrize(
    ("argument", "image", "window", "options"),
    [
        ("image", np.zeros(3), 2, {}),
        ("image", np.zeros((0, 3)), 2, {}),
        ("image", np.zeros((2, 3), complex), 2, {}),
        ("window", np.zeros((2, 3)), 0, {}),
        ("window", np.zeros((2, 3)), (2, 4), {}),
        ("stride", np.zeros((2, 3)), 2, {"stride": 0}),
        ("dilation", np.zeros((2, 3)), 2, {"dilation": 1.5}),
        ("padding", np.zeros((2, 3)), 2, {"padding": "full"}),
        ("padding", np.zeros((2, 3)), 2, {"padding": [[1, 1]], "ceil_mode": True}),
        ("ceil_mode", np.zeros((2, 3)), 2, {"padding": "same", "ceil_mode": True}),
        ("method", np.zeros((2, 3)), 2, {"method": "median"}),
        ("indices", np.zeros((2, 3)), 2, {"indices": "flat"}),
        ("indices", np.zeros((2, 3)), 2, {"indices": True, "method": "mean"}),
        ("count_padding", np.zeros((2, 3)), 2, {"count_padding": True}),
        ("p", np.zeros((2, 3)), 2, {"method": "lp", "p": 0}),
        ("p", np.zeros((2, 3)), 2, {"method": "lp", "p": np.nan}),
        ("output_dtype", np.zeros((2, 3)), 2, {"output_dtype": "float32"}),
        ("output_dtype", np.zeros((2, 3)), 2, {"method": "mean", "output_dtype": "int8"}),
    ],
)
def test_errors_name_the_argument(argument, image, window, options) -> None:
    with pytest.raises(InvalidInput) as caught:
        pool(image, window, **options)
    assert caught.value.argument == argument


def test_shapes_that_cannot_be_pooled_are_refused() -> None:
    for shape in ((3,), (0, 3), (1, 2, 3, 4, 5)):
        with pytest.raises(InvalidInput) as caught:
            pooled_shape(shape, 1)
        assert caught.value.argument == "image_shape"


def test_images_of_too_many_pixels_have_no_indices() -> None:
    image = np.broadcast_to(np.uint8(0), (2**16, 2**16, 1))
    from geometry.filters.pooling.places import extreme_places
    from geometry.filters.pooling.windows import pooling_axes

    rows, columns = pooling_axes((2**16, 2**16), 2, stride=None, dilation=1, padding="valid", ceil_mode=False)
    with pytest.raises(InvalidInput) as caught:
        extreme_places(image[np.newaxis], rows, columns, lowest=False)
    assert caught.value.argument == "indices"


@pytest.mark.parametrize("dtype", PIXEL_DTYPES)
@pytest.mark.parametrize("size", [(2, 2), (5, 31), (4, 32), (7, 75)])
def test_quarters_of_one_channel_are_those_of_several(dtype: str, size: tuple[int, int]) -> None:
    """One channel in windows of 2 × 2 has a kernel of its own."""
    rng = np.random.default_rng(size)
    image = random_image(rng, (3, *size, 1), dtype) if dtype.startswith("f") else rng.integers(0, 4, (3, *size, 1))
    image = image.astype(dtype)
    if dtype.startswith("f"):
        for special in (np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0):
            image[rng.random(image.shape) < 0.2] = special
    twice = np.concatenate([image, image[::-1]], axis=3)
    for method in ("max", "min"):
        for layout in LAYOUTS:
            one, two = (pool(frames, 2, method=method, indices=layout) for frames in (image, twice))
            assert np.array_equal(one.image, two.image[..., :1], equal_nan=dtype.startswith("f"))
            assert np.array_equal(one.image, pool(image, 2, method=method).image, equal_nan=dtype.startswith("f"))
            assert np.array_equal(one.indices, two.indices[..., :1] // (2 if layout == "plane_channels" else 1))
