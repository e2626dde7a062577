"""Operations on cameras and pairs of cameras."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydantic import Field

import geometry
from geometry.cameras import PAIR_STATUS
from service.arrays.pending import Array, ArrayStream
from service.arrays.types import (
    IndexPairs,
    Intrinsics,
    Projection,
    Projections,
    Quaternions,
    ResultFundamental,
    ResultFundamentals,
    ResultProjections,
    ResultRig,
    ResultStatus,
    Rotations,
    Vectors3,
)
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray

Normalization = Literal["frobenius", "none"]

_CONVENTION = "right^T F left = 0"
_BLOCK_BYTES = 8 << 20
_LEFT = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]
_RIGHT = [[1, 1, 1, 3], [0, 2, 0, 3], [0, 1, 1, 0]]
_THIRD = [[1, 0, 0, -1], [0, 1, 0, 2], [0, 0, 1, 4]]

_NORMALIZATION = "`frobenius`: unit norm, sign kept. `none`: exactly the 4×4 determinants. Never divided by F33."
_CONVENTION_FIELD = "The relation that F satisfies for matching points (x, y, 1)."
_STATUS_NAMES = "What each status code means, by its number."
_STATUS_COUNTS = "How many pairs have each status."


def _counts(status: Array) -> dict[str, int]:
    numbers = np.bincount(status.reshape(-1), minlength=len(PAIR_STATUS))
    return {name: int(number) for name, number in zip(PAIR_STATUS, numbers, strict=True)}


class FundamentalParams(Document):
    left: Projection = Field(description="Projection matrix of the left camera.")
    right: Projection = Field(description="Projection matrix of the right camera.")
    normalization: Normalization = Field("frobenius", description=_NORMALIZATION)


class FundamentalResult(Document):
    fundamental: ResultFundamental = Field(description="The fundamental matrix.")
    normalization: Normalization = Field(description="The normalization that was applied.")
    convention: str = Field(_CONVENTION, description=_CONVENTION_FIELD)


def _fundamental(params: FundamentalParams) -> FundamentalResult:
    matrix = geometry.fundamental(params.left, params.right, normalization=params.normalization)
    return FundamentalResult(fundamental=matrix, normalization=params.normalization, convention=_CONVENTION)


FUNDAMENTAL = Operation(
    name="fundamental",
    family="cameras",
    summary="Compute the fundamental matrix of two cameras",
    params=FundamentalParams,
    result=FundamentalResult,
    run=_fundamental,
    cost=lambda _: Cost((OutputArray("fundamental", (3, 3), "float64"),), 4096, 1000.0),
    examples=(Example("Two cameras with whole numbers", {"left": _LEFT, "right": _RIGHT, "normalization": "none"}),),
)


class FundamentalPairsParams(Document):
    projections: Projections = Field(description="Projection matrices of all cameras.")
    pairs: IndexPairs = Field(description="The pairs to compute, as camera numbers (left, right).")
    normalization: Normalization = Field("frobenius", description=_NORMALIZATION)


class FundamentalPairsResult(Document):
    fundamental: ResultFundamentals = Field(description="One matrix a pair; zero where the status is not ok.")
    status: ResultStatus = Field(description="Status code of each pair.")
    status_names: dict[int, str] = Field(description=_STATUS_NAMES)
    status_counts: dict[str, int] = Field(description=_STATUS_COUNTS)
    convention: str = Field(_CONVENTION, description=_CONVENTION_FIELD)


def _pairs(params: FundamentalPairsParams) -> FundamentalPairsResult:
    found = geometry.fundamental_pairs(params.projections, params.pairs, normalization=params.normalization)
    return FundamentalPairsResult(
        fundamental=found.fundamental,
        status=found.status,
        status_names=dict(enumerate(PAIR_STATUS)),
        status_counts=_counts(found.status),
        convention=_CONVENTION,
    )


def _pairs_cost(params: FundamentalPairsParams) -> Cost:
    cameras, pairs = params.projections.shape[0], params.pairs.shape[0]
    outputs = (OutputArray("fundamental", (pairs, 3, 3), "float64"), OutputArray("status", (pairs,), "uint8"))
    return Cost(outputs, cameras * 600 + pairs * 16, cameras * 500.0 + pairs * 150.0)


FUNDAMENTAL_PAIRS = Operation(
    name="fundamental-pairs",
    family="cameras",
    summary="Compute the fundamental matrices of listed pairs of cameras",
    params=FundamentalPairsParams,
    result=FundamentalPairsResult,
    run=_pairs,
    cost=_pairs_cost,
    examples=(
        Example("Two pairs of three cameras", {"projections": [_LEFT, _RIGHT, _THIRD], "pairs": [[0, 1], [2, 1]]}),
    ),
)


class FundamentalAllParams(Document):
    projections: Projections = Field(description="Projection matrices of all cameras.")
    layout: Literal["full", "condensed"] = Field(
        "full",
        description=(
            "`full`: [left, right] for all. `condensed`: only left < right, in row order (0,1), (0,2), and so on to "
            "(N−2,N−1)."
        ),
    )
    dtype: Literal["float64", "float32"] = Field(
        "float64", description="Of the result; computed in float64 either way."
    )
    normalization: Normalization = Field("frobenius", description=_NORMALIZATION)


class FundamentalAllResult(Document):
    fundamental: ResultRig = Field(description="One matrix a pair; zero where the status is not ok.")
    status: ResultStatus = Field(description="Status code of each pair, in the layout of the matrices.")
    status_names: dict[int, str] = Field(description=_STATUS_NAMES)
    status_counts: dict[str, int] = Field(description=_STATUS_COUNTS)
    layout: Literal["full", "condensed"] = Field(description="How the pairs are laid out.")
    convention: str = Field(_CONVENTION, description=_CONVENTION_FIELD)


def _all(params: FundamentalAllParams) -> FundamentalAllResult:
    rig = geometry.Rig(params.projections)
    rig.check_normalization(params.normalization, params.dtype)  # before the answer has begun
    status = rig.status(params.layout)
    cameras, dtype = params.projections.shape[0], np.dtype(params.dtype)
    rows = max(1, _BLOCK_BYTES // max(1, cameras * 9 * dtype.itemsize))

    def blocks() -> Iterator[Array]:
        for start in range(0, cameras, rows):
            yield rig.fundamental_rows(
                start,
                min(start + rows, cameras),
                layout=params.layout,
                dtype=params.dtype,
                normalization=params.normalization,
            )

    return FundamentalAllResult(
        fundamental=ArrayStream((*status.shape, 3, 3), dtype, blocks),  # type: ignore[arg-type]  # a field takes either
        status=status,
        status_names=dict(enumerate(PAIR_STATUS)),
        status_counts=_counts(status),
        layout=params.layout,
        convention=_CONVENTION,
    )


def _all_cost(params: FundamentalAllParams) -> Cost:
    cameras = params.projections.shape[0]
    shape = (cameras, cameras) if params.layout == "full" else (cameras * (cameras - 1) // 2,)
    outputs = (
        OutputArray("fundamental", (*shape, 3, 3), params.dtype, streamed=True),
        OutputArray("status", shape, "uint8"),
    )
    row = cameras * 9 * 8
    return Cost(outputs, cameras * 600 + 3 * max(_BLOCK_BYTES, row), cameras * cameras * 130.0)


FUNDAMENTAL_ALL = Operation(
    name="fundamental-all",
    family="cameras",
    summary="Compute the fundamental matrices of all pairs of a rig, streamed",
    params=FundamentalAllParams,
    result=FundamentalAllResult,
    run=_all,
    cost=_all_cost,
    examples=(
        Example(
            "All pairs of three cameras, each pair once",
            {"projections": [_LEFT, _RIGHT, _THIRD], "layout": "condensed"},
        ),
    ),
)


class ProjectionsFromPosesParams(Document):
    intrinsics: Intrinsics = Field(description="Camera matrix K: one for all cameras, or one each.")
    rotations: Rotations | None = Field(
        None, description="Rotation matrices R of X_c = R X_w + t. Give these or quaternions."
    )
    quaternions: Quaternions | None = Field(
        None, description="The rotations as quaternions w, x, y, z; normalized here. Give these or rotations."
    )
    translations: Vectors3 | None = Field(None, description="Translations t of X_c = R X_w + t. Give these or centers.")
    centers: Vectors3 | None = Field(
        None, description="Camera centres C in the world, t = −R C. Give these or translations."
    )


class ProjectionsFromPosesResult(Document):
    projections: ResultProjections = Field(description="P = K [R | t].")
    convention: str = Field(description="The direction of the poses.")


def _projections(params: ProjectionsFromPosesParams) -> ProjectionsFromPosesResult:
    projections = geometry.projections_from_poses(
        params.intrinsics,
        params.translations,
        rotations=params.rotations,
        quaternions=params.quaternions,
        centers=params.centers,
    )
    return ProjectionsFromPosesResult(projections=projections, convention="camera-from-world: X_c = R X_w + t")


def _projections_cost(params: ProjectionsFromPosesParams) -> Cost:
    counts = [array.shape[0] for name, array in params.arrays().items() if name != "intrinsics"]
    cameras = max(counts, default=0)
    return Cost((OutputArray("projections", (cameras, 3, 4), "float64"),), cameras * 400, cameras * 200.0)


PROJECTIONS_FROM_POSES = Operation(
    name="projections-from-poses",
    family="cameras",
    summary="Build projection matrices from intrinsics and poses",
    params=ProjectionsFromPosesParams,
    result=ProjectionsFromPosesResult,
    run=_projections,
    cost=_projections_cost,
    examples=(
        Example(
            "Two cameras side by side",
            {
                "intrinsics": [[800, 0, 320], [0, 800, 240], [0, 0, 1]],
                "quaternions": [[1, 0, 0, 0], [1, 0, 0, 0]],
                "centers": [[0, 0, 0], [0.1, 0, 0]],
            },
        ),
    ),
)

OPERATIONS = (FUNDAMENTAL, FUNDAMENTAL_PAIRS, FUNDAMENTAL_ALL, PROJECTIONS_FROM_POSES)
