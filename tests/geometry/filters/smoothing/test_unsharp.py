import numpy as np
import pytest

from geometry import InvalidInput, unsharp
from geometry.inputs import PIXEL_DTYPES
from tests.naive.smoothing import bell, weighted

IMAGE = np.random.default_rng(1).integers(0, 256, (7, 9, 2))


@pytest.mark.parametrize("dtype", PIXEL_DTYPES)
def test_it_agrees_with_the_definition(dtype: str, bands: int) -> None:
    image = IMAGE.astype(dtype)
    mask = image - weighted(image, np.outer(bell(1.2, 5), bell(0.7, 3)))
    expected = image + 1.5 * np.where(np.abs(mask) >= 20, mask, 0)
    if image.dtype.kind in "iu":
        info = np.iinfo(image.dtype)
        expected = np.clip(expected, info.min, info.max)
    found = unsharp(image, sigma=(1.2, 0.7), amount=1.5, threshold=20)
    assert found.dtype == image.dtype
    # half a level where integers are rounded, and 20 roundings of float32 at 650
    assert np.abs(found - expected).max() <= (0.5 if image.dtype.kind in "iu" else 0) + 20 * 650 * 2**-24


def test_no_amount_and_a_constant_change_nothing() -> None:
    image = IMAGE.astype(np.uint8)
    assert np.array_equal(unsharp(image, amount=0), image)
    flat = np.full((4, 5), 77, np.uint8)
    assert np.array_equal(unsharp(flat, sigma=2, amount=3), flat)
    assert np.array_equal(unsharp(image, threshold=256), image)


@pytest.mark.parametrize(
    ("argument", "options"),
    [
        ("sigma", {"sigma": -1}),
        ("sigma", {"sigma": 1000}),
        ("amount", {"amount": 1001}),
        ("amount", {"amount": np.nan}),
        ("threshold", {"threshold": -1}),
        ("truncate", {"truncate": 0}),
        ("border", {"border": "mirror"}),
    ],
)
def test_wrong_arguments_are_named(argument: str, options: dict[str, object]) -> None:
    with pytest.raises(InvalidInput) as error:
        unsharp(IMAGE.astype(np.uint8), **options)  # type: ignore[arg-type]
    assert error.value.argument == argument
