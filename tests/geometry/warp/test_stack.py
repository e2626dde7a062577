from fractions import Fraction
from math import floor, isnan

import numpy as np
import pytest

from geometry.bands import band_count
from geometry.errors import InvalidInput
from geometry.inputs import PIXEL_DTYPES
from geometry.warp import interpolate_stack
from tests.geometry.warp.homographies import random_image
from tests.naive import stack as naive

STAMPS = [-2.0, -1.75, 1.0, 4.5, 5.0]


def times(rng, shape, first, last):
    """Inside, at frames, outside on both sides, and no time at all."""
    span = last - first
    drawn = rng.uniform(first - 1.5 * span, last + 1.5 * span, shape)
    drawn.flat[::3] = rng.uniform(first, last, drawn.flat[::3].shape)
    drawn.flat[1::7] = rng.choice([first, last, 0.0, 1.0], drawn.flat[1::7].shape)
    drawn.flat[5::11] = np.nan
    drawn.flat[6::29] = rng.choice([np.inf, -np.inf], drawn.flat[6::29].shape)
    return drawn


def check(image, expected):
    """Nearest integers, ties up; floats to a rounding."""
    for got, want in zip(image.reshape(-1).tolist(), expected, strict=True):
        if isinstance(want, float) and isnan(want):
            assert isnan(got)
        elif image.dtype == np.uint8:
            # A weight of float32 errs by 2^-25 of 255, and three roundings of the blend by 2^-17 each.
            assert abs(got - want) <= Fraction(1, 2) + Fraction(4, 2**17)
        elif image.dtype.kind in "iu":
            # Float64 holds the blend of 33 bits to 2^-20, the weight's own error included.
            assert abs(got - want) <= Fraction(1, 2) + Fraction(1, 2**18)
        elif isinstance(want, float):
            assert got == want
        else:
            # Samples of the order of 1: roundings of float64, those of wrapped times included, and the last one.
            assert abs(got - want) <= 2e-14 + abs(want) * Fraction(float(np.finfo(image.dtype).eps))


@pytest.mark.parametrize("outside", ["clamp", "wrap", "mask"])
@pytest.mark.parametrize("interpolation", ["nearest", "linear"])
@pytest.mark.parametrize("dtype", PIXEL_DTYPES)
def test_equals_the_definition(dtype, interpolation, outside):
    rng = np.random.default_rng(1)
    for channels in (1, 3, 5):
        frames = random_image(rng, (5, 7, 9, channels), dtype)
        for stamps, last in ((None, 4), (STAMPS, STAMPS[-1])):
            time = times(rng, (7, 9), 0 if stamps is None else STAMPS[0], last)
            options = {"timestamps": stamps, "interpolation": interpolation, "outside": outside, "fill": 3}
            got = interpolate_stack(frames, time, **options)
            expected, mask = naive.interpolate_stack(frames, time, **options)
            assert got.image.dtype == frames.dtype
            assert got.image.shape == (7, 9, channels)
            check(got.image, expected)
            assert got.mask.reshape(-1).tolist() == mask


@pytest.mark.parametrize("seed", range(8))
def test_random_stacks_equal_the_definition(seed):
    rng = np.random.default_rng(seed)
    count, height, width, channels = rng.integers(1, (6, 5, 12, 7))
    frames = random_image(rng, (count, height, width, channels), PIXEL_DTYPES[seed % 6])
    stamps = np.cumsum(rng.uniform(0.01, 2, count)) if seed % 2 else None
    span = count - 1 if stamps is None else stamps[-1] - stamps[0]
    period = span + rng.uniform(0.1, 3)
    time = times(rng, (height, width), 0, max(span, 1))
    got = interpolate_stack(frames, time, timestamps=stamps, outside="wrap", period=period)
    expected, mask = naive.interpolate_stack(frames, time, stamps, outside="wrap", period=period)
    check(got.image, expected)
    assert got.mask.reshape(-1).tolist() == mask


@pytest.mark.parametrize("dtype", PIXEL_DTYPES)
def test_ties_of_integers_round_up(dtype):
    frames = np.array([[[10, 11, 0]], [[11, 10, 1]]]).astype(dtype)
    got = interpolate_stack(frames, np.full((1, 3), 0.5)).image
    expected = [[10.5, 10.5, 0.5]] if np.dtype(dtype).kind == "f" else [[11, 11, 1]]
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("dtype", PIXEL_DTYPES)
def test_whole_times_pick_frames_byte_for_byte(dtype):
    rng = np.random.default_rng(2)
    frames = random_image(rng, (6, 8, 11, 3), dtype)
    chosen = rng.integers(0, 6, (8, 11))
    for interpolation in ("nearest", "linear"):
        got = interpolate_stack(frames, chosen, interpolation=interpolation)
        expected = np.take_along_axis(frames, chosen[None, :, :, None], axis=0)[0]
        assert got.image.tobytes() == expected.tobytes()
        assert got.mask.all()


