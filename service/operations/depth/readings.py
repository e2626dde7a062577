"""What operations on depth maps are told alike."""

from typing import Annotated, Literal

from pydantic import Field

DepthKind = Annotated[
    Literal["z", "ray"],
    Field(
        description=(
            "`z`: distance along the optical axis. `ray`: distance from the camera centre. The same on output."
        )
    ),
]
DepthScale = Annotated[
    float,
    Field(
        gt=0,
        description="Length of one depth unit in the transform's unit: 0.001 for millimetres with poses in metres.",
    ),
]
NoReading = Annotated[
    list[float],
    Field(
        max_length=16,
        description="Further values that mean no reading, such as 65535; 0, NaN, infinite and negative always do.",
    ),
]
INTRINSICS_EXAMPLE = [[2, 0, 1], [0, 2, 1], [0, 0, 1]]
