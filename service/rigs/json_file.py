"""A rig as one JSON document: columns of names, sizes and numbers, with the names of the service's parameters.

`intrinsics`, `rotations` and `translations` are what `projections-from-poses` takes.
"""

from pathlib import Path
from typing import Any

import numpy as np
from pydantic_core import to_json

from service.arrays.lists import array_from_list
from service.errors import InvalidParams, UnreadableBody
from service.media.document import read_json
from service.rigs.rig import Array, RigCameras, RigLens, UnreadableRig, UnwritableRig, checked_rig, moved
from service.rigs.text import opened, write_file

_SHAPES = {"intrinsics": (3, 3), "rotations": (3, 3), "translations": (3,), "sizes": (2,)}
_FIELDS = {"names", *_SHAPES, "lens_models", "lens_coefficients", "pixel_center"}
_COUNTS = {"none": (0,), "brown": (4, 5, 8), "fisheye": (4,)}


def read(path: Path) -> RigCameras:
    """Read the document. Raises UnreadableRig, with a JSON pointer to what is wrong."""
    with opened(path) as file:
        data = file.read()
    try:
        document = read_json(data, path.name)
        if not isinstance(document, dict) or set(document) != _FIELDS:
            raise UnreadableRig(f"{path.name}: is not a rig: it needs the keys {', '.join(sorted(_FIELDS))}, no others")
        names = document["names"]
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise UnreadableRig(f"{path.name}: /names must be a list of texts")
        columns = {name: _column(document, name, shape, len(names), path) for name, shape in _SHAPES.items()}
    except UnreadableRig:
        raise
    except UnreadableBody as error:
        raise UnreadableRig(error.detail) from None
    if document["pixel_center"] not in ("integer", "half"):
        raise UnreadableRig(f"{path.name}: /pixel_center must be integer or half")
    sizes = columns["sizes"]
    if (sizes < 0).any() or (sizes > 2**31).any():
        raise UnreadableRig(f"{path.name}: /sizes must be from 0 (unknown) to 2^31")
    lenses = _lenses(document["lens_models"], document["lens_coefficients"], len(names), path)
    intrinsics = moved(columns["intrinsics"], -0.5 if document["pixel_center"] == "half" else 0.0)
    return checked_rig(names, intrinsics, columns["rotations"], columns["translations"], sizes, lenses, path.name)


def _column(document: dict[str, Any], name: str, shape: tuple[int, ...], cameras: int, path: Path) -> Array:
    try:
        dtype = "int64" if name == "sizes" else "float64"
        array = array_from_list(document[name], dtype, null_is_nan=False)
    except InvalidParams as error:
        fault = error.faults[0]
        raise UnreadableRig(f"{path.name}: /{name}{fault.pointer} {fault.detail}") from None
    array = array.reshape(0, *shape) if array.shape == (0,) else array
    if array.shape != (cameras, *shape):
        raise UnreadableRig(f"{path.name}: /{name} has the shape {array.shape}, {(cameras, *shape)} is expected")
    return array


def _lenses(models: Any, coefficients: Any, cameras: int, path: Path) -> list[RigLens]:
    if not (
        isinstance(models, list) and isinstance(coefficients, list) and len(models) == len(coefficients) == cameras
    ):
        raise UnreadableRig(f"{path.name}: /lens_models and /lens_coefficients must be lists, one entry a camera")
    found = []
    for n, (model, values) in enumerate(zip(models, coefficients, strict=True)):
        if not isinstance(model, str) or model not in _COUNTS:
            raise UnreadableRig(f"{path.name}: /lens_models/{n} must be one of {', '.join(_COUNTS)}")
        if not isinstance(values, list) or len(values) not in _COUNTS[model]:
            counts = " or ".join(map(str, _COUNTS[model]))
            raise UnreadableRig(f"{path.name}: /lens_coefficients/{n} must be a list of {counts} numbers")
        if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
            raise UnreadableRig(f"{path.name}: /lens_coefficients/{n} must hold numbers")
        found.append(RigLens(model, tuple(map(float, values))))
    return found


def write(rig: RigCameras, path: Path) -> None:
    """Write the document; every number is read back as it was. Raises UnwritableRig, StorageFailed."""
    for name in rig.names:
        if any(0xD800 <= ord(letter) < 0xE000 for letter in name):
            raise UnwritableRig(f"{name!r} is not text in UTF-8, which JSON needs")
    document = {
        "names": list(rig.names),
        "pixel_center": "integer",
        "sizes": np.asarray(rig.sizes).tolist(),
        "intrinsics": rig.intrinsics.tolist(),
        "rotations": rig.rotations.tolist(),
        "translations": rig.translations.tolist(),
        "lens_models": [lens.model for lens in rig.lenses],
        "lens_coefficients": [list(lens.coefficients) for lens in rig.lenses],
    }
    write_file(path, to_json(document) + b"\n")