def test_equal_spacing_of_timestamps_equals_indices():
    rng = np.random.default_rng(3)
    frames = random_image(rng, (5, 6, 7, 3), np.uint8)
    time = times(rng, (6, 7), 0, 4)
    for outside in ("clamp", "wrap", "mask"):
        expected = interpolate_stack(frames, time, outside=outside)
        got = interpolate_stack(frames, 4 * time - 8, timestamps=4 * np.arange(5.0) - 8, outside=outside)
        # Scaling by 4 is exact, the shift rounds: a value near a tie may go to either side.
        np.testing.assert_allclose(got.image.astype(int), expected.image.astype(int), rtol=0, atol=1)
        np.testing.assert_array_equal(got.mask, expected.mask)


def test_time_backwards_through_the_stack_backwards_is_the_same():
    rng = np.random.default_rng(4)
    frames = rng.standard_normal((5, 6, 7))
    time = rng.uniform(0, 4, (6, 7))
    forward = interpolate_stack(frames, time).image
    backward = interpolate_stack(frames[::-1], 4 - time).image
    # 4 − t rounds to 2^-51; differences of frames are below 8.
    np.testing.assert_allclose(backward, forward, rtol=0, atol=8 * 2**-50)


def test_a_period_later_wrap_gives_the_same():
    rng = np.random.default_rng(5)
    frames = random_image(rng, (4, 5, 6), np.uint16)
    time = rng.integers(0, 4 * 256, (5, 6)) / 256
    expected = interpolate_stack(frames, time, outside="wrap").image
    for periods in (-1_000_000, -1, 1, 7, 2**40):
        got = interpolate_stack(frames, time + 4 * periods, outside="wrap")
        np.testing.assert_array_equal(got.image, expected)
        assert not got.mask.any()


def test_a_line_in_time_is_reproduced_at_irregular_timestamps():
    stamps = np.array(STAMPS)
    frames = np.broadcast_to((3 * stamps + 1)[:, None, None], (5, 4, 5)).copy()
    time = np.random.default_rng(6).uniform(stamps[0], stamps[-1], (4, 5))
    got = interpolate_stack(frames, time, timestamps=stamps).image
    np.testing.assert_allclose(got, 3 * time + 1, rtol=0, atol=1e-14)


def test_frames_without_weight_have_no_influence():
    frames = np.ones((3, 2, 2, 3), np.float32)
    frames[1] = np.nan
    got = interpolate_stack(frames, [[0, 2], [0.5, 1.999]]).image
    assert (got[0] == 1).all()
    assert np.isnan(got[1]).all()


@pytest.mark.jit  # infinity times zero warns where numpy computes it
def test_infinite_frames_stay_infinite():
    frames = np.full((2, 1, 2), np.inf)
    assert (interpolate_stack(frames, [[0.25, 1]]).image == np.inf).all()


def test_slit_scan_question_of_the_seed_image_time_linear_interpolation():
    """25 frames, the blend weights spread over all of them and summed, as the question does it."""
    rng = np.random.default_rng(7)
    count, height, width = 25, 12, 16
    frames = rng.integers(0, 256, (count, height, width, 3), np.uint8)
    y = np.linspace(-1, 1, height)[:, None]
    x = np.linspace(-1, 1, width)[None, :]
    for time in ((count - 1) * (y + 1) / 2 + 0 * x, (count - 1) * np.minimum(1, np.hypot(x, y))):
        weights = np.maximum(0, 1 - np.abs(time - np.arange(count)[:, None, None]))
        expected = np.sum(frames * weights[..., None], axis=0)
        got = interpolate_stack(frames, time)
        np.testing.assert_allclose(got.image, expected, rtol=0, atol=0.5 + 4 / 2**17)
        assert got.mask.all()
    time = np.full((height, width), 3.6)
    got = interpolate_stack(frames.astype(np.float64), time).image
    np.testing.assert_allclose(got, 0.4 * frames[3] + 0.6 * frames[4], rtol=0, atol=1e-12)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_bytes_do_not_depend_on_the_number_of_bands(bands, dtype):
    rng = np.random.default_rng(8)
    frames = random_image(rng, (5, 19, 21, 3), dtype)
    time = times(rng, (19, 21), 0, 4)
    got = interpolate_stack(frames, time, outside="wrap")
    with band_count(3):
        other = interpolate_stack(frames, time, outside="wrap")
    assert got.image.tobytes() == other.image.tobytes()
    assert got.mask.tobytes() == other.mask.tobytes()


