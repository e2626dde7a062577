"""Transforms to frequencies and back, and filters given by their response."""

import math

import numpy as np
import pytest

from geometry import InvalidInput, fourier, fourier_filter
from tests.naive import fourier as naive


def numbers(seed, shape, *, imaginary=True):
    rng = np.random.default_rng(seed)
    return rng.normal(size=shape) + (1j * rng.normal(size=shape) if imaginary else 0)


@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (5, 7), (8, 3), (4, 5, 2)])
@pytest.mark.parametrize("norm", ["backward", "ortho", "forward"])
@pytest.mark.parametrize("transform", ["forward", "inverse"])
def test_transforms_are_their_sums(shape: tuple[int, ...], norm: str, transform: str) -> None:
    array = numbers(1, shape)
    count = shape[0] * shape[1]
    shares = {"backward": (0, 1), "ortho": (0.5, 0.5), "forward": (1, 0)}[norm]
    scale = count ** -shares[transform == "inverse"]
    expected = naive.transform(array, (0, 1), -1 if transform == "forward" else 1, scale)
    # Some 40 roundings of values of up to 56 terms of size 3.
    np.testing.assert_allclose(fourier(array, transform=transform, norm=norm), expected, rtol=0, atol=1e-12)


def test_the_conjugating_transpose_of_octave_is_two_things() -> None:
    """`fft(x')` in Octave is that of the conjugate; transposing alone does not change the transform of a vector."""
    row = np.array([1 + 0.5j, 3, 2, 8 + 3j])
    plain = [14 + 3.5j, -4 + 5.5j, -8 - 2.5j, 2 - 4.5j]
    octave = [14 - 3.5j, 2 + 4.5j, -8 + 2.5j, -4 - 5.5j]
    # Sums of four terms below 10.
    np.testing.assert_allclose(fourier(row), plain, atol=1e-14)
    np.testing.assert_allclose(fourier(row.T), plain, atol=1e-14)
    np.testing.assert_allclose(fourier(row.conj()), octave, atol=1e-14)
    column = row.reshape(4, 1)
    np.testing.assert_allclose(fourier(column, axes=[0])[:, 0], plain, atol=1e-14)
    np.testing.assert_array_equal(fourier(column, axes=[1]), column)  # a column of rows of one number: nothing to do
    np.testing.assert_allclose(fourier(column.conj().T, axes=[1])[0], octave, atol=1e-14)


@pytest.mark.parametrize("shape", [(6, 8), (5, 7), (1, 1), (3, 1), (4, 6, 3)])
@pytest.mark.parametrize("kind", ["complex", "real"])
@pytest.mark.parametrize("origin", ["corner", "center"])
def test_there_and_back_gives_the_numbers(shape: tuple[int, ...], kind: str, origin: str) -> None:
    array = numbers(2, shape, imaginary=kind == "complex")
    there = fourier(array, kind=kind, origin=origin, norm="ortho")
    length = shape[1] if kind == "real" else None
    back = fourier(there, transform="inverse", kind=kind, origin=origin, norm="ortho", length=length)
    assert back.dtype == array.dtype
    np.testing.assert_allclose(back, array, atol=1e-14)  # a few roundings of numbers around 1


def test_the_real_kind_is_half_of_the_complex_one() -> None:
    array = numbers(3, (5, 8), imaginary=False)
    whole, half = fourier(array), fourier(array, kind="real")
    assert half.shape == (5, 5)
    np.testing.assert_allclose(half, whole[:, :5], atol=1e-13)
    np.testing.assert_allclose(fourier(array, kind="real", axes=[1, 0]), fourier(array)[:3], atol=1e-13)
    centred = fourier(array, kind="real", origin="center")
    np.testing.assert_allclose(centred, np.roll(half, 2, axis=0), atol=1e-13)


def test_energy_is_kept() -> None:
    array = numbers(4, (9, 10))
    energy = np.sum(np.abs(fourier(array, norm="ortho")) ** 2)
    assert math.isclose(energy, np.sum(np.abs(array) ** 2), rel_tol=1e-13)


