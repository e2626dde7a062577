from fractions import Fraction
from itertools import product
from math import cos, floor, pi, sin

import numpy as np
import pytest

from geometry.bands import band_count
from geometry.errors import InvalidInput
from geometry.inputs import PIXEL_DTYPES
from geometry.warp import rotate_vectors, vectors
from geometry.warp.rotation import code_of, look_up, many_turns, turn_pixels, turns
from tests.geometry.warp.homographies import random_image
from tests.naive import vectors as naive

INTEGERS = [
    ("uint8", "unorm"),
    ("uint8", "unorm128"),
    ("uint16", "unorm"),
    ("uint16", "unorm128"),
    ("int16", "signed"),
    ("int32", "signed"),
]
ANGLES = [0.0, 0.3, -2.1, pi / 3, pi / 6, pi / 4, 1e-3, 100.0, pi / 2 + 1e-9]


def turn(angle):
    """Cosine and sine as float64 has them."""
    return np.cos(np.array([angle]))[0], np.sin(np.array([angle]))[0]


def extremes(rng, dtype, count):
    """Pairs of values: the whole range, its ends, and the middle."""
    limits = np.iinfo(dtype)
    low, high = int(limits.min), int(limits.max)
    middle = (low + high) // 2
    special = [low, low + 1, middle - 1, middle, middle + 1, middle + 2, high - 1, high]
    drawn = rng.integers(low, high, (count, 2), dtype, endpoint=True)
    return np.concatenate([np.array(list(product(special, special)), dtype), drawn])


@pytest.mark.parametrize("rounding", ["nearest", "floor"])
@pytest.mark.parametrize(("dtype", "encoding"), INTEGERS)
def test_integers_are_the_exact_value_rounded_once(dtype, encoding, rounding):
    rng = np.random.default_rng(1)
    pairs = extremes(rng, dtype, 60)
    limits = np.iinfo(dtype)
    for angle in [*ANGLES, *rng.uniform(-7, 7, 3)]:
        got = rotate_vectors(pairs[:, None], angle, encoding=encoding, rounding=rounding)[:, 0]
        neutral = naive.neutral_value(dtype, encoding)
        for (x, y), result in zip(pairs.tolist(), got.tolist(), strict=True):
            exact = naive.rotate_pair(x, y, *turn(angle), neutral)
            assert result == [naive.rounded(value, rounding, int(limits.min), int(limits.max)) for value in exact]


