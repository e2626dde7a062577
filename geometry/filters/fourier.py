"""Discrete Fourier transforms, and filters given by what they do to each frequency."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import interrupt_point, threads
from geometry.errors import InvalidInput
from geometry.inputs import Array, choice, pixels

TRANSFORMS = ("forward", "inverse")
KINDS = ("complex", "real")
NORMS = ("backward", "ortho", "forward")
ORIGINS = ("corner", "center")

_MOST_AXES = 4


def fourier(
    image: ArrayLike,
    *,
    transform: str = "forward",
    kind: str = "complex",
    axes: Sequence[int] | None = None,
    norm: str = "backward",
    origin: str = "corner",
    length: int | None = None,
) -> Array:
    """Transform an array to frequencies, or back.

    Forward: `F[k] = s Σ_n image[n] exp(-2πi k n / N)`; inverse: `image[n] = s Σ_k F[k] exp(+2πi k n / N)`; along each
    of `axes`. Nothing is conjugated: for a column vector, take an array (N, 1) and axis 0. (Octave's and MATLAB's `x'`
    conjugates as it transposes; `x.'` does not. `fft(x')` there is `fourier(x.conj())` here.)

    Parameters
    ----------
    image
        One to four axes; numbers, real or complex, finite. For the inverse: frequencies.
    transform
        `forward` or `inverse`.
    kind
        `complex`: as many frequencies as numbers. `real`: of real numbers, whose spectrum is its own mirrored
        conjugate, only frequencies 0 … N // 2 along the last of `axes` are given, or taken back to real numbers.
    axes
        Different axes, counted from 0 or, negative, from the end. Default: the first two.
    norm
        The scale s, for N numbers in all: `backward` 1 forward and 1 / N inverse, `ortho` 1 / √N both, `forward` the
        reverse of `backward`.
    origin
        Where frequency 0 lies: at index 0, or at the `center` N // 2, except along the shortened axis.
    length
        How many numbers the inverse of kind `real` gives along the last of `axes`, for k frequencies 2k - 2 (default)
        or 2k - 1.

    Returns
    -------
    Array
        complex64 for float32 and complex64, otherwise complex128; float32 or float64 for the inverse of kind `real`.

    Raises
    ------
    InvalidInput
        An argument is not as above.
    """
    choice(transform, "transform", TRANSFORMS)
    choice(kind, "kind", KINDS)
    choice(norm, "norm", NORMS)
    choice(origin, "origin", ORIGINS)
    array = _numbers(image, "image")
    along = transform_axes(array.ndim, axes)
    inverse, halved = transform == "inverse", kind == "real"
    if halved and not inverse and array.dtype.kind == "c":
        raise InvalidInput("image", f"must be real for a forward transform of kind real, came as {array.dtype}")
    if length is not None and not (inverse and halved):
        raise InvalidInput("length", "belongs to the inverse of kind real")
    shape = transformed_shape(array.shape, transform=transform, kind=kind, axes=along, length=length)
    from scipy import fft  # it would delay every start

    interrupt_point()
    centred = [axis for axis in along if origin == "center" and not (halved and axis == along[-1])]
    source = fft.ifftshift(array, centred) if inverse and centred else array
    options = {"axes": along, "norm": norm, "workers": threads()}
    if halved and inverse:
        options["s"] = [shape[axis] for axis in along]
    steps = {"complex": (fft.fftn, fft.ifftn), "real": (fft.rfftn, fft.irfftn)}
    result = steps[kind][inverse](source, **options)
    shifted: Array = fft.fftshift(result, centred) if not inverse and centred else result
    return shifted


def fourier_filter(image: ArrayLike, transfer: ArrayLike, *, origin: str = "corner") -> Array:
    """Multiply the frequencies of an image by a transfer function.

    `out = Re F⁻¹(transfer · F(image))`, over rows and columns; the image repeats beyond its borders. The transfer
    function of a convolution kernel is the transform of the kernel, padded to the image, with its centre at [0, 0].

    Parameters
    ----------
    image
        (H, W) or (H, W, C), real, finite; channels are filtered alike.
    transfer
        (H, W), real or complex, finite; or its half (H, W // 2 + 1), columns of frequencies 0 … W // 2, where it is its
        own mirrored conjugate, as that of a real kernel is.
    origin
        Where frequency 0 lies in `transfer`: at [0, 0], or at the `center` [H // 2, W // 2] (half: [H // 2, 0]).

    Returns
    -------
    Array
        Shape of the image; float32 for float32, otherwise float64.

    Raises
    ------
    InvalidInput
        An argument is not as above.
    """
    choice(origin, "origin", ORIGINS)
    array = pixels(image)
    height, width, _ = array.shape
    _check_finite(array, "image")
    response = _numbers(transfer, "transfer")
    half = width // 2 + 1
    if response.shape not in ((height, width), (height, half)):
        raise InvalidInput(
            "transfer", f"must have shape {(height, width)} or {(height, half)}, came as {response.shape}"
        )
    from scipy import fft  # it would delay every start

    whole = response.shape[1] == width
    if origin == "center":
        response = fft.ifftshift(response, (0, 1) if whole and half < width else (0,))
    if whole and half < width:
        # The real part of the result is that of the part of the response which mirrors its own conjugate.
        mirrored = np.roll(response[::-1, ::-1], (1, 1), (0, 1))[:, :half].conj()
        response = response[:, :half] / 2 + mirrored / 2
    response = response.astype(np.complex64 if array.dtype == np.float32 else np.complex128, copy=False)
    interrupt_point()
    spectrum = fft.rfftn(array, axes=(0, 1), workers=threads())
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is infinite or NaN in the result
        spectrum *= response[:, :, np.newaxis]
    out: Array = fft.irfftn(spectrum, s=(height, width), axes=(0, 1), workers=threads(), overwrite_x=True)
    return out[:, :, 0] if np.ndim(image) == 2 else out


def transform_axes(axis_count: int, axes: Sequence[int] | None) -> tuple[int, ...]:
    """The axes of a transform, counted from 0.

    Raises
    ------
    InvalidInput
        `axes` names none, one that is not there, or one twice.
    """
    if axes is None:
        return tuple(range(min(axis_count, 2)))
    if not all(isinstance(axis, int | np.integer) and -axis_count <= axis < axis_count for axis in axes):
        raise InvalidInput("axes", f"must be whole numbers from {-axis_count} to {axis_count - 1}, came as {axes}")
    along = tuple(int(axis) % axis_count for axis in axes)
    if not along or len(set(along)) < len(along):
        raise InvalidInput("axes", f"must be different axes, one at least, came as {axes}")
    return along


def transformed_shape(
    shape: Sequence[int], *, transform: str, kind: str, axes: Sequence[int], length: int | None = None
) -> tuple[int, ...]:
    """Shape of what `fourier` returns, from the shape of what it is given.

    Raises
    ------
    InvalidInput
        `length` does not fit the number of frequencies.
    """
    result, last = list(shape), axes[-1]
    if kind == "complex":
        return tuple(result)
    if transform == "forward":
        result[last] = shape[last] // 2 + 1
        return tuple(result)
    longest = 2 * shape[last] - 1
    result[last] = max(1, longest - 1) if length is None else length
    if result[last] not in (longest - 1, longest) or result[last] < 1:
        raise InvalidInput("length", f"{shape[last]} frequencies belong to {max(1, longest - 1)} or {longest} numbers")
    return tuple(result)


def _numbers(value: ArrayLike, name: str) -> Array:
    try:
        array = np.asarray(value)
    except ValueError:
        raise InvalidInput(name, "is not a rectangular array") from None
    if array.dtype.kind not in "biufc" or array.dtype.itemsize > (16 if array.dtype.kind == "c" else 8):
        raise InvalidInput(name, f"must hold real or complex numbers, came as {array.dtype}")
    if not 1 <= array.ndim <= _MOST_AXES or 0 in array.shape:
        raise InvalidInput(name, f"must have one to {_MOST_AXES} axes, none of them empty, came as {array.shape}")
    _check_finite(array, name)
    kept = array.dtype.newbyteorder("=").name in ("float32", "complex64")
    kind = {False: "float64", True: "complex128"}[array.dtype.kind == "c"]
    return array.astype(array.dtype.newbyteorder("=") if kept else kind, copy=False)


def _check_finite(array: Array, name: str) -> None:
    if array.dtype.kind in "fc" and not np.isfinite(array).all():
        place = np.argwhere(~np.isfinite(array))[0]
        raise InvalidInput("/".join([name, *map(str, place)]), "must be a finite number")
