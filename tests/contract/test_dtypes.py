"""Whatever dtype and shape a field says it takes is computed by kernels that are there already."""

import json
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from geometry.kernel import compilations, compiled_names
from service.catalogue import OPERATIONS
from service.operation import Operation
from tests.contract.calls import CASES, Case, name_of
from tests.running import npy

LENGTHS = (1, 2, 3, 4, 5, 16)


def variations(case: Case, name: str) -> list[np.ndarray[Any, Any]]:
    """The case's array in every dtype, and where it is an image with every number of channels."""
    mark, array = case.operation.params.array_fields()[name], case.arrays()[name]
    plane = np.nan_to_num(array if array.ndim < 3 or not mark.images else array[:, :, 0])
    stacks = [plane]
    if ("H", "W", "C") in mark.shapes:
        stacks += [np.repeat(plane[:, :, np.newaxis], length, axis=2) for length in LENGTHS]
    return [stack.astype(dtype) for stack in stacks for dtype in mark.dtypes]


@pytest.mark.parametrize("operation", OPERATIONS, ids=name_of)
def test_every_dtype_and_channel_count_is_computed_without_the_compiler(
    client: TestClient, operation: Operation[Any, Any]
) -> None:
    before = compilations()
    for case in (case for case in CASES if case.operation is operation):
        for name in case.arrays():
            for array in variations(case, name):
                files = {other: (other, npy(values)) for other, values in case.arrays().items()}
                files[name] = (name, npy(array))
                data = {"params": json.dumps(case.scalars())}
                answer = client.post(case.path, files=files, data=data, headers={"Accept": "application/x-safetensors"})
                # A value may not fit the narrower dtype, a kernel not the channels: that is said, never a bug.
                assert answer.status_code in (200, 422), answer.text
    assert compilations() == before, compiled_names()[before:]
