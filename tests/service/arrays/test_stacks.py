import numpy as np
import pytest

from service.arrays.stacks import layers
from service.documents import Document
from service.errors import InvalidParams
from service.operations.filters.merge_kernels import MERGE_KERNELS


def read(kernels) -> Document:
    return MERGE_KERNELS.params.model_validate({"kernels": kernels})


def test_lists_of_different_sizes_become_one_stack_and_come_back() -> None:
    kernels = [[[1, 2, 3]], [[1], [2]]]
    stack = read(kernels).kernels
    assert stack.shape == (2, 2, 3)
    assert [layer.tolist() for layer in layers(stack)] == kernels


def test_a_merge_of_different_sizes() -> None:
    merged = MERGE_KERNELS.run(read([[[1, 2, 3]], [[1], [2]]]))
    assert merged.kernel.tolist() == [[1, 2, 3], [2, 4, 6]]


def test_zeros_at_the_end_stay() -> None:
    assert [layer.shape for layer in layers(np.zeros((2, 3, 4)))] == [(3, 4), (3, 4)]


@pytest.mark.parametrize("kernels", [[[[1, 2], [3]], [[1]]], [[[1]], [1]], [[["a"]], [[1, 2]]]])
def test_kernels_that_are_no_rectangles_are_refused(kernels) -> None:
    with pytest.raises((InvalidParams, ValueError)):
        read(kernels)
