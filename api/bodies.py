"""Request bodies split into a JSON document and attachments."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from api.arrival import promised_length, take_body
from service.admission import Hold
from service.arrays.pending import PendingArray
from service.arrays.reference import UNNAMED_TYPES, Attachment
from service.engine import Engine
from service.errors import Fault, InvalidParams, UnreadableBody, UnsupportedMedia
from service.media import npy, picture, safetensors
from service.media.document import read_json

JSON = "application/json"
FORM = "multipart/form-data"
PARAMS = "params"
_MAX_PARTS = 64


@dataclass
class Body:
    """What a body holds. `document` parses JSON when called, in a worker thread rather than on the event loop."""

    document: Callable[[], Mapping[str, Any]]
    attachments: dict[str, Attachment | PendingArray] = field(default_factory=dict)
    nbytes: int = 0
    json_bytes: int = 0


async def read_body(request: Request, engine: Engine, first_array: str, hold: Hold) -> Body:
    """Read and split the body by its media type. Its memory stays accounted for until `hold` is released.

    Raises UnsupportedMedia, UnreadableBody, TooLarge, Overloaded, Stalled where the client stops sending, and Abandoned
    where it leaves.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise UnsupportedMedia(f"Content-Encoding {encoding} is not understood; send the body as it is")
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    media_type = kind.decode("latin-1").lower()
    query = request.query_params.get(PARAMS)
    single = media_type in (npy.MEDIA_TYPE, *picture.MEDIA_TYPES)
    if query is not None and not single:
        raise InvalidParams(
            [Fault(f"/{PARAMS}", f"is read from the query only beside a body that is one array; not with {media_type}")]
        )
    if media_type == FORM:
        return await _read_form(request, engine, options.get(b"boundary"), hold)
    if single:
        data = await _read_binary(request, engine, hold)
        text = query.encode() if query is not None else b"{}"
        attached: dict[str, Attachment | PendingArray] = {first_array: Attachment(data, media_type)}
        return Body(_json_object(text, "the query parameter params"), attached, len(data), len(text))
    if media_type == safetensors.MEDIA_TYPE:
        data = await _read_binary(request, engine, hold)
        tensors = safetensors.open_safetensors(data)
        text = tensors.metadata.get(PARAMS, "{}").encode()
        document = _json_object(text, "the safetensors metadata key params")
        return Body(document, dict(tensors.arrays), len(data), len(text))
    if media_type == JSON or media_type.endswith("+json"):
        json = await _read_whole(request, engine, hold)
        return Body(_json_object(json, "the body"), {}, len(json), len(json))
    accepted = ", ".join((JSON, FORM, npy.MEDIA_TYPE, safetensors.MEDIA_TYPE, *picture.MEDIA_TYPES))
    raise UnsupportedMedia(f"Content-Type {media_type or '(none)'} is not understood; send one of {accepted}")


class _Block:
    """One piece of memory that is not moved while it fills; memory that is not touched costs nothing."""

    def __init__(self, promised: int) -> None:
        self._promised = promised
        self._memory: memoryview | None = None
        self._filled = 0

    def take(self, chunk: bytes) -> None:
        if self._memory is None:
            self._memory = np.empty(self._promised, np.uint8).data
        end = self._filled + len(chunk)
        if end > self._promised:
            raise UnreadableBody("the body is longer than its Content-Length")
        self._memory[self._filled : end] = chunk
        self._filled = end

    def view(self) -> memoryview:
        """What was taken."""
        return self._memory[: self._filled] if self._memory is not None else memoryview(b"")


async def _read_binary(request: Request, engine: Engine, hold: Hold) -> memoryview:
    promised = promised_length(request)
    if promised == 0:
        return memoryview(await _read_whole(request, engine, hold))
    block = _Block(promised)
    await take_body(request, engine, hold, block.take)
    return block.view()


async def _read_whole(request: Request, engine: Engine, hold: Hold) -> bytearray:
    data = bytearray()
    await take_body(request, engine, hold, data.extend)
    return data


