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
LensModel = Annotated[
    Literal["brown", "fisheye"],
    Field(description="`brown`: Brown–Conrady. `fisheye`: Kannala–Brandt (OpenCV's fisheye)."),
]
DISTORTION = (
    "`brown`: k1 k2 p1 p2, or with k3, or with k3 k4 k5 k6 (OpenCV's order). `fisheye`: k1 k2 k3 k4. Default: no lens."
)
MaxJump = Annotated[
    float,
    Field(
        ge=0,
        description=(
            "Neighbouring readings belong to one surface where they differ by no more than this share of the nearer "
            "one, or continue a plane."
        ),
    ),
]
INTRINSICS_EXAMPLE = [[2, 0, 1], [0, 2, 1], [0, 0, 1]]