@pytest.mark.parametrize("channels", [1, 3, 100, 5000])
def test_many_channels_and_long_rows_cross_chunks(channels):
    rng = np.random.default_rng(9)
    width = 10_000 // channels
    frames = random_image(rng, (3, 1, width, channels), np.uint8)
    time = rng.uniform(0, 2, (1, width))
    got = interpolate_stack(frames, time).image
    k = np.minimum(np.floor(time).astype(int), 1)[..., None]
    a = np.where(k == 0, frames[0], frames[1]).astype(float)
    b = np.where(k == 0, frames[1], frames[2]).astype(float)
    expected = np.floor(a + (b - a) * (time[..., None] - k) + 0.5)
    assert (np.abs(got - expected) <= 1).all()
    assert (got != expected).mean() < 1e-3


def test_grey_frames_give_a_grey_image():
    frames = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    got = interpolate_stack(frames, np.full((3, 4), 0.25, np.float32))
    np.testing.assert_array_equal(got.image, frames[0] + 3)
    assert got.image.shape == got.mask.shape == (3, 4)


def test_one_frame_is_its_own_neighbour():
    frame = random_image(np.random.default_rng(10), (1, 3, 4), np.uint8)
    time = np.linspace(-3, 3, 12).reshape(3, 4)
    for outside in ("clamp", "wrap"):
        np.testing.assert_array_equal(interpolate_stack(frame, time, outside=outside).image, frame[0])
    got = interpolate_stack(frame, time, timestamps=[2.0], outside="wrap", period=0.5)
    np.testing.assert_array_equal(got.image, frame[0])


def test_boolean_frames_are_bytes():
    frames = np.array([[[True, False]], [[False, False]]])
    np.testing.assert_array_equal(interpolate_stack(frames, [[0.25, 0.25]]).image, [[1, 0]])


def test_memory_layout_has_no_influence_and_the_input_is_not_written_to():
    rng = np.random.default_rng(11)
    frames = random_image(rng, (4, 5, 6, 3), np.uint16)
    time = rng.uniform(0, 3, (5, 6))
    expected = interpolate_stack(frames, time).image.tobytes()
    before = frames.copy()
    frames.flags.writeable = False
    for same in (frames, np.asfortranarray(frames), frames.astype(">u2"), np.repeat(frames, 2, axis=2)[:, :, ::2]):
        assert interpolate_stack(same, time.astype(">f8")).image.tobytes() == expected
    np.testing.assert_array_equal(frames, before)


def test_exact_middle_of_times_goes_to_the_later_frame():
    frames = np.array([[[0.0]], [[1.0]], [[2.0]]])
    for t, expected in ((0.5, 1), (1.5, 2), (0.49, 0), (1.0, 1)):
        assert interpolate_stack(frames, [[t]], interpolation="nearest").image[0, 0] == expected
    got = interpolate_stack(frames, [[2.5]], interpolation="nearest", outside="wrap").image[0, 0]
    assert got == floor(0.0)


@pytest.mark.parametrize(
    ("argument", "change"),
    [
        ("frames", {"frames": np.zeros((2, 3))}),
        ("frames", {"frames": np.zeros((0, 3, 4))}),
        ("frames", {"frames": np.zeros((2, 3, 4), complex)}),
        ("time", {"time": np.zeros((4, 3))}),
        ("time", {"time": np.zeros((3, 4, 1))}),
        ("time", {"time": np.zeros((3, 4), complex)}),
        ("timestamps", {"timestamps": [0, 1, 2]}),
        ("timestamps/1", {"timestamps": [1, 1]}),
        ("timestamps/1", {"timestamps": [1, 0.5]}),
        ("timestamps/0", {"timestamps": [np.nan, 1]}),
        ("timestamps", {"timestamps": [-1.7e308, 1.7e308]}),
        ("interpolation", {"interpolation": "cubic"}),
        ("outside", {"outside": "mirror"}),
        ("period", {"period": 3}),
        ("period", {"outside": "wrap", "period": 1}),
        ("period", {"outside": "wrap", "period": np.inf}),
        ("period", {"outside": "wrap", "period": 2, "timestamps": [0, 5]}),
        ("period", {"outside": "wrap", "frames": np.zeros((1, 3, 4)), "timestamps": [0]}),
        ("fill", {"fill": 0.5}),
        ("fill", {"fill": [1, 2]}),
    ],
)
def test_wrong_arguments_are_named(argument, change):
    arguments = {"frames": np.zeros((2, 3, 4), np.uint8), "time": np.zeros((3, 4)), **change}
    with pytest.raises(InvalidInput) as error:
        interpolate_stack(arguments.pop("frames"), arguments.pop("time"), **arguments)
    assert error.value.argument == argument
