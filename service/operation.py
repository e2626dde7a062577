"""An operation is a value: its name, its two documents, what it costs and how it runs."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any, Generic, TypeVar

import numpy as np

from service.documents import Document

Params = TypeVar("Params", bound=Document)
Result = TypeVar("Result", bound=Document)


@dataclass(frozen=True)
class OutputArray:
    """Shape and dtype of a result array, known before anything is computed.

    A streamed one is never held whole; one with `at_most` may turn out to be shorter in its first axis.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    streamed: bool = False
    at_most: bool = False

    @property
    def nbytes(self) -> int:
        return prod(self.shape) * np.dtype(self.dtype).itemsize


@dataclass(frozen=True)
class Cost:
    """What a call will take, from shapes alone.

    Attributes
    ----------
    outputs
        Every array of the result.
    scratch
        Bytes held besides inputs and outputs.
    flops
        Arithmetic operations, within a factor of two.
    """

    outputs: tuple[OutputArray, ...]
    scratch: int
    flops: float

    @property
    def output_bytes(self) -> int:
        """Bytes of the results that are held in memory; streamed ones are not."""
        return sum(output.nbytes for output in self.outputs if not output.streamed)


@dataclass(frozen=True)
class Example:
    """A complete JSON document that works when pasted, and what it shows."""

    summary: str
    params: dict[str, Any]


@dataclass(frozen=True)
class Operation(Generic[Params, Result]):
    """One thing the service does.

    Attributes
    ----------
    name
        Kebab-case; the path under `/v1/`, the command under `epipole run`.
    family
        The group that it is listed in.
    summary
        One line for people.
    params, result
        What goes in and what comes out; every field is described.
    run
        Calls geometry and nothing else.
    cost
        Looks at shapes and numbers only; raises InvalidInput for what no array values can make right.
    examples
        At least one; the first is small enough to answer as JSON.
    """

    name: str
    family: str
    summary: str
    params: type[Params]
    result: type[Result]
    run: Callable[[Params], Result]
    cost: Callable[[Params], Cost]
    examples: tuple[Example, ...]
