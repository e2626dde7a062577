"""Distinct pairs of indices drawn by two weightings."""

from pydantic import Field

import geometry
from geometry import InvalidInput
from service.arrays.types.graph import DrawWeights, ResultPairs
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray


class SamplePairsParams(Document):
    left_weights: DrawWeights = Field(description="Weights a of the first index.")
    right_weights: DrawWeights = Field(description="Weights b of the second index.")
    count: int = Field(ge=0, le=2**40, description="How many distinct pairs to draw.")
    ordered: bool = Field(
        True,
        description=(
            "Whether (i, j) and (j, i) are different pairs. If not, the weight of a pair is a_i b_j + a_j b_i, and it "
            "comes as i ≤ j."
        ),
    )
    self_pairs: bool = Field(True, description="Whether i = j may be drawn.")
    seed: int = Field(0, ge=0, lt=2**63, description="The same seed gives the same pairs.")


class SamplePairsResult(Document):
    pairs: ResultPairs = Field(description="Pairs (i, j) in the order drawn, all different.")
    law: str = Field(description="How likely each draw is.")


def _sample(params: SamplePairsParams) -> SamplePairsResult:
    pairs = geometry.sample_pairs(
        params.left_weights,
        params.right_weights,
        params.count,
        ordered=params.ordered,
        self_pairs=params.self_pairs,
        seed=params.seed,
    )
    law = "each draw takes (i, j) with probability proportional to a_i b_j among the pairs not yet drawn"
    return SamplePairsResult(pairs=pairs, law=law)


def _cost(params: SamplePairsParams) -> Cost:
    cells = params.left_weights.shape[0] * params.right_weights.shape[0]
    if params.count > cells:
        raise InvalidInput("count", f"{params.count} distinct pairs were asked for, there are only {cells}")
    indices = params.left_weights.shape[0] + params.right_weights.shape[0]
    outputs = (OutputArray("pairs", (params.count, 2), "int64"),)
    return Cost(outputs, 800 * params.count + 100 * indices, 1000.0 * params.count + 100.0 * indices)


SAMPLE_PAIRS = Operation(
    name="sample-pairs",
    family="cameras",
    summary="Draw distinct pairs of indices by two weightings",
    params=SamplePairsParams,
    result=SamplePairsResult,
    run=_sample,
    cost=_cost,
    examples=(
        Example(
            "Four of the twelve pairs of three and four indices",
            {"left_weights": [3, 2, 1], "right_weights": [1, 1, 4, 2], "count": 4, "seed": 7},
        ),
    ),
)
