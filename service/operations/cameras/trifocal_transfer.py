"""Points and lines of two views, transferred to a third."""

from pydantic import Field

import geometry
from geometry.relations import TRANSFER_STATUS
from service.arrays.types.cameras import ResultStatus
from service.arrays.types.plane import PixelPoints
from service.arrays.types.relations import Lines2, ResultDistances, ResultLines2, ResultPoints2, Tensor3
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.statuses import STATUS_NAMES, status_counts

# Of three cameras side by side that look ahead
_TENSOR = [
    [[-1, 0, 0], [0, 0, 0], [0, 0, 0]],
    [[0, 1, 0], [-2, 0, 0], [0, 0, 0]],
    [[0, 0, 1], [0, 0, 0], [-2, 0, 0]],
]


class TrifocalTransferParams(Document):
    tensor: Tensor3 = Field(description="The tensor of the three views, as `trifocal` gives it; any scale.")
    first_points: PixelPoints | None = Field(
        None,
        description=(
            "Points of the first view. With points or lines of the second view the answer are points of the third; "
            "with those of the third, points of the second."
        ),
    )
    second_points: PixelPoints | None = Field(None, description="Matching points of the second view.")
    third_points: PixelPoints | None = Field(None, description="Matching points of the third view.")
    first_lines: Lines2 | None = Field(
        None, description="Lines of the first view. With the lines of one other view the answer are those of the last."
    )
    second_lines: Lines2 | None = Field(
        None, description="Lines of the second view; with points of the first, any line through the matching point."
    )
    third_lines: Lines2 | None = Field(None, description="Lines of the third view, in the same way.")


class TrifocalTransferResult(Document):
    points: ResultPoints2 | None = Field(None, description="The points, where points are the answer.")
    lines: ResultLines2 | None = Field(
        None, description="The lines, where lines are the answer; (0, 0, 1) for the line at infinity."
    )
    status: ResultStatus = Field(description="Status code of each point or line.")
    status_names: dict[int, str] = Field(
        description=(
            f"{STATUS_NAMES} `epipole`: the first point is the epipole. `epipolar_line`: what is given leaves the "
            "answer open: the line is the epipolar line of the point, or the two lines are each other's. "
            "`at_infinity`: a point without coordinates, or the line (0, 0, 1)."
        )
    )
    status_counts: dict[str, int] = Field(description="How many points or lines have each status.")
    distance: ResultDistances | None = Field(
        None,
        description=(
            "How far each given point is from the epipolar line of the first one, in its own view: what the transfer "
            "disregards. Only where two points are given."
        ),
    )


def _transfer(params: TrifocalTransferParams) -> TrifocalTransferResult:
    found = geometry.trifocal_transfer(
        params.tensor,
        first_points=params.first_points,
        second_points=params.second_points,
        third_points=params.third_points,
        first_lines=params.first_lines,
        second_lines=params.second_lines,
        third_lines=params.third_lines,
    )
    return TrifocalTransferResult(
        **found._asdict(),
        status_names=dict(enumerate(TRANSFER_STATUS)),
        status_counts=status_counts(found.status, TRANSFER_STATUS),
    )


def _transfer_cost(params: TrifocalTransferParams) -> Cost:
    count = max((array.shape[0] for name, array in params.arrays().items() if name != "tensor"), default=0)
    names = [name for name in params.arrays() if name != "tensor"]
    outputs = [OutputArray("status", (count,), "uint8")]
    if "first_points" in names:
        outputs.append(OutputArray("points", (count, 2), "float64"))
        if any(name in names for name in ("second_points", "third_points")):
            outputs.append(OutputArray("distance", (count,), "float64"))
    else:
        outputs.append(OutputArray("lines", (count, 3), "float64"))
    return Cost(tuple(outputs), 4096 + count * 100, 1000.0 + count * 400.0)


TRIFOCAL_TRANSFER = Operation(
    name="trifocal-transfer",
    family="cameras",
    summary="Transfer points or lines of two views to a third through a trifocal tensor",
    params=TrifocalTransferParams,
    result=TrifocalTransferResult,
    run=_transfer,
    cost=_transfer_cost,
    examples=(
        Example(
            "Two matches of the first and second view, in the third",
            {"tensor": _TENSOR, "first_points": [[4, 3], [10, 5]], "second_points": [[2, 3], [9, 5]]},
        ),
        Example(
            "Lines of the first and second view, in the third",
            {"tensor": _TENSOR, "first_lines": [[1, 0, -4], [0, 1, -3]], "second_lines": [[1, 0, -2], [1, 1, -7]]},
        ),
    ),
)
