"""Results out: which forms an answer can take, and the answer itself, in parts whose total length is known."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from pydantic_core import to_json

from service.arrays.pending import Array, ArrayStream
from service.errors import Fault, InvalidParams, NotAcceptable
from service.execution import Call
from service.media import image, npy, picture, ply, safetensors
from service.settings import Settings

JSON = "application/json"
MEDIA_TYPES = (JSON, npy.MEDIA_TYPE, safetensors.MEDIA_TYPE, ply.MEDIA_TYPE, *picture.MEDIA_TYPES)
ANY = "*/*"

Part = bytes | memoryview | ArrayStream

_JSON_BYTES = {"b": 6, "u": 6, "i": 12, "f": 22, "c": 46}


@dataclass(frozen=True)
class Form:
    """How a call will be answered: a media type, and which array where the type holds one."""

    media_type: str
    array: str | None


class Result(Protocol):
    """What can be answered: a result, just computed or kept by a job."""

    def arrays(self) -> Mapping[str, Any]:
        """Its arrays, in their order."""
        ...

    def scalars(self) -> dict[str, Any]:
        """Everything else, JSON-ready."""
        ...


@dataclass(frozen=True)
class Answer:
    """An encoded result.

    `parts` follow each other; a stream among them is computed while it is sent. `summary` holds the scalars.
    """

    media_type: str
    length: int
    parts: Sequence[Part]
    summary: dict[str, Any] = field(default_factory=dict)

    def chunks(self) -> Iterator[bytes | memoryview]:
        """All bytes in order."""
        for part in self.parts:
            if isinstance(part, ArrayStream):
                yield from map(raw_bytes, part.blocks())
            else:
                yield part


def choose_form(
    call: Call, accepted: Sequence[str], array: str | None, settings: Settings, *, weighed: Collection[str] = ()
) -> Form:
    """The first of `accepted` that can hold the result, judged before anything is computed.

    Parameters
    ----------
    call
        What will be answered.
    accepted
        Media types in the caller's order of preference; `*/*` and `image/*` stand for the service's own choice.
    array
        The result array that a picture or npy answer shows; the first one by default.
    settings
        Limits.
    weighed
        Media types and ranges that the caller gave a weight of their own, be it none: wider ranges do not stand for
        them.

    Raises
    ------
    NotAcceptable
        None can; the message says why and what would.
    InvalidParams
        The result has no array of that name.
    """
    outputs = {output.name: output for output in call.cost.outputs}
    if array is not None and array not in outputs:
        raise InvalidParams(
            [
                Fault(
                    "/array",
                    f"{call.operation.name} has no result array {array!r}; it has: {', '.join(outputs)}",
                )
            ]
        )
    chosen = outputs[array or next(iter(outputs))]
    text_bytes = sum(json_bytes(np.dtype(output.dtype), output.nbytes) for output in outputs.values())

    def fault(media_type: str) -> str | None:
        if media_type == JSON and text_bytes > settings.max_json_bytes:
            return (
                f"as JSON the result would take about {text_bytes} bytes, more than the {settings.max_json_bytes} "
                f"allowed; "
                f"ask for {npy.MEDIA_TYPE} (one array) or {safetensors.MEDIA_TYPE} (all)"
            )
        if media_type == ply.MEDIA_TYPE:
            found = ply.ply_fault(call.operation.result, outputs, array)
            return None if found is None else f"{found}; ask for {JSON}, {npy.MEDIA_TYPE} or {safetensors.MEDIA_TYPE}"
        if media_type in picture.MEDIA_TYPES:
            if not is_picture(call, chosen.name):
                return f"{chosen.name!r} is not a picture; ask for {JSON}, {npy.MEDIA_TYPE} or {safetensors.MEDIA_TYPE}"
            found = image.picture_fault(media_type, chosen.shape, np.dtype(chosen.dtype))
            return (
                None if found is None else f"{found}; ask for image/tiff, {npy.MEDIA_TYPE} or {safetensors.MEDIA_TYPE}"
            )
        return None

    def own_choice() -> list[str]:
        came = call.params.picture_type()
        small = text_bytes <= min(settings.small_json_bytes, settings.max_json_bytes)
        return [*filter(None, [came]), *([JSON] if small else []), safetensors.MEDIA_TYPE]

    def candidates(wanted: str) -> list[str]:
        if wanted == ANY:
            return [kind for kind in own_choice() if not {kind, kind.split("/")[0] + "/*"} & set(weighed)]
        if wanted == "application/*":
            return [kind for kind in (JSON, safetensors.MEDIA_TYPE) if kind not in weighed]
        if wanted == "image/*":
            own = filter(None, [call.params.picture_type()])
            return [kind for kind in (*own, *picture.MEDIA_TYPES) if kind not in weighed]
        return [wanted] if wanted in MEDIA_TYPES else []

    reasons: list[str] = []
    for wanted in accepted:
        for candidate in candidates(wanted):
            found = fault(candidate)
            if found is None:
                single = candidate == npy.MEDIA_TYPE or candidate in picture.MEDIA_TYPES
                return Form(candidate, chosen.name if single else None)
            reasons.append(found)
    raise NotAcceptable(reasons[0] if reasons else f"this service answers {', '.join(MEDIA_TYPES)}")


def encode(result: Result, form: Form, settings: Settings) -> Answer:
    """The answer in the form that `choose_form` found."""
    arrays, scalars = result.arrays(), result.scalars()
    if form.media_type == JSON:
        text = to_json({**scalars, **{name: _listed(array) for name, array in arrays.items()}}, inf_nan_mode="null")
        return Answer(JSON, len(text), [text], scalars)
    if form.media_type == safetensors.MEDIA_TYPE:
        described = {name: (tuple(array.shape), array.dtype) for name, array in arrays.items()}
        header = safetensors.safetensors_header(described, {"result": to_json(scalars).decode()})
        parts: list[Part] = [header, *map(_part, arrays.values())]
        return Answer(form.media_type, len(header) + sum(a.nbytes for a in arrays.values()), parts, scalars)
    if form.media_type == ply.MEDIA_TYPE:
        start, vertices, count = ply.ply_parts(arrays)
        left = [name for name in arrays if name not in (ply.POINTS, ply.NORMALS, ply.COLORS)]
        summary = {**scalars, "array": ply.POINTS, "other_arrays": left, "vertices": count}
        return Answer(form.media_type, len(start) + vertices.nbytes, [start, vertices], summary)
    assert form.array is not None
    array = arrays[form.array]
    summary = {
        **scalars,
        "array": form.array,
        "other_arrays": [name for name in arrays if name != form.array],
    }
    if form.media_type == npy.MEDIA_TYPE:
        header = npy.npy_header(tuple(array.shape), array.dtype)
        return Answer(form.media_type, len(header) + array.nbytes, [header, _part(array)], summary)
    whole = array.collect() if isinstance(array, ArrayStream) else array
    data = image.encode_picture(form.media_type, whole, quality=settings.jpeg_quality, png_level=settings.png_level)
    return Answer(form.media_type, len(data), [data], summary)


def json_bytes(dtype: np.dtype[Any], nbytes: int) -> int:
    """About how long values of this type and size are as JSON."""
    return _JSON_BYTES[dtype.kind] * nbytes // dtype.itemsize


def raw_bytes(array: Array) -> memoryview:
    """An array's memory in C order."""
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def _part(array: Array | ArrayStream) -> Part:
    return array if isinstance(array, ArrayStream) else raw_bytes(array)


def _listed(array: Array | ArrayStream) -> Any:
    return (array.collect() if isinstance(array, ArrayStream) else array).tolist()


def is_picture(call: Call, name: str) -> bool:
    """Whether a result array is laid out over pixels: its first two axes are height and width."""
    axes = next(len(output.shape) for output in call.cost.outputs if output.name == name)
    shapes = [shape for shape in call.operation.result.array_fields()[name].shapes if len(shape) == axes]
    return bool(shapes) and all(shape[:2] in (("h", "w"), ("H", "W")) for shape in shapes)
