"""Fundamental matrix of two cameras."""

from typing import Literal

import numpy as np
from pydantic import Field

import geometry
from geometry.relations import PAIR_STATUS
from service.arrays.types.cameras import Projection, ResultFundamental
from service.arrays.types.relations import ResultEpipole
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.cameras.pairs import (
    CONDITION,
    CONVENTION,
    CONVENTION_FIELD,
    LEFT,
    NORMALIZATION,
    RIGHT,
    Normalization,
)
from service.operations.shapes import Size


class FundamentalParams(Document):
    left: Projection = Field(description="Projection matrix of the left camera.")
    right: Projection = Field(description="Projection matrix of the right camera.")
    normalization: Normalization = Field("frobenius", description=NORMALIZATION)
    left_size: Size | None = Field(None, description="Size of the left image, to tell whether the epipole lies in it.")
    right_size: Size | None = Field(None, description="Size of the right image, for the same.")


class FundamentalResult(Document):
    fundamental: ResultFundamental = Field(description="The fundamental matrix.")
    status: Literal["ok", "ill_conditioned"] = Field(
        description=f"`ill_conditioned`: F may be wrong by more than 1 in 1000. {CONDITION}"
    )
    condition: float = Field(description=CONDITION)
    epipoles: ResultEpipole = Field(description="The epipole in the left image (F e = 0), and that in the right one.")
    epipole_in_left: bool | None = Field(
        description="Whether the epipole lies in the left image, if its size is given."
    )
    epipole_in_right: bool | None = Field(
        description="Whether the epipole lies in the right image, if its size is given."
    )
    normalization: Normalization = Field(description="The normalization that was applied.")
    convention: str = Field(CONVENTION, description=CONVENTION_FIELD)


def _fundamental(params: FundamentalParams) -> FundamentalResult:
    matrix = geometry.fundamental(params.left, params.right, normalization=params.normalization)
    sizes = [(1, 1) if size is None else size.pair() for size in (params.left_size, params.right_size)]
    found = geometry.fundamental_pairs(np.stack([params.left, params.right]), [[0, 1]], sizes=sizes)
    inside = [flags is not None and bool(flags[0]) for flags in (found.epipole_in_left, found.epipole_in_right)]
    return FundamentalResult(
        fundamental=matrix,
        status=PAIR_STATUS[found.status[0]],  # type: ignore[arg-type]  # the other two are raised as errors
        condition=float(found.condition[0]),
        epipoles=found.epipoles[0],
        epipole_in_left=inside[0] if params.left_size is not None else None,
        epipole_in_right=inside[1] if params.right_size is not None else None,
        normalization=params.normalization,
        convention=CONVENTION,
    )


FUNDAMENTAL = Operation(
    name="fundamental",
    family="cameras",
    summary="Compute the fundamental matrix of two cameras",
    params=FundamentalParams,
    result=FundamentalResult,
    run=_fundamental,
    cost=lambda _: Cost(
        (OutputArray("fundamental", (3, 3), "float64"), OutputArray("epipoles", (2, 3), "float64")), 8192, 2000.0
    ),
    examples=(
        Example("Two cameras with whole numbers", {"left": LEFT, "right": RIGHT, "normalization": "none"}),
        Example(
            "A camera, and one that has moved straight ahead: the epipole is in the image",
            {
                "left": [[800, 0, 320, 0], [0, 800, 240, 0], [0, 0, 1, 0]],
                "right": [[800, 0, 320, -320], [0, 800, 240, -240], [0, 0, 1, -1]],
                "left_size": {"width": 640, "height": 480},
                "right_size": {"width": 640, "height": 480},
            },
        ),
    ),
)
