"""An operation is a value: its name, its two documents, what it costs and how it runs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

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
class TiledArray:
    """A result array that is written in tiles, and the part of it that a tile covers where it is not at an edge."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    tile: tuple[int, ...]


@dataclass(frozen=True)
class TileGrid:
    """How a result is cut.

    Attributes
    ----------
    seconds
        What a tile takes on one core, within a factor of ten.
    detail
        What the tiles and the summary need to know, JSON-ready and small.
    """

    tiles: int
    arrays: tuple[TiledArray, ...]
    seconds: float
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Block:
    """A part of a result array: whole tiles of it, from the index `start` on.

    `counts` are numbers that the summary has the sums of.
    """

    array: str
    start: tuple[int, ...]
    values: NDArray[Any]
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Tiling(Generic[Params]):
    """How an operation computes its result piece by piece, each piece equal to that of the whole to the last bit.

    Attributes
    ----------
    plan
        Cuts the result, into tiles of about the given length or of its own choice; raises InvalidInput as `cost` does.
    prepare
        What all tiles share, from decoded parameters; made once in each process.
    run
        The blocks of a tile, one at a time; each may be freed once the next one is asked for.
    summary
        What the result says beside its arrays, from the grid's detail and the sums of the counts.
    reads
        Whether `plan` looks at values: it gets decoded parameters then, and takes its time.
    """

    plan: Callable[[Params, int | None], TileGrid]
    prepare: Callable[[Params], Any]
    run: Callable[[Any, TileGrid, int], Iterator[Block]]
    summary: Callable[[Mapping[str, Any], Mapping[str, int]], dict[str, Any]]
    reads: bool = False


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
    tiling
        How a job computes a result that is larger than memory; None where it is computed at once.
    """

    name: str
    family: str
    summary: str
    params: type[Params]
    result: type[Result]
    run: Callable[[Params], Result]
    cost: Callable[[Params], Cost]
    examples: tuple[Example, ...]
    tiling: Tiling[Params] | None = None
