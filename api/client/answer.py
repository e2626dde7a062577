"""What an operation answered."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from service.media.safetensors import open_safetensors


@dataclass(frozen=True)
class Result(Mapping[str, Any]):
    """The fields of a result by name: arrays as numpy's, everything else as JSON has it."""

    arrays: dict[str, NDArray[Any]]
    scalars: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.arrays[name] if name in self.arrays else self.scalars[name]

    def __iter__(self) -> Iterator[str]:
        yield from self.arrays
        yield from self.scalars

    def __len__(self) -> int:
        return len(self.arrays) + len(self.scalars)


def result_of(data: bytearray) -> Result:
    """Read a safetensors answer; the arrays share its memory."""
    tensors = open_safetensors(memoryview(data))
    arrays = {name: pending.load() for name, pending in tensors.arrays.items()}
    return Result(arrays, json.loads(tensors.metadata.get("result", "{}")))
