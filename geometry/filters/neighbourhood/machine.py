"""The machine that runs programs: tile by tile, every instruction along the whole tile.

A tile lies in memory as one run of numbers, row behind row, each as long as the tile and its margins are wide. The
value of a neighbour is therefore the same run read from a little further on, in whatever direction the neighbour lies,
and an instruction is one loop over vectors. Channels stay interleaved: the neighbour to the right is C numbers away.
What is computed beyond the ends of rows is never looked at.
"""
# mypy: allow-untyped-defs, allow-untyped-calls

from typing import Any, NamedTuple

import numpy as np

from geometry.bands import run_bands
from geometry.filters.border import border_index
from geometry.filters.neighbourhood.cache import KeptPrograms
from geometry.filters.neighbourhood.conversion import DTYPE_CODES, read, write
from geometry.filters.neighbourhood.instructions import ROUND, execute
from geometry.filters.neighbourhood.program import CONSTANT, IMAGE, SLOT, Program
from geometry.inputs import Array, dtype_name
from geometry.kernel import inline, kernel
from geometry.lanes import LANES
from geometry.memory import fresh_arrays

_TILE_BYTES = 2**15
"""What the images and slots of a tile may take: they are read again and again, from the first caches."""

_BAND_NUMBERS = 2**16
"""Of pixels of a band, at least, all channels counted."""

_ROW = 512
_LEAST = 1024
_TALL = 32
_NARROW = 8 * LANES
_LINE = 64  # bytes of a cache line
_APART = 5 * LANES


class Tile(NamedTuple):
    """How a tile lies in memory: `rows` × `columns` pixels, rows `pitch` numbers apart, `size` numbers for a slot."""

    rows: int
    columns: int
    pitch: int
    size: int


@inline
def _load(scratch, at, pitch, image, dtype, rows, sources, fill, first, count, before, width):
    """`scratch[at + s·pitch + q·C + c] = image[rows[s], sources[first + q], c]` or the fill, for q < count."""
    channels = len(fill)
    begin = min(max(before - first, 0), count)
    end = min(max(before + width - first, begin), count)
    for s in range(len(rows)):
        row, line = rows[s], at + s * pitch
        if row < 0:
            for x in range(count * channels):
                scratch[line + x] = fill[x % channels]
            continue
        inside = (row * width + max(first + begin - before, 0)) * channels
        read(scratch, line + begin * channels, (end - begin) * channels, image, inside, dtype)
        for outside in range(count - (end - begin)):
            q = outside if outside < begin else outside + end - begin
            column = sources[first + q]
            if column >= 0:
                read(scratch, line + q * channels, channels, image, (row * width + column) * channels, dtype)
            else:
                for c in range(channels):
                    scratch[line + q * channels + c] = fill[c]


@kernel(
    "void(u1[::1], u1[::1], u1[::1], i8[::1], i8[::1], {T}[::1], i8[:,::1], {T}[::1], UniTuple(i8, 14), i8, i8)",
    types=("f4", "f8"),
)
def _evaluate(image, second, out, row_sources, column_sources, fill, code, constants, layout, start, stop):
    width, before, tile_rows, tile_columns, margin_rows, margin_columns, pitch = layout[:7]
    end, at_image, at_second, at_output, image_dtype, second_dtype, out_dtype = layout[7:]
    channels, memory = len(fill), np.zeros(end + ROUND, fill.dtype)
    skip = (-memory.ctypes.data % _LINE) // memory.itemsize
    scratch = memory[skip : skip + end]
    scratch[: len(constants)] = constants
    for y0 in range(start, stop, tile_rows):
        rows = min(tile_rows, stop - y0)
        near = row_sources[y0 : y0 + rows + margin_rows]
        for x0 in range(0, width, tile_columns):
            columns = min(tile_columns, width - x0)
            count = columns + margin_columns
            if at_image >= 0:
                _load(
                    scratch, at_image, pitch, image, image_dtype, near, column_sources, fill, x0, count, before, width
                )  # fmt: skip
            if at_second >= 0:
                _load(
                    scratch, at_second, pitch, second, second_dtype, near, column_sources, fill, x0, count, before,
                    width,
                )  # fmt: skip
            for k in range(len(code)):
                execute(
                    scratch, code[k, 0], code[k, 1], code[k, 2], code[k, 3], code[k, 4], code[k, 5], code[k, 6],
                    code[k, 7], code[k, 8], code[k, 9], code[k, 10],
                )  # fmt: skip
            for r in range(rows):
                begin = ((y0 + r) * width + x0) * channels
                write(out, begin, columns * channels, scratch, at_output + r * pitch, out_dtype)


