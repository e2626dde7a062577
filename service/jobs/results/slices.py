"""Parts of a stored array by numpy's basic indexing, read without the rest of it."""

import itertools
import math
import re
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.errors import Fault, InvalidParams, StorageFailed, TooLarge
from service.jobs.results.arrays import ArrayLayout
from service.jobs.results.objects import ObjectStore
from service.jobs.results.shards import ShardForm

_WHOLE = r"[+-]?[0-9]{1,18}"
_INTEGER = re.compile(_WHOLE)
_SLICE = re.compile(rf"({_WHOLE})?:({_WHOLE})?(?::({_WHOLE})?)?")
_MOST_TEXT = 1000

_READERS = 8
_RUN_BYTES = 4 << 20  # of neighbouring chunks, asked for at once
_CHUNK_TOLL = 1 << 10  # reading takes time even where a chunk is tiny
_MOST_READ = 1 << 30


@dataclass(frozen=True)
class _Piece:
    """The part of one dimension's indices that lies in one chunk."""

    chunk: int
    target: slice
    source: slice


@dataclass(frozen=True)
class _Run:
    """Neighbouring chunks of a shard, from the place `first` on, and which part of each is wanted."""

    shard: tuple[int, ...]
    form: ShardForm
    first: int
    chunks: list[tuple[_Piece, ...]]


def read_slice(objects: ObjectStore, job: str, layout: ArrayLayout, index: str, *, most: int) -> NDArray[Any]:
    """Read `array[index]`, and of the store no more than the chunks that it touches.

    Parameters
    ----------
    index
        Integers, slices with steps, one `...`, separated by commas: `0:10,5`. Empty: everything.
    most
        Bytes that the answer may have.

    Raises
    ------
    InvalidParams
        On `/index`: it is none, has too many parts, or lies outside.
    TooLarge
        The answer is above `most`, or takes reading far more than it holds.
    StorageFailed
        What is stored is damaged or cannot be read.
    """
    ranges, dropped = parse_index(index, layout.shape)
    counts = tuple(map(len, ranges))
    nbytes = math.prod(counts) * layout.storage.itemsize
    if nbytes > most:
        raise TooLarge(f"this part has {nbytes} bytes, more than the {most} that one answer may have; ask for less")
    if nbytes:
        _check_reading(layout, ranges, nbytes)
    taken = np.full(counts, layout.fill, layout.storage)
    if nbytes:
        _fill(taken, objects, job, layout, ranges)
    return taken[tuple(0 if drop else slice(None) for drop in dropped)]


def parse_index(index: str, shape: tuple[int, ...]) -> tuple[list[range], list[bool]]:
    """The indices along every dimension, and which dimensions an integer takes away. Raises InvalidParams."""
    text = index.strip().removeprefix("[").removesuffix("]")
    parts = [part.strip() for part in text.split(",")] if text.strip() else []
    if len(index) > _MOST_TEXT or parts.count("...") > 1:
        raise _fault("must be integers and slices with commas between them and one ... at most, such as 0:10,5")
    given = len(parts) - parts.count("...")
    if given > len(shape):
        raise _fault(f"has {given} parts, but the array has {len(shape)} dimensions")
    gap = parts.index("...") if "..." in parts else len(parts)
    parts[gap : gap + 1] = [":"] * (len(shape) - given)
    parsed = [_parse_part(part, size, axis) for axis, (part, size) in enumerate(zip(parts, shape, strict=True))]
    return [indices for indices, _ in parsed], [drop for _, drop in parsed]


def _parse_part(part: str, size: int, axis: int) -> tuple[range, bool]:
    if _INTEGER.fullmatch(part):
        at = int(part)
        if not -size <= at < size:
            raise _fault(f"{at} is outside of dimension {axis}, which has {size} entries")
        return range(at % size, at % size + 1), True
    match = _SLICE.fullmatch(part)
    if match is None:
        raise _fault(f"part {axis} must be an integer, a slice start:stop:step, or ...")
    start, stop, step = (None if text is None else int(text) for text in match.groups())
    if step == 0:
        raise _fault("a step cannot be 0")
    return range(size)[start:stop:step], False