def test_every_pair_of_bytes_is_exact_near_ties():
    """π/6 has a sine half a unit below 1/2: half of all odd distances lie a hair from a tie."""
    pairs = np.stack(np.meshgrid(np.arange(0, 256, 5), np.arange(256), indexing="ij"), axis=2).astype(np.uint8)
    angle = pi / 6
    got = rotate_vectors(pairs, angle, encoding="unorm128")
    c, s = (Fraction(float(value)) for value in turn(angle))
    half = Fraction(1, 2)
    for x, y in product(range(0, 256, 5), range(256)):
        u, v = x - 128, y - 128
        expected = [floor(c * u - s * v + 128 + half), floor(s * u + c * v + 128 + half)]
        assert got[x // 5, y].tolist() == [min(max(value, 0), 255) for value in expected]


@pytest.mark.parametrize("encoding", ["unorm", "signed"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_floats_equal_the_definition(dtype, encoding):
    rng = np.random.default_rng(2)
    image = random_image(rng, (5, 6, 3), dtype)
    for angle in ANGLES:
        got = rotate_vectors(image, angle, encoding=encoding)
        assert got.dtype == image.dtype
        for (x, y, _), result in zip(image.reshape(-1, 3).tolist(), got.reshape(-1, 3).tolist(), strict=True):
            exact = naive.rotate_pair(x, y, *turn(angle), naive.neutral_value(dtype, encoding))
            for value, want in zip(result, exact, strict=False):
                # Two products and three sums of float64, of numbers below 8; then one rounding to the dtype.
                assert abs(value - want) <= 2.0**-49 + abs(want) * Fraction(float(np.finfo(dtype).eps))


@pytest.mark.parametrize("dtype", PIXEL_DTYPES)
def test_quarter_turns_are_exact(dtype):
    rng = np.random.default_rng(3)
    image = random_image(rng, (7, 5, 4), dtype)
    x, y = image[:, :, 0], image[:, :, 1]
    opposite = (lambda v: np.iinfo(dtype).max - v) if dtype in ("uint8", "uint16") else (lambda v: -v)
    if dtype in ("int16", "int32"):
        image[image == np.iinfo(dtype).min] = 0
    turned = [(x, y), (opposite(y), x), (opposite(x), opposite(y)), (y, opposite(x))]
    for quarters in (-7, -4, -1, 0, 1, 2, 3, 4, 4001):
        for angle in (quarters * pi / 2, np.deg2rad(90 * quarters)):
            got = rotate_vectors(image, angle)
            expected = np.concatenate([np.stack(turned[quarters % 4], axis=2), image[:, :, 2:]], axis=2)
            assert got.tobytes() == expected.tobytes()


@pytest.mark.parametrize("dtype", PIXEL_DTYPES)
@pytest.mark.parametrize(("channels", "pair"), [(2, (0, 1)), (2, (1, 0)), (3, (0, 1)), (4, (3, 1)), (7, (2, 6))])
def test_other_channels_stay_bit_for_bit(channels, pair, dtype):
    rng = np.random.default_rng(4)
    image = random_image(rng, (30, 41, channels), dtype)
    others = [c for c in range(channels) if c not in pair]
    if np.dtype(dtype).kind == "f" and others:
        image[:, :, others[0]] = np.nan
    got = rotate_vectors(image, 0.7, channels=pair)
    assert got[:, :, others].tobytes() == image[:, :, others].tobytes()
    alone = rotate_vectors(np.ascontiguousarray(image[:, :, list(pair)]), 0.7)
    assert got[:, :, list(pair)].tobytes() == alone.tobytes()


@pytest.mark.parametrize("dtype", PIXEL_DTYPES)
def test_angles_for_each_image_and_each_pixel_equal_single_angles(dtype):
    rng = np.random.default_rng(5)
    images = random_image(rng, (3, 6, 7, 3), dtype)
    angles = np.array([0.4, -1.9, pi / 2])
    stack = rotate_vectors(images, angles)
    fan = rotate_vectors(images[0], angles)
    same = rotate_vectors(images, 0.4)
    field = rng.choice(angles, (6, 7))
    by_pixel = rotate_vectors(images[0], field)
    for_all = rotate_vectors(images, field)
    assert stack.shape == fan.shape == same.shape == for_all.shape == images.shape
    for number, angle in enumerate(angles):
        assert stack[number].tobytes() == rotate_vectors(images[number], angle).tobytes()
        assert fan[number].tobytes() == rotate_vectors(images[0], angle).tobytes()
        assert same[number].tobytes() == rotate_vectors(images[number], 0.4).tobytes()
        assert for_all[number].tobytes() == rotate_vectors(images[number], field).tobytes()
        # Cosines of maps may differ in the last place, which an integer shows only within 2^-44 of a tie.
        allowed = 8 * np.finfo(dtype).eps if np.dtype(dtype).kind == "f" else 0
        np.testing.assert_allclose(by_pixel[field == angle], fan[number][field == angle], rtol=0, atol=allowed)


@pytest.mark.jit  # a table of 65,536 pairs takes an interpreter seconds
@pytest.mark.parametrize("stacked", [False, True])
def test_tables_of_pairs_give_the_same_bytes(monkeypatch, stacked):
    rng = np.random.default_rng(6)
    image = random_image(rng, (3, 20, 30, 4) if stacked else (20, 30, 4), np.uint8)
    angles = [0.3, 1.2, -2.0]
    expected = rotate_vectors(image, angles, channels=(2, 0))
    monkeypatch.setattr(vectors, "_TABLE_PIXELS", 1)
    assert rotate_vectors(image, angles, channels=(2, 0)).tobytes() == expected.tobytes()


def test_a_table_holds_each_pair_turned():
    pairs = random_image(np.random.default_rng(13), (50, 2), np.uint8)
    code = code_of(np.dtype(np.uint8), "unorm", "nearest")
    turned = np.empty_like(pairs)
    swapped = np.arange(1 << 16, dtype="<u2").view(np.uint8).reshape(-1, 2)[:, ::-1].copy().view("<u2").reshape(-1)
    look_up(pairs, 0, 50, (0, 1), swapped, 0, turned)
    np.testing.assert_array_equal(turned, pairs[:, ::-1])
    turn_pixels(pairs, 0, 50, code, (0, 1), turns(np.array([pi])), 0, turned)
    np.testing.assert_array_equal(turned, 255 - pairs)


def test_there_and_back_is_close_for_vectors_inside_the_circle():
    rng = np.random.default_rng(7)
    radius, phase = rng.uniform(0, 120, (40, 50)), rng.uniform(0, 2 * pi, (40, 50))
    image = np.stack([127.5 + radius * np.cos(phase), 127.5 + radius * np.sin(phase)], axis=2).astype(np.uint8)
    for angle in (0.3, 2.0, -1.0):
        back = rotate_vectors(rotate_vectors(image, angle), -angle)
        # Half a step in x and y each, turned: at most √2 / 2, and half a step again.
        assert np.abs(back.astype(int) - image).max() <= 1


def test_cosines_of_many_angles_err_by_two_to_the_minus_52():
    rng = np.random.default_rng(12)
    angles = np.concatenate([scale * rng.uniform(-1, 1, 2000) for scale in (1e-9, 1, 10, 1e6, 1e12, 1e300)])
    turn = many_turns(angles)
    # numpy's own error is up to a unit in the last place, 2^-53.
    np.testing.assert_allclose(turn.cosine, np.cos(angles), rtol=0, atol=2.0**-52 + 2.0**-53)
    np.testing.assert_allclose(turn.sine, np.sin(angles), rtol=0, atol=2.0**-52 + 2.0**-53)
    quarters = np.arange(-21, 20)
    turn = many_turns(quarters * pi / 2)
    np.testing.assert_array_equal(turn.cosine, np.array([1, 0, -1, 0])[quarters % 4])
    np.testing.assert_array_equal(turn.sine, np.array([0, 1, 0, -1])[quarters % 4])


def test_angles_add_up():
    rng = np.random.default_rng(8)
    image = rng.standard_normal((9, 8, 2))
    got = rotate_vectors(rotate_vectors(image, 0.4), 0.8)
    np.testing.assert_allclose(got, rotate_vectors(image, 0.4 + 0.8), rtol=0, atol=1e-14)
    lengths = np.hypot(*np.moveaxis(got, 2, 0))
    np.testing.assert_allclose(lengths, np.hypot(*np.moveaxis(image, 2, 0)), rtol=1e-14)


def test_a_positive_angle_turns_the_first_axis_towards_the_second():
    image = np.array([[[255, 128, 255]]], np.uint8)
    np.testing.assert_array_equal(rotate_vectors(image, pi / 2, encoding="unorm128"), [[[128, 255, 255]]])
    np.testing.assert_allclose(rotate_vectors(np.array([[[2.0, 0.0]]]), pi / 6), [[[3**0.5, 1]]], rtol=1e-15)


def test_what_lies_outside_saturates():
    image = np.array([[[255, 255], [0, 0]]], np.uint8)
    np.testing.assert_array_equal(rotate_vectors(image, pi / 4, encoding="unorm128"), [[[128, 255], [128, 0]]])


def test_normal_map_question_of_the_seed_rotation_of_r_and_g():
    """The loop of the question, with its floor, in exact arithmetic instead of rounded; outside of it, saturated."""
    rng = np.random.default_rng(9)
    texture = rng.integers(0, 256, (16, 16, 3), np.uint8)
    angle = 0.77
    c, s = Fraction(float(turn(angle)[0])), Fraction(float(turn(angle)[1]))
    got = rotate_vectors(texture, angle, rounding="floor")
    rounded_loop = np.empty_like(texture)
    for i, j in product(range(16), range(16)):
        r, g, b = texture[i, j].tolist()
        half = Fraction(1, 2)
        x, y = (Fraction(r, 255) - half) * 2, (Fraction(g, 255) - half) * 2
        x, y = x * c - y * s, x * s + y * c
        exact = floor(255 * (x / 2 + half)), floor(255 * (y / 2 + half))
        assert got[i, j].tolist() == [min(max(value, 0), 255) for value in exact] + [b]
        x, y = (r / 255 - 0.5) * 2, (g / 255 - 0.5) * 2
        x, y = x * cos(angle) - y * sin(angle), x * sin(angle) + y * cos(angle)
        values = floor(255 * (x / 2 + 0.5)), floor(255 * (y / 2 + 0.5))
        rounded_loop[i, j] = [min(max(value, 0), 255) for value in values] + [b]
    np.testing.assert_array_equal(got, rounded_loop)
    np.testing.assert_array_equal(rotate_vectors(texture, 0, rounding="floor"), texture)


@pytest.mark.jit  # a table of 65,536 pairs takes an interpreter seconds
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_bytes_do_not_depend_on_the_number_of_bands(bands, monkeypatch, dtype):
    rng = np.random.default_rng(10)
    image = random_image(rng, (3, 19, 21, 3), dtype)
    for angle, table in (([0.1, 0.2, 0.3], 1 << 18), (rng.uniform(-3, 3, (19, 21)), 1), (0.4, 1)):
        monkeypatch.setattr(vectors, "_TABLE_PIXELS", table)
        got = rotate_vectors(image, angle)
        with band_count(3):
            assert rotate_vectors(image, angle).tobytes() == got.tobytes()


def test_infinite_and_missing_vectors_stay_what_they_are():
    image = np.array([[[np.inf, 1], [np.nan, 1], [-np.inf, 2]]], np.float32)
    np.testing.assert_array_equal(rotate_vectors(image, pi / 2), [[[-1, np.inf], [-1, np.nan], [-2, -np.inf]]])
    np.testing.assert_array_equal(rotate_vectors(image, pi), [[[-np.inf, -1], [np.nan, -1], [np.inf, -2]]])


def test_memory_layout_has_no_influence_and_the_input_is_not_written_to():
    rng = np.random.default_rng(11)
    image = random_image(rng, (6, 7, 3), np.uint16)
    expected = rotate_vectors(image, 0.5).tobytes()
    before = image.copy()
    image.flags.writeable = False
    for same in (image, np.asfortranarray(image), image.astype(">u2"), image[::-1][::-1]):
        got = rotate_vectors(same, 0.5)
        assert got.dtype.isnative
        assert got.tobytes() == expected
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize(
    ("argument", "change"),
    [
        ("image", {"image": np.zeros((4, 5))}),
        ("image", {"image": np.zeros((4, 5, 1))}),
        ("image", {"image": np.zeros((0, 5, 3))}),
        ("image", {"image": np.zeros((4, 5, 3), bool)}),
        ("angle", {"angle": np.zeros((5, 4))}),
        ("angle", {"angle": np.zeros((1, 1, 1))}),
        ("angle", {"angle": [0.0, 1.0], "image": np.zeros((3, 4, 5, 2))}),
        ("angle", {"angle": "left"}),
        ("angle/0", {"angle": np.nan}),
        ("angle/1", {"angle": [0, np.inf]}),
        ("channels", {"channels": (0, 0)}),
        ("channels", {"channels": (0, 3)}),
        ("channels", {"channels": (-1, 0)}),
        ("channels", {"channels": (0.5, 1)}),
        ("channels", {"channels": (0, 1, 2)}),
        ("channels", {"channels": 1}),
        ("encoding", {"encoding": "snorm"}),
        ("encoding", {"encoding": "signed"}),
        ("encoding", {"encoding": "unorm", "image": np.zeros((4, 5, 3), np.int16)}),
        ("encoding", {"encoding": "unorm128", "image": np.zeros((4, 5, 3))}),
        ("rounding", {"rounding": "even"}),
    ],
)
def test_wrong_arguments_are_named(argument, change):
    arguments = {"image": np.zeros((4, 5, 3), np.uint8), "angle": 0.5, **change}
    with pytest.raises(InvalidInput) as error:
        rotate_vectors(arguments.pop("image"), arguments.pop("angle"), **arguments)
    assert error.value.argument == argument
