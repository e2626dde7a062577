"""PLY, the Stanford triangle format: points with normals and colours, binary, little-endian; written block by block."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from service.arrays.pending import Array, ArrayStream
from service.documents import Document
from service.operation import OutputArray

MEDIA_TYPE = "application/x-ply"

POINTS, NORMALS, COLORS = "points", "normals", "colors"
"""The result arrays that a file is made from; the first has to be there."""

_TYPES = {"float32": "float", "float64": "double", "uint8": "uchar"}
_CHANNELS = {1: 3, 3: 3, 4: 4}  # of colours to those in the file: grey becomes red, green and blue
_BLOCK_POINTS = 1 << 16


def has_points(result: type[Document]) -> bool:
    """Whether a kind of result holds points in space."""
    field = result.array_fields().get(POINTS)
    return field is not None and all(len(shape) > 1 and shape[-1] == 3 for shape in field.shapes)


def ply_fault(result: type[Document], outputs: Mapping[str, OutputArray], array: str | None) -> str | None:
    """Why a result cannot be sent as PLY; None where it can.

    Parameters
    ----------
    result, outputs
        What kind of result, and its arrays.
    array
        The one that was asked for, if any.
    """
    if not has_points(result) or POINTS not in outputs:
        return "the result has no points in space, which PLY is for"
    if array not in (None, POINTS):
        return f"PLY shows points, not {array!r}"
    colors = outputs.get(COLORS)
    if colors is not None and (colors.dtype != "uint8" or colors.shape[-1] not in _CHANNELS):
        return f"PLY has colours of 8 bits in 1, 3 or 4 channels, these are {colors.dtype} in {colors.shape[-1]}"
    return None


def ply_parts(arrays: Mapping[str, Any]) -> tuple[bytes, ArrayStream, int]:
    """Header and vertices of the points that are finite, in their order, and how many these are.

    The vertices are put together while they are sent.
    """
    points = _rows(arrays[POINTS], 3)
    others = {name: _rows(arrays[name]) for name in (NORMALS, COLORS) if name in arrays}
    kept = np.asarray(np.isfinite(points).all(axis=1))
    count = int(np.count_nonzero(kept))
    fields: list[tuple[str, str, tuple[int]]] = [(POINTS, points.dtype.newbyteorder("<").str, (3,))]
    names = {POINTS: ("x", "y", "z"), NORMALS: ("nx", "ny", "nz"), COLORS: ("red", "green", "blue", "alpha")}
    for name, values in others.items():
        width = _CHANNELS[values.shape[1]] if name == COLORS else 3
        fields.append((name, values.dtype.newbyteorder("<").str, (width,)))
    vertex = np.dtype(fields)
    properties = [
        f"property {_TYPES[np.dtype(kind).newbyteorder('=').name]} {axis}"
        for name, kind, (width,) in fields
        for axis in names[name][:width]
    ]
    lines = ["ply", "format binary_little_endian 1.0", f"element vertex {count}", *properties, "end_header", ""]

    def blocks() -> Iterator[Array]:
        for start in range(0, len(points), _BLOCK_POINTS):
            chosen = start + np.flatnonzero(kept[start : start + _BLOCK_POINTS])
            block = np.empty(len(chosen), vertex)
            block[POINTS] = points[chosen]
            for name, values in others.items():
                block[name] = values[chosen]
            yield block.view(np.uint8)

    held = points.nbytes + kept.nbytes + sum(values.nbytes for values in others.values())
    stream = ArrayStream((count * vertex.itemsize,), np.dtype(np.uint8), blocks, held)
    return "\n".join(lines).encode(), stream, count


def _rows(array: Array | ArrayStream, width: int = -1) -> Array:
    """One row a point."""
    whole: Array = array.collect() if isinstance(array, ArrayStream) else array
    return whole.reshape(-1, whole.shape[-1] if width < 0 else width)