def evaluate(
    program: Program, image: Array, second: Array | None, *, kind: str, border: str, fill: Array, output: np.dtype[Any]
) -> Array:
    """Run a program on every pixel.

    Parameters
    ----------
    program
        What to compute.
    image, second
        (H, W, C), C-contiguous and native.
    kind
        `float32` or `float64`, the arithmetic.
    border, fill
        What lies outside; (C,) values for the constant.
    output
        Dtype of the result.

    Returns
    -------
    Array
        (H, W, C).
    """
    height, width, channels = image.shape
    halo, linked = program.halo, _linked(program, image.shape, kind, border)
    tile = linked.tile
    dtypes = [
        DTYPE_CODES[dtype_name(dtype)] for dtype in (image.dtype, (image if second is None else second).dtype, output)
    ]
    layout = (
        width, -halo.left, tile.rows, tile.columns, halo.bottom - halo.top, halo.right - halo.left, tile.pitch,
        linked.end, *linked.begins, *dtypes,
    )  # fmt: skip
    (out,) = fresh_arrays((image.shape, output))
    memory = [array.reshape(-1).view(np.uint8) for array in (image, image if second is None else second, out)]
    outside = fill.astype(kind)

    def work(start: int, stop: int) -> None:
        _evaluate(
            *memory, linked.rows, linked.columns, outside, linked.code, linked.constants, layout, start, stop
        )  # fmt: skip

    run_bands(work, height, grain=tile.rows * max(1, _BAND_NUMBERS // (tile.rows * width * channels)))
    return out


def scratch_bytes(program: Program, shape: tuple[int, ...], kind: str) -> int:
    """Memory that each thread needs to run a program on an image (H, W, C)."""
    return _bases(program, _tile(program, shape, kind))[1] * np.dtype(kind).itemsize


def _tile(program: Program, shape: tuple[int, ...], kind: str) -> Tile:
    """A tile whose margins are small beside it, and which stays in the cache with all that is kept of it."""
    height, width, channels = shape
    down, across = program.halo.bottom - program.halo.top, program.halo.right - program.halo.left
    most = max(_LEAST, _TILE_BYTES // (np.dtype(kind).itemsize * (program.slots + 1)))
    columns = min(width, max(1, min(_ROW, most) // channels, across))
    pitch = (columns + across) * channels
    if pitch > _NARROW:
        pitch = -(-pitch // LANES) * LANES  # what lies above or below begins on a cache line, as a tile does
    rows = min(height, max(1, most // pitch, min(down, _TALL)))
    longest = (rows - 1) * pitch + columns * channels
    if len(program.code):
        longest += int((program.code[:, 2] * pitch + program.code[:, 3] * channels).max())
    return Tile(rows, columns, pitch, -(-longest // ROUND) * ROUND + _APART)


def _bases(program: Program, tile: Tile) -> tuple[dict[tuple[int, int], int], int]:
    """Where the table of constants, the images that are looked at and the slots begin in memory, and its end."""
    halo, code = program.halo, program.code
    strip = (tile.rows + halo.bottom - halo.top) * tile.pitch
    used = {n for n in (0, 1) if ((code[:, 4::4] == IMAGE) & (code[:, 5::4] == n)).any()}
    if program.output[0] == IMAGE:
        used.add(program.output[1])
    bases, end = {}, LANES * len(program.constants)
    for number in sorted(used):
        bases[IMAGE, number] = end
        end += -(-strip // LANES) * LANES + _APART + ROUND
    for slot in range(program.slots):
        bases[SLOT, slot] = end
        end += tile.size
    return bases, end


class _Linked(NamedTuple):
    """A program with places in the memory of a thread."""

    code: Array
    constants: Array
    """Each as often as a vector has lanes."""
    tile: Tile
    begins: tuple[int, int, int]
    """Of the image and the second one, −1 if they are not looked at, and of the output."""
    end: int
    rows: Array
    columns: Array
    """What is read at positions from the margin's first one on."""

    @property
    def nbytes(self) -> int:
        return self.code.nbytes + self.constants.nbytes + self.rows.nbytes + self.columns.nbytes


_kept: KeptPrograms[_Linked] = KeptPrograms(64, 2**22)


def _linked(program: Program, shape: tuple[int, ...], kind: str, border: str) -> _Linked:
    """A program as it runs on images of a shape; kept for the next one."""
    halo = program.halo
    key = (
        program.code.tobytes(), program.constants.tobytes(), program.slots, halo, program.output, shape, kind, border
    )  # fmt: skip
    if (found := _kept.find(key)) is not None:
        return found
    tile = _tile(program, shape, kind)
    bases, end = _bases(program, tile)
    part, number, dy, dx = program.output
    output = bases[part, number] + dy * tile.pitch + dx * shape[2]
    begins = bases.get((IMAGE, 0), -1), bases.get((IMAGE, 1), -1), output
    constants = np.repeat(program.constants.astype(kind), LANES)
    rows, columns = (
        border_index(np.arange(low, length + high, dtype=np.int64), length, border)
        for low, high, length in ((halo.top, halo.bottom, shape[0]), (halo.left, halo.right, shape[1]))
    )
    made = _Linked(_placed(program, tile, bases, shape[2]), constants, tile, begins, end, rows, columns)
    _kept.keep(key, made)
    return made


def _placed(program: Program, tile: Tile, bases: dict[tuple[int, int], int], channels: int) -> Array:
    """Instructions with places in memory."""
    code = program.code
    length = (tile.rows - 1) * tile.pitch + tile.columns * channels
    longer = code[:, 2] * tile.pitch + code[:, 3] * channels
    starts = np.zeros((4, 1 + max((number for _, number in bases), default=0)), np.int64)
    for (part, number), base in bases.items():
        starts[part, number] = base
    linked = np.empty((len(code), 11), np.int64)
    linked[:, 0], linked[:, 1], linked[:, 2] = code[:, 0], starts[SLOT, code[:, 1]], -(-(length + longer) // ROUND)
    for operand in range(4):
        part, number, dy, dx = code[:, 4 + 4 * operand : 8 + 4 * operand].T
        held = part == CONSTANT
        place = starts[part, np.where(held, 0, number)] + dy * tile.pitch + dx * channels
        linked[:, 3 + 2 * operand] = np.where(held, number * LANES, place)
        linked[:, 4 + 2 * operand] = np.where(held, 0, LANES)
    return linked
