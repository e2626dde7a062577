"""`threshold`."""

from math import prod
from typing import Literal

from pydantic import Field

import geometry
from service.arrays.types.filters import ResultFiltered, ResultThresholds
from service.arrays.types.images import Image
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.filters.smoothing import Window, real_dtype, windowed_scratch
from service.operations.filters.window import pair
from service.operations.shapes import Numbers


class ThresholdParams(Document):
    image: Image = Field(description="The pixels to compare.")
    method: Literal["fixed", "otsu", "mean", "gaussian"] = Field(
        "fixed",
        description="`fixed`: `value`. `otsu`: what parts the histogram best. `mean`, `gaussian`: a mean around each "
        "pixel, less `offset`.",
    )
    value: Numbers | None = Field(None, description="The threshold for `fixed`: one number, or one for each channel.")
    kind: Literal["binary", "binary_inverse", "truncate", "to_zero", "to_zero_inverse"] = Field(
        "binary",
        description="Above the threshold, and elsewhere: `maximum`, 0; 0, `maximum`; the threshold, the pixel; the "
        "pixel, 0; 0, the pixel. Local thresholds give the first two.",
    )
    maximum: float | None = Field(
        None, description="What `binary` kinds write. Default: the largest number of an integer dtype, or 1."
    )
    window: Window = Field(11, description="Odd numbers of pixels for local means: one number, or [rows, columns].")
    offset: float = Field(0.0, description="What local means are lowered by, in the image's units.")


class ThresholdResult(Document):
    image: ResultFiltered = Field(description="The pixels after the comparison.")
    threshold: ResultThresholds | None = Field(None, description="The threshold of each channel; null for local ones.")
    method: str = Field(description="Where the threshold came from.")


def _threshold(params: ThresholdParams) -> ThresholdResult:
    found = geometry.threshold(
        params.image,
        method=params.method,
        value=params.value,
        kind=params.kind,
        maximum=params.maximum,
        window=pair(params.window),
        offset=params.offset,
    )
    return ThresholdResult(**found._asdict(), method=params.method)


def _cost(params: ThresholdParams) -> Cost:
    shape, dtype = params.image.shape, params.image.dtype
    values, channels = prod(shape), prod(shape[2:])
    image = OutputArray("image", shape, dtype.name)
    bands = 16 * 64 * prod(shape[1:]) * geometry.threads()
    if params.method == "fixed":
        return Cost((image, OutputArray("threshold", (channels,), "float64")), bands, 4.0 * values)
    if params.method == "otsu":
        histogram = 8 * 8 * 65_536 + 16 * shape[0] * shape[1]
        return Cost((image, OutputArray("threshold", (channels,), "float64")), bands + histogram, 20.0 * values)
    sides = pair(params.window)
    means = values * (8 if real_dtype(dtype.name) == "float64" else 4)
    taps = sum(sides) if params.method == "gaussian" else 20
    return Cost((image,), bands + 3 * means + windowed_scratch(shape, sides), 2.0 * values * taps)


THRESHOLD = Operation(
    name="threshold",
    family="filters",
    summary="Compare each pixel with a threshold: a fixed one, Otsu's, or a local one",
    params=ThresholdParams,
    result=ThresholdResult,
    run=_threshold,
    cost=_cost,
    examples=(
        Example(
            "Otsu's threshold", {"image": {"data": [[10, 12, 90], [11, 95, 92]], "dtype": "uint8"}, "method": "otsu"}
        ),
        Example("A fixed threshold", {"image": [[1, 5, 9]], "value": 4, "kind": "to_zero"}),
    ),
)
