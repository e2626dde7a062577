"""What the pooling operations share: how their windows lie, and what they hold besides inputs and outputs."""

from math import prod

from pydantic import Field

import geometry
from geometry.filters.extrema import scratch_bytes
from geometry.filters.pooling.sums import sums_bytes
from geometry.filters.pooling.windows import pooling_axes
from service.arrays.pending import Array
from service.documents import Document
from service.operations.filters.window import Dilation, Padding, Steps, Stride, pair

STRIDE = "Step between windows: one number, or [rows, columns]; the window where none is given."
CEIL_MODE = "Whether a last window may reach beyond the padding, as long as it begins inside the image or before it."


class PoolWindows(Document):
    window: Steps = Field(description="Size of the windows: one number, or [rows, columns].")
    stride: Stride | None = Field(None, description=STRIDE)
    dilation: Dilation = 1
    padding: Padding = "valid"
    ceil_mode: bool = Field(False, description=CEIL_MODE)


def windows_of(params: PoolWindows) -> dict[str, object]:
    """The options of the geometry's functions, but for the window."""
    return {
        "stride": None if params.stride is None else pair(params.stride),
        "dilation": pair(params.dilation),
        "padding": params.padding,
        "ceil_mode": params.ceil_mode,
    }


def pooled_shape(image: Array, params: PoolWindows) -> tuple[int, ...]:
    """Shape of what the windows are reduced to."""
    if 0 in image.shape:
        raise geometry.InvalidInput("image", f"must not be empty, came as {tuple(image.shape)}")
    return geometry.pooled_shape(image.shape, pair(params.window), **windows_of(params))  # type: ignore[arg-type]


def pool_scratch(image: Array, params: PoolWindows, shape: tuple[int, ...], *, places: bool, sums: bool) -> int:
    """Bytes held besides inputs and outputs."""
    size, channels = (image.shape[1:3], image.shape[3]) if len(image.shape) == 4 else (image.shape[:2], 1)
    channels = image.shape[2] if len(image.shape) == 3 else channels
    rows, columns = pooling_axes(size, pair(params.window), **windows_of(params))  # type: ignore[arg-type]
    if sums:
        return sums_bytes(rows, columns, channels)
    strips = scratch_bytes(rows, columns, channels, 8 if places else image.dtype.itemsize)
    if not places:
        return strips
    ranks = 48 * prod(image.shape) if image.dtype == "float64" else 0
    return strips + 48 * prod(shape) + ranks


def pool_flops(image: Array, shape: tuple[int, ...], *, places: bool = False) -> float:
    """Within a factor of two for windows of usual sizes; larger ones cost little more."""
    each = 300.0 if places and image.dtype == "float64" else 60.0 if places else 25.0
    return each * (prod(image.shape) + prod(shape))
