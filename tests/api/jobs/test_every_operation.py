from typing import Any

import httpx
import numpy as np
import pytest
import safetensors.numpy

from service.catalogue import OPERATIONS
from service.operation import Operation


@pytest.mark.slow
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_as_a_job_every_operation_answers_as_ever(ada: httpx.Client, operation: Operation[Any, Any]) -> None:
    path, params = f"/v1/{operation.name}", operation.examples[0].params
    for accept in ("application/json", "application/x-safetensors"):
        at_once = ada.post(path, json=params, headers={"Accept": accept})
        deferred = ada.post(path, json=params, headers={"Accept": accept, "Prefer": "respond-async, wait=60"})
        assert deferred.status_code == 200, deferred.text
        assert "monitor" in deferred.links
        if accept == "application/json":
            assert deferred.json() == at_once.json()
            continue
        expected, found = (safetensors.numpy.load(answer.content) for answer in (at_once, deferred))
        assert set(found) == set(expected)
        for name, array in expected.items():
            np.testing.assert_array_equal(found[name], array)