async def _read_form(request: Request, engine: Engine, boundary: bytes | None, hold: Hold) -> Body:
    if boundary is None:
        raise UnreadableBody("multipart/form-data needs a boundary; let your HTTP library write this header")
    form = _Form()
    try:
        parser = MultipartParser(boundary, form.callbacks())  # type: ignore[arg-type]
        size = await take_body(request, engine, hold, parser.write)
        parser.finalize()
    except FormParserError as error:
        raise UnreadableBody("the multipart body is malformed") from error
    if not form.whole:
        raise UnreadableBody("the multipart body is cut off before its closing boundary")
    return Body(form.document, form.attachments(), size, form.text_bytes())


class _Form:
    """Collects parts while they are parsed: bytes once, in one buffer a part."""

    def __init__(self) -> None:
        self.whole = False
        self._parts: list[tuple[str, str, bool, bytearray]] = []
        self._headers: dict[str, bytes] = {}
        self._name, self._value = bytearray(), bytearray()
        self._data = bytearray()

    def callbacks(self) -> dict[str, Callable[..., None]]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._header,
            "on_part_data": self._more,
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def _begin(self) -> None:
        self._headers, self._data = {}, bytearray()
        if len(self._parts) >= _MAX_PARTS:
            raise UnreadableBody(f"the multipart body has more than {_MAX_PARTS} parts")

    def _more(self, data: bytes, start: int, end: int) -> None:
        self._data += memoryview(data)[start:end]

    def _header(self) -> None:
        self._headers[self._name.decode("latin-1").lower()] = bytes(self._value)
        self._name, self._value = bytearray(), bytearray()

    def _end(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition", b""))
        if b"name" not in options:
            raise UnreadableBody("a part of the multipart body has no name")
        kind, _ = parse_options_header(self._headers.get("content-type", b""))
        name = options[b"name"].decode("utf-8", "replace")
        if any(name == other for other, *_ in self._parts):
            raise UnreadableBody(f"the multipart body has two parts named {name!r}")
        self._parts.append((name, kind.decode("latin-1").lower(), b"filename" in options, self._data))

    def _finish(self) -> None:
        self.whole = True

    def attachments(self) -> dict[str, Attachment | PendingArray]:
        """Parts that are files or declare a media type of their own."""
        return {
            name: Attachment(memoryview(data), kind)
            for name, kind, is_file, data in self._parts
            if not _is_text(name, kind, is_file)
        }

    def text_bytes(self) -> int:
        """Length of the parts that `document` parses."""
        return sum(len(data) for name, kind, is_file, data in self._parts if _is_text(name, kind, is_file))

    def document(self) -> dict[str, Any]:
        """The part `params`, and every further part that is JSON or plain text as a field of that name."""
        fields: dict[str, Any] = {}
        document: Mapping[str, Any] = {}
        for name, kind, is_file, data in self._parts:
            if name == PARAMS:
                document = _json_object(data, "the part params")()
            elif _is_text(name, kind, is_file):
                fields[name] = _json_or_text(data, strict=kind == JSON)
        twice = sorted(set(fields) & set(document))
        if twice:
            raise InvalidParams([Fault(f"/{name}", "is given both in params and as a part") for name in twice])
        return {**document, **fields}


def _is_text(name: str, kind: str, is_file: bool) -> bool:
    return name == PARAMS or kind == JSON or (not is_file and (kind in UNNAMED_TYPES or kind.startswith("text/")))


def _json_or_text(data: bytearray, *, strict: bool) -> Any:
    try:
        return read_json(data, f"a part declared as {JSON}")
    except UnreadableBody:
        if strict:
            raise
        return data.decode("utf-8", "replace")


def _json_object(data: bytes | bytearray, where: str) -> Callable[[], Mapping[str, Any]]:
    def parse() -> Mapping[str, Any]:
        value = read_json(data, where)
        if not isinstance(value, dict):
            raise UnreadableBody(f"{where} must be a JSON object")
        return value

    return parse
