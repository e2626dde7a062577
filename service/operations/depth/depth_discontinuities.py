"""`depth-discontinuities`."""

from pydantic import Field

import geometry
from geometry.depth import DISCONTINUITY_STATUS
from geometry.depth.jumps import MAX_JUMP
from service.arrays.types.depth import Depth, ResultPixelStatus
from service.arrays.types.images import ResultMask
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.depth.readings import MaxJump, NoReading
from service.operations.statuses import STATUS_NAMES, status_counts


class DepthDiscontinuitiesParams(Document):
    depth: Depth = Field(description="Depth map, along the axis or along rays.")
    no_reading: NoReading = Field(default_factory=list)
    max_jump: MaxJump = MAX_JUMP


class DepthDiscontinuitiesResult(Document):
    mask: ResultMask = Field(description="Where a neighbour lies on another surface.")
    status: ResultPixelStatus = Field(
        description=(
            "Status code of each pixel. `occluding`: a neighbour lies on another surface, farther away; `occluded`: "
            "nearer; `both`: one of each. `beside_no_reading`: none of these, but a neighbour has no reading."
        )
    )
    status_names: dict[int, str] = Field(description=STATUS_NAMES)
    status_counts: dict[str, int] = Field(description="How many pixels have each status.")


def _discontinuities(params: DepthDiscontinuitiesParams) -> DepthDiscontinuitiesResult:
    found = geometry.depth_discontinuities(params.depth, no_reading=params.no_reading, max_jump=params.max_jump)
    return DepthDiscontinuitiesResult(
        **found._asdict(),
        status_names=dict(enumerate(DISCONTINUITY_STATUS)),
        status_counts=status_counts(found.status, DISCONTINUITY_STATUS),
    )


def _cost(params: DepthDiscontinuitiesParams) -> Cost:
    shape = params.depth.shape
    pixels = shape[0] * shape[1]
    outputs = (OutputArray("mask", shape, "bool"), OutputArray("status", shape, "uint8"))
    return Cost(outputs, 18 * pixels, 80.0 * pixels)


DEPTH_DISCONTINUITIES = Operation(
    name="depth-discontinuities",
    family="depth",
    summary="Find where a depth map goes from one surface to another",
    params=DepthDiscontinuitiesParams,
    result=DepthDiscontinuitiesResult,
    run=_discontinuities,
    cost=_cost,
    examples=(
        Example(
            "A box before a wall, and a pixel without a reading",
            {"depth": [[3, 3, 3, 3], [3, 2, 2, 3], [3, 2, 2, None]]},
        ),
    ),
)
