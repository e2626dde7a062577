"""`fourier`."""

from math import log2, prod
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

import geometry
from geometry.errors import InvalidInput
from geometry.filters.fourier import transform_axes, transformed_shape
from service.arrays.types.filters import Response, ResultSpectrum, Spectrum
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray


class FourierParams(Document):
    image: Spectrum = Field(description="The numbers, or for the inverse the frequencies; their real part.")
    imaginary: Spectrum | None = Field(None, description="Their imaginary part, of the same shape; null for none.")
    transform: Literal["forward", "inverse", "filter"] = Field(
        "forward", description="To frequencies, back from them, or there and back with `transfer` in between."
    )
    kind: Literal["complex", "real"] = Field(
        "complex",
        description="`real`: of real numbers, frequencies 0 … N // 2 alone along the last of `axes`.",
    )
    axes: list[Annotated[int, Field(ge=-4, le=3)]] | None = Field(
        None, min_length=1, max_length=4, description="Axes to transform; null: the first two."
    )
    norm: Literal["backward", "ortho", "forward"] = Field(
        "backward",
        description="Where the scale 1 / N is: on the way back, by its root on both ways, or on the way there.",
    )
    origin: Literal["corner", "center"] = Field(
        "corner", description="Where frequency 0 lies: at index 0, or at N // 2."
    )
    length: int | None = Field(
        None,
        ge=1,
        le=2**31 - 1,
        description="How many numbers the inverse of kind `real` gives along the last of `axes`; null: an even number.",
    )
    transfer: Response | None = Field(
        None,
        description=(
            "For `filter`: the transfer function of all frequencies (K = W) or of columns 0 … W // 2; its real part."
        ),
    )
    transfer_imaginary: Response | None = Field(
        None, description="Its imaginary part, of the same shape; null for none."
    )


class FourierResult(Document):
    real: ResultSpectrum = Field(description="The result, or its real part.")
    imaginary: ResultSpectrum | None = Field(None, description="Its imaginary part; absent where the result is real.")
    norm: str = Field(description="Where the scale 1 / N is.")
    origin: str = Field(description="Where frequency 0 lies.")


def _joined(real: Any, imaginary: Any) -> Any:
    """Complex numbers of two parts: complex64 of two float32, otherwise complex128."""
    if imaginary is None:
        return real
    single = real.dtype == imaginary.dtype == np.float32
    joined = np.empty(real.shape, np.complex64 if single else np.complex128)
    joined.real, joined.imag = real, imaginary
    return joined


def _fourier(params: FourierParams) -> FourierResult:
    if params.transform == "filter":
        transfer = _joined(params.transfer, params.transfer_imaginary)
        found = geometry.fourier_filter(params.image, transfer, origin=params.origin)
    else:
        found = geometry.fourier(
            _joined(params.image, params.imaginary),
            transform=params.transform,
            kind=params.kind,
            axes=params.axes,
            norm=params.norm,
            origin=params.origin,
            length=params.length,
        )
    imaginary = np.ascontiguousarray(found.imag) if found.dtype.kind == "c" else None
    real = np.ascontiguousarray(found.real)
    return FourierResult(real=real, imaginary=imaginary, norm=params.norm, origin=params.origin)


def _check_parts(params: FourierParams) -> None:
    """What belongs together, as far as shapes tell."""
    for name, part, other in (
        ("imaginary", params.imaginary, params.image),
        ("transfer_imaginary", params.transfer_imaginary, params.transfer),
    ):
        if part is not None and (other is None or tuple(part.shape) != tuple(other.shape)):
            raise InvalidInput(name, "must have the shape of the real part")
    filtering = params.transform == "filter"
    if filtering != (params.transfer is not None):
        raise InvalidInput("transfer", "belongs to transform filter, which needs it")
    given = [("imaginary", params.imaginary), ("axes", params.axes), ("length", params.length)]
    for name, value in given if filtering else []:
        if value is not None:
            raise InvalidInput(name, "does not belong to transform filter")
    if not filtering and params.kind == "real" and params.transform == "forward" and params.imaginary is not None:
        raise InvalidInput("imaginary", "must be null for a forward transform of kind real")
    if params.length is not None and (params.transform, params.kind) != ("inverse", "real"):
        raise InvalidInput("length", "belongs to the inverse of kind real")


def _fourier_cost(params: FourierParams) -> Cost:
    _check_parts(params)
    shape = tuple(params.image.shape)
    if not 1 <= len(shape) <= 4 or 0 in shape:
        raise InvalidInput("image", f"must have one to four axes, none of them empty, came as {shape}")
    parts = [params.image] if params.imaginary is None else [params.image, params.imaginary]
    dtype = "float32" if all(part.dtype == np.float32 for part in parts) else "float64"
    size, real = prod(shape), True
    if params.transform == "filter":
        _check_transfer(params, shape)
        result, along = shape, transform_axes(len(shape), None)
    else:
        along = transform_axes(len(shape), params.axes)
        result = transformed_shape(
            shape, transform=params.transform, kind=params.kind, axes=along, length=params.length
        )
        real = (params.transform, params.kind) == ("inverse", "real")
    names = ("real",) if real else ("real", "imaginary")
    work = 5.0 * max(size, prod(result)) * sum(log2(2 * max(shape[axis], result[axis])) for axis in along)
    scratch = 4 * np.dtype(dtype).itemsize * (size + 2 * prod(result))
    return Cost(tuple(OutputArray(name, result, dtype) for name in names), scratch, 2 * work)


def _check_transfer(params: FourierParams, shape: tuple[int, ...]) -> None:
    if len(shape) not in (2, 3):
        raise InvalidInput("image", f"must have shape (H, W) or (H, W, C) to be filtered, came as {shape}")
    given = () if params.transfer is None else tuple(params.transfer.shape)
    if given not in (shape[:2], (shape[0], shape[1] // 2 + 1)):
        raise InvalidInput(
            "transfer", f"must have shape {shape[:2]} or {(shape[0], shape[1] // 2 + 1)}, came as {given}"
        )


FOURIER = Operation(
    name="fourier",
    family="filters",
    summary="Transform numbers to frequencies and back, or filter an image by what is done to each frequency",
    params=FourierParams,
    result=FourierResult,
    run=_fourier,
    cost=_fourier_cost,
    examples=(
        Example("A row of complex numbers", {"image": [[1, 3, 2, 8]], "imaginary": [[0.5, 0, 0, 3]], "axes": [1]}),
        Example(
            "Keep the mean alone",
            {"image": [[1, 2], [3, 6]], "transform": "filter", "transfer": [[1, 0], [0, 0]]},
        ),
    ),
)