def test_a_shift_turns_the_phases() -> None:
    array = numbers(5, (6, 7))
    k, m = np.meshgrid(np.arange(6), np.arange(7), indexing="ij")
    turned = fourier(array) * np.exp(-2j * np.pi * (2 * k / 6 - 3 * m / 7))
    np.testing.assert_allclose(fourier(np.roll(array, (2, -3), (0, 1))), turned, atol=1e-12)


def test_products_of_spectra_are_circular_convolutions() -> None:
    image, kernel = numbers(6, (5, 6), imaginary=False), numbers(7, (5, 6), imaginary=False)
    expected = naive.circular_convolution(image, kernel)
    np.testing.assert_allclose(fourier_filter(image, fourier(kernel)), expected, atol=1e-12)
    np.testing.assert_allclose(fourier_filter(image, fourier(kernel, kind="real")), expected, atol=1e-12)
    centred = fourier(kernel, origin="center")
    np.testing.assert_allclose(fourier_filter(image, centred, origin="center"), expected, atol=1e-12)
    half = fourier(kernel, kind="real", origin="center")
    np.testing.assert_allclose(fourier_filter(image, half, origin="center"), expected, atol=1e-12)


@pytest.mark.parametrize("shape", [(5, 6), (4, 7), (1, 1), (1, 2), (3, 1), (2, 2)])
def test_an_arbitrary_response_gives_the_real_part(shape: tuple[int, int]) -> None:
    image, transfer = numbers(8, shape, imaginary=False), numbers(9, shape)
    expected = np.fft.ifft2(np.fft.fft2(image) * transfer).real
    np.testing.assert_allclose(fourier_filter(image, transfer), expected, atol=1e-13)


@pytest.mark.parametrize(("given", "forward", "filtered"), [
    ("uint8", "complex128", "float64"), ("int32", "complex128", "float64"), ("float32", "complex64", "float32"),
    ("float64", "complex128", "float64"),
])  # fmt: skip
def test_float32_stays_float32(given: str, forward: str, filtered: str) -> None:
    image = np.arange(24).reshape(4, 6).astype(given)
    assert fourier(image).dtype == forward
    assert fourier(image, kind="real").dtype == forward
    assert fourier(fourier(image, kind="real"), transform="inverse", kind="real").dtype == filtered
    transfer = np.ones((4, 6)) * (1 + 0j)
    out = fourier_filter(image, transfer)
    assert out.dtype == filtered
    np.testing.assert_allclose(out, image, atol=1e-5)  # float32 at 24


def test_channels_are_filtered_alike() -> None:
    image, transfer = numbers(10, (4, 5, 3), imaginary=False), numbers(11, (4, 5))
    out = fourier_filter(image, transfer)
    for channel in range(3):
        np.testing.assert_allclose(out[:, :, channel], fourier_filter(image[:, :, channel], transfer), atol=1e-14)


def test_arguments_are_checked_by_name() -> None:
    array = np.ones((4, 5))
    for argument, options in (
        ("transform", {"transform": "sideways"}),
        ("kind", {"kind": "imaginary"}),
        ("norm", {"norm": "unit"}),
        ("origin", {"origin": "middle"}),
        ("axes", {"axes": []}),
        ("axes", {"axes": [2]}),
        ("axes", {"axes": [0, -2]}),
        ("axes", {"axes": [0.5]}),
        ("length", {"length": 4}),
        ("length", {"length": 12, "transform": "inverse", "kind": "real"}),
    ):
        with pytest.raises(InvalidInput) as raised:
            fourier(array, **options)
        assert raised.value.argument == argument
    for wrong in (np.full((2, 2), np.nan), np.array(["a"]), np.ones((0, 3)), np.ones((1,) * 5), 3.0, [[1], [1, 2]]):
        with pytest.raises(InvalidInput, match="image"):
            fourier(wrong)
    with pytest.raises(InvalidInput, match="image"):
        fourier(array * 1j, kind="real")
    with pytest.raises(InvalidInput, match="transfer"):
        fourier_filter(array, np.ones((4, 4)))
    with pytest.raises(InvalidInput, match="transfer"):
        fourier_filter(array, np.full((4, 5), np.inf))
    with pytest.raises(InvalidInput, match="image"):
        fourier_filter(array * np.nan, array)
    with pytest.raises(InvalidInput, match="origin"):
        fourier_filter(array, array, origin="edge")
