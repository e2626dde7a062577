"""One call of every operation, and the same call in every spelling that the contract allows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from safetensors.numpy import save

from service.arrays.lists import array_from_list
from service.catalogue import OPERATIONS
from service.operation import Operation
from tests.contract.variations import VARIATIONS
from tests.running import npy

JSON = "application/json"
NPY = "application/x-npy"
SAFETENSORS = "application/x-safetensors"


@dataclass(frozen=True)
class Case:
    """A complete JSON document for an operation."""

    operation: Operation[Any, Any]
    params: Mapping[str, Any]

    @property
    def path(self) -> str:
        return f"/v1/{self.operation.name}"

    def arrays(self) -> dict[str, np.ndarray[Any, Any]]:
        """The array parameters as the lists spell them."""
        found = {}
        for name, mark in self.operation.params.array_fields().items():
            if name in self.params:
                value = self.params[name]
                data, dtype = (value["data"], value["dtype"]) if isinstance(value, dict) else (value, mark.dtypes[0])
                found[name] = array_from_list(data, dtype, null_is_nan=not mark.finite)
        return found

    def scalars(self) -> dict[str, Any]:
        """The other parameters."""
        return {name: value for name, value in self.params.items() if name not in self.operation.params.array_fields()}

    def as_parts(self) -> dict[str, Any]:
        """Multipart arguments of an HTTP client: arrays as npy files, the rest in `params`."""
        files = {name: (f"{name}.npy", npy(array), NPY) for name, array in self.arrays().items()}
        return {"files": files, "data": {"params": json.dumps(self.scalars())}}

    def as_safetensors(self) -> dict[str, Any]:
        """Arguments of an HTTP client: a safetensors body."""
        arrays = {name: np.ascontiguousarray(array) for name, array in self.arrays().items()}
        content = save(arrays, metadata={"params": json.dumps(self.scalars())})
        return {"content": content, "headers": {"Content-Type": SAFETENSORS}}


CASES = [
    Case(operation, params)
    for operation in OPERATIONS
    for params in (*(example.params for example in operation.examples), *VARIATIONS[operation.name])
]


def name_of(value: Any) -> str | None:
    """A readable test id."""
    if isinstance(value, Operation):
        return value.name
    return value.operation.name if isinstance(value, Case) else None