def _check_reading(layout: ArrayLayout, ranges: list[range], nbytes: int) -> None:
    touched = 1
    for indices, chunk in zip(ranges, layout.chunks, strict=True):
        apart = abs(indices[-1] // chunk - indices[0] // chunk) + 1
        touched *= apart if abs(indices.step) <= chunk else len(indices)
    reading = touched * max(math.prod(layout.chunks) * layout.storage.itemsize, _CHUNK_TOLL)
    if reading > _MOST_READ + 2 * nbytes:
        raise TooLarge(
            f"this part is spread over {touched} chunks of the array, about {reading} bytes to read for an answer "
            f"of {nbytes}; ask for less at once, or for what lies together"
        )


def _shards(
    layout: ArrayLayout, ranges: list[range]
) -> Iterator[tuple[tuple[int, ...], list[tuple[tuple[int, ...], tuple[_Piece, ...]]]]]:
    """Every shard that is touched, with its touched chunks in the order in which they lie in it."""
    along = []
    for indices, chunk, shard in zip(ranges, layout.chunks, layout.shards, strict=True):
        groups: dict[int, list[_Piece]] = defaultdict(list)
        for piece in _pieces(indices, chunk):
            groups[piece.chunk * chunk // shard].append(piece)
        along.append({at: sorted(group, key=lambda piece: piece.chunk) for at, group in sorted(groups.items())})
    grid = tuple(shard // chunk for shard, chunk in zip(layout.shards, layout.chunks, strict=True))
    for at in itertools.product(*along):
        chosen = itertools.product(*(groups[i] for groups, i in zip(along, at, strict=True)))
        yield at, [(tuple(p.chunk % n for p, n in zip(pieces, grid, strict=True)), pieces) for pieces in chosen]


def _pieces(indices: range, chunk: int) -> Iterator[_Piece]:
    at = 0
    while at < len(indices):
        first = indices[at]
        origin = first // chunk * chunk
        edge = origin + chunk - 1 if indices.step > 0 else origin
        last = min(at + (edge - first) // indices.step, len(indices) - 1)
        stop: int | None = indices[last] - origin + (1 if indices.step > 0 else -1)
        source = slice(first - origin, None if stop == -1 else stop, indices.step)
        yield _Piece(origin // chunk, slice(at, last + 1), source)
        at = last + 1


def _runs(layout: ArrayLayout, ranges: list[range]) -> Iterator[_Run]:
    """What is asked for at a time: chunks that lie behind each other in one shard."""
    for shard, chunks in _shards(layout, ranges):
        form = layout.form(shard)
        most = max(1, _RUN_BYTES // form.chunk_bytes)
        run = _Run(shard, form, 0, [])
        for chunk, pieces in chunks:
            place = form.place(chunk)
            if not run.chunks or place != run.first + len(run.chunks) or len(run.chunks) == most:
                if run.chunks:
                    yield run
                run = _Run(shard, form, place, [])
            run.chunks.append(pieces)
        yield run


def _fill(taken: NDArray[Any], objects: ObjectStore, job: str, layout: ArrayLayout, ranges: list[range]) -> None:
    def read(run: _Run) -> None:
        start, stop = run.form.span(run.first, len(run.chunks))
        try:
            values = run.form.decode(objects.get(f"{job}/{layout.key(run.shard)}", start, stop))
        except KeyError:
            return  # never written: fill values say so, as for any Zarr client
        except ValueError as error:
            raise StorageFailed(f"a part of {layout.name} is damaged: {error}") from error
        if len(values) != len(run.chunks):
            raise StorageFailed(f"a part of {layout.name} is damaged: it ends too early")
        for chunk, pieces in zip(values, run.chunks, strict=True):
            taken[tuple(piece.target for piece in pieces)] = chunk[tuple(piece.source for piece in pieces)]

    runs = _runs(layout, ranges)
    first = list(itertools.islice(runs, 2))
    if len(first) < 2:
        read(first[0])
        return
    with ThreadPoolExecutor(_READERS) as readers:  # what a distant store takes is mostly its time to answer
        while first:
            for _ in readers.map(read, first):
                pass
            first = list(itertools.islice(runs, 8 * _READERS))


def _fault(detail: str) -> InvalidParams:
    return InvalidParams([Fault("/index", detail)])
