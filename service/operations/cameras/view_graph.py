"""The view graph of a rig."""

from typing import Literal

from pydantic import Field

import geometry
from geometry.graph import VIEW_STATUS
from service.arrays.types.cameras import Projections
from service.arrays.types.graph import (
    DepthRange,
    ResultCameraStatus,
    ResultComponents,
    ResultNeighbours,
    ResultNeighbourScores,
    ResultPairAngles,
    ResultPairDistances,
    ResultPairNumbers,
    ResultPairs,
    SizeEach,
)
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.statuses import STATUS_NAMES, status_counts

_WEIGHT = "of it in the score; 0 leaves it out."
_BLOCK = 1 << 19
_SAMPLE_FLOPS = 40  # one point of one frustum looked up in another, both ways


class ViewGraphParams(Document):
    projections: Projections = Field(description="Projection matrices of all cameras.")
    sizes: SizeEach = Field(description="Sizes of the images.")
    depth_range: DepthRange = Field(description="Between which depths the scene lies; 0 < near < far.")
    neighbours: int = Field(10, ge=1, le=2**31 - 1, description="Partners kept for each camera.")
    min_score: float = Field(0.0, ge=0, le=1, description="Pairs with a lower score are dropped.")
    best_angle: float = Field(0.17, gt=0, le=3.14159, description="The baseline angle that scores highest, in radians.")
    overlap_weight: float = Field(
        1.0, ge=0, description=f"Share of points of each frustum that lie in the other one: weight {_WEIGHT}"
    )
    baseline_weight: float = Field(
        1.0,
        ge=0,
        description=f"Factor 2 α α₀ / (α² + α₀²) of the baseline angle α and the best one α₀: weight {_WEIGHT}",
    )
    direction_weight: float = Field(
        1.0, ge=0, description=f"Cosine of the angle between the viewing directions: weight {_WEIGHT}"
    )
    scale_weight: float = Field(
        1.0, ge=0, description=f"Ratio of the scales at which the scene is seen, up to 1: weight {_WEIGHT}"
    )
    tree_weight: Literal["score", "baseline_angle", "direction_angle", "overlap", "scale_ratio", "distance"] = Field(
        "score", description="What the spanning trees maximize and minimize."
    )
    grid: int = Field(6, ge=1, le=64, description="Points across and down each image that overlap is measured with.")
    depths: int = Field(4, ge=1, le=64, description="Depths that overlap is measured at, in steps of equal ratio.")
    pixel_center: Literal["integer", "half"] = Field(
        "integer", description="Where pixel (0, 0) has its centre: at (0, 0), or at (½, ½) as in COLMAP."
    )


class ViewGraphResult(Document):
    pairs: ResultPairs = Field(
        description=(
            "Kept pairs (i, j), i < j, ascending: the best partners of every camera, and the maximum spanning tree of "
            "the scores of all pairs. Ready for `fundamental-pairs`."
        )
    )
    scores: ResultPairNumbers = Field(
        description="Weighted geometric mean of overlap, baseline, direction and scale, above 0, up to 1."
    )
    baseline_angle: ResultPairAngles = Field(
        description="Acute angle between the lines to both centres at the middle of a frustum, the mean of both frusta."
    )
    direction_angle: ResultPairAngles = Field(description="Angle between the viewing directions.")
    overlap: ResultPairNumbers = Field(description="Share of points of each frustum that lie in the other, both ways.")
    scale_ratio: ResultPairNumbers = Field(
        description="Pixels per world unit of the coarser view by the finer at the middle of a frustum, mean of both."
    )
    distance: ResultPairDistances = Field(description="Distance of the centres.")
    neighbours: ResultNeighbours = Field(description="Best partners of each camera.")
    neighbour_scores: ResultNeighbourScores = Field(description="Scores of the best partners.")
    maximum_tree: ResultPairs = Field(
        description="Edges of the spanning tree with the greatest total weight; a forest where the graph is in parts."
    )
    maximum_tree_weights: ResultPairNumbers = Field(description="Weights of these edges.")
    minimum_tree: ResultPairs = Field(description="Edges of the spanning tree with the least total weight.")
    minimum_tree_weights: ResultPairNumbers = Field(description="Weights of these edges.")
    component: ResultComponents = Field(
        description="Connected component of each camera, counted from 0; −1 for cameras that are not ok."
    )
    components: int = Field(description="How many components there are; the trees span all cameras only if it is 1.")
    status: ResultCameraStatus = Field(description="Status code of each camera; only those that are ok have pairs.")
    status_names: dict[int, str] = Field(description=STATUS_NAMES)
    status_counts: dict[str, int] = Field(description="How many cameras have each status.")
    tree_weight: str = Field(description="What the trees maximize and minimize.")


def _view_graph(params: ViewGraphParams) -> ViewGraphResult:
    options = params.model_dump(exclude={"projections", "sizes", "depth_range"})
    found = geometry.view_graph(params.projections, params.sizes, params.depth_range, **options)
    return ViewGraphResult(
        **found._asdict(),
        status_names=dict(enumerate(VIEW_STATUS)),
        status_counts=status_counts(found.status, VIEW_STATUS),
        tree_weight=params.tree_weight,
    )


def _cost(params: ViewGraphParams) -> Cost:
    """How many pairs are kept is not known before; the most that can be is counted."""
    cameras = params.projections.shape[0]
    partners = min(params.neighbours, max(0, cameras - 1))
    possible = cameras * (cameras - 1) // 2
    pairs, tree = min(possible, cameras * (partners + 1)), max(0, cameras - 1)
    each = ("scores", "baseline_angle", "direction_angle", "overlap", "scale_ratio", "distance")
    outputs = (
        OutputArray("pairs", (pairs, 2), "int64", at_most=True),
        *(OutputArray(name, (pairs,), "float64", at_most=True) for name in each),
        OutputArray("neighbours", (cameras, partners), "int64"),
        OutputArray("neighbour_scores", (cameras, partners), "float64"),
        *(OutputArray(f"{name}_tree", (tree, 2), "int64", at_most=True) for name in ("maximum", "minimum")),
        *(OutputArray(f"{name}_tree_weights", (tree,), "float64", at_most=True) for name in ("maximum", "minimum")),
        OutputArray("component", (cameras,), "int64"),
        OutputArray("status", (cameras,), "uint8"),
    )
    scratch = cameras * (1000 + 8 * params.depths) + pairs * 100 + 80 * min(possible + cameras, max(_BLOCK, cameras))
    return Cost(outputs, scratch, possible * (200.0 + _SAMPLE_FLOPS * params.grid**2 * params.depths))


_ROW = [[[800, 0, 320, -800 * x], [0, 800, 240, 0], [0, 0, 1, 0]] for x in (0, 1, 2.5, 5)]

VIEW_GRAPH = Operation(
    name="view-graph",
    family="cameras",
    summary="Find the pairs of cameras that are worth matching, and the trees that link a rig",
    params=ViewGraphParams,
    result=ViewGraphResult,
    run=_view_graph,
    cost=_cost,
    examples=(
        Example(
            "Four cameras in a row",
            {"projections": _ROW, "sizes": [640, 480], "depth_range": [6, 15], "neighbours": 2},
        ),
    ),
)
