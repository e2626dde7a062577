import numpy as np
import pytest

from geometry.errors import InvalidInput
from service.operations.cameras.fundamental import FUNDAMENTAL
from service.operations.cameras.fundamental_all import FUNDAMENTAL_ALL
from service.operations.cameras.fundamental_block import FUNDAMENTAL_BLOCK
from service.operations.cameras.fundamental_pairs import FUNDAMENTAL_PAIRS
from service.operations.cameras.pairs import LEFT, RIGHT, THIRD

RIG = {"projections": [LEFT, RIGHT, THIRD]}


def call(operation, params):
    document = operation.params.model_validate(params)
    operation.cost(document)
    return operation.run(document)


@pytest.mark.parametrize(
    ("rows", "columns", "place"), [({"start": 4}, None, "rows"), (None, {"start": 2, "stop": 1}, "columns")]
)
def test_a_block_of_cameras_that_are_not_there_is_refused_before_it_is_computed(rows, columns, place):
    params = FUNDAMENTAL_BLOCK.params.model_validate({**RIG, "rows": rows, "columns": columns})
    with pytest.raises(InvalidInput) as caught:
        FUNDAMENTAL_BLOCK.cost(params)
    assert caught.value.argument == place


def test_a_block_is_that_of_all_pairs_and_says_which():
    found = call(FUNDAMENTAL_BLOCK, {**RIG, "rows": {"start": 1}, "columns": {"stop": 2}})
    everything = call(FUNDAMENTAL_ALL, RIG)
    assert np.array_equal(found.fundamental.collect(), everything.fundamental.collect()[1:, :2])
    assert np.array_equal(found.status, everything.status[1:, :2])
    assert (found.rows.start, found.rows.stop, found.columns.start, found.columns.stop) == (1, 3, 0, 2)
    assert found.status_counts["same_centre"] == 1


@pytest.mark.parametrize("operation", [FUNDAMENTAL_PAIRS, FUNDAMENTAL_ALL])
def test_one_size_and_sizes_exclude_each_other(operation):
    listed = {"pairs": [[0, 1]]} if operation is FUNDAMENTAL_PAIRS else {}
    both = {"size": {"width": 4, "height": 3}, "sizes": [[4, 3]] * 3}
    with pytest.raises(InvalidInput, match=r"^sizes: give either"):
        call(operation, {**RIG, **listed, **both})
    one = call(operation, {**RIG, **listed, "size": both["size"]})
    each = call(operation, {**RIG, **listed, "sizes": both["sizes"]})
    assert np.array_equal(one.epipole_in_left, each.epipole_in_left)


def test_one_pair_says_whether_the_epipole_is_in_the_image_whose_size_is_known():
    ahead = [[800, 0, 320, -320], [0, 800, 240, -240], [0, 0, 1, -1]]
    camera = [[800, 0, 320, 0], [0, 800, 240, 0], [0, 0, 1, 0]]
    found = call(FUNDAMENTAL, {"left": camera, "right": ahead, "right_size": {"width": 100, "height": 480}})
    assert found.epipole_in_left is None
    assert found.epipole_in_right is False
    assert found.status == "ok"
    assert found.condition > 1
