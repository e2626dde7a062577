"""`pool-switches`."""

from math import prod
from typing import Literal

from pydantic import Field

import geometry
from service.arrays.types.filters import PoolImages, ResultSwitches
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.filters.pooling import PoolWindows, pool_flops, pool_scratch, pooled_shape, windows_of
from service.operations.filters.window import pair


class PoolSwitchesParams(PoolWindows):
    image: PoolImages = Field(description="The pixels to pool.")
    method: Literal["max", "min"] = Field("max", description="Whether windows choose their maximum or minimum.")
    binary: bool = Field(False, description="Whether a pixel counts once, however many windows chose it.")


class PoolSwitchesResult(Document):
    switches: ResultSwitches = Field(description="How many windows chose each pixel; of equal pixels, the first.")


def _pool_switches(params: PoolSwitchesParams) -> PoolSwitchesResult:
    switches = geometry.pool_switches(
        params.image,
        pair(params.window),
        method=params.method,
        binary=params.binary,
        **windows_of(params),  # type: ignore[arg-type]
    )
    return PoolSwitchesResult(switches=switches)


def _pool_switches_cost(params: PoolSwitchesParams) -> Cost:
    image, shape = params.image, pooled_shape(params.image, params)
    frames = image.shape[0] if len(image.shape) == 4 else 1
    scratch = pool_scratch(image, params, shape, places=True, sums=False) + 8 * prod(image.shape) // frames
    pooled = prod(shape) * (image.dtype.itemsize + 8)
    return Cost(
        (OutputArray("switches", tuple(image.shape), "int32"),), scratch + pooled, pool_flops(image, shape, places=True)
    )


POOL_SWITCHES = Operation(
    name="pool-switches",
    family="filters",
    summary="Count the windows whose maximum or minimum each pixel is",
    params=PoolSwitchesParams,
    result=PoolSwitchesResult,
    run=_pool_switches,
    cost=_pool_switches_cost,
    examples=(
        Example(
            "Overlapping windows: 13 is the maximum of two",
            {"image": [[1, 2, 3], [13, 3, 1], [4, 2, 9]], "window": 2, "stride": 1},
        ),
    ),
)
