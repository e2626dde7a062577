"""The bytes of results as they lie in the store: objects of Zarr stores, and files, whole or in ranges."""

from collections.abc import AsyncGenerator
from pathlib import PurePosixPath
from typing import Annotated

import anyio.to_thread
from fastapi import Header, Request
from fastapi.responses import Response

from api.access import Owner, engine_of
from api.jobs.names import JobName
from api.jobs.ranges import requested_range, unchanged
from api.sending import StreamResponse
from service.admission import Hold
from service.engine import Engine
from service.errors import NotFound, StorageFailed
from service.media import npy
from service.media.answer import JSON

CACHE = "private, max-age=86400, immutable"
_PIECE = 4 << 20
_OCTETS = "application/octet-stream"
_MEDIA_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".tiff": "image/tiff",
    ".npy": npy.MEDIA_TYPE,
    ".json": JSON,
}

Range = Annotated[str | None, Header(alias="Range", description="One range of bytes, such as `bytes=0-99`.")]
IfRange = Annotated[str | None, Header(description="The range counts only if the bytes still have this ETag.")]
IfNoneMatch = Annotated[str | None, Header(description="Answer 304 if the bytes have this ETag.")]


async def fetch_object(
    request: Request,
    job: JobName,
    array: str,
    key: str,
    owner: Owner,
    span: Range = None,
    if_range: IfRange = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """An object of the array's Zarr v3 store: `zarr.json`, or a shard. Any Zarr client opens
    `/v1/jobs/{job}/results/{array}.zarr` as it is.
    """
    media_type = JSON if key == "zarr.json" else _OCTETS
    asked = _Asked(request, job, owner, f"{array}.zarr/{key}")
    return await asked.answer(media_type, span, if_range, if_none_match)


async def fetch_file(
    request: Request,
    job: JobName,
    path: str,
    owner: Owner,
    span: Range = None,
    if_range: IfRange = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """A file that an item has left, by its path in the list of results."""
    media_type = _MEDIA_TYPES.get(PurePosixPath(path).suffix, _OCTETS)
    return await _Asked(request, job, owner, f"files/{path}").answer(media_type, span, if_range, if_none_match)


class _Asked:
    """An object that a request asks for. Only what the manifest lists is ever looked up in the store."""

    def __init__(self, request: Request, job: str, owner: str, key: str) -> None:
        self._engine: Engine = engine_of(request)
        self._head = request.method == "HEAD"
        self._job, self._owner, self._key = job, owner, key

    async def answer(
        self, media_type: str, span: str | None, if_range: str | None, if_none_match: str | None
    ) -> Response:
        manifest = await self._engine.jobs.manifest(self._job, self._owner)
        entry = await anyio.to_thread.run_sync(manifest.objects.get, self._key)
        if entry is None:
            raise NotFound("the results of this job have no such object")
        checksum, size = entry
        etag = f'"{checksum}-{size}"'
        headers = {"ETag": etag, "Accept-Ranges": "bytes", "Cache-Control": CACHE}
        if unchanged(if_none_match, etag):
            return Response(status_code=304, headers=headers)
        if self._head:
            return Response(media_type=media_type, headers=headers | {"Content-Length": str(size)})
        asked = requested_range(span, size) if if_range in (None, etag) else None
        start, stop = asked or (0, size)
        if asked is not None:
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        headers["Content-Length"] = str(stop - start)
        return await self._send(start, stop, 200 if asked is None else 206, media_type, headers)

    async def _send(self, start: int, stop: int, status: int, media_type: str, headers: dict[str, str]) -> Response:
        hold = self._engine.admission.hold()
        try:
            hold.grow(min(stop - start, _PIECE))
            # The first piece is read before the status is sent: what fails then is still told as a problem.
            first = await self._read(start, stop)
        except BaseException:
            hold.release()
            raise
        return StreamResponse(
            self._pieces(first, start, stop, hold),
            self._engine.settings.body_timeout,
            status_code=status,
            media_type=media_type,
            headers=headers,
            finished=hold.release,
        )

    async def _pieces(self, piece: bytes, start: int, stop: int, hold: Hold) -> AsyncGenerator[bytes, None]:
        while True:
            yield piece
            start += len(piece)
            if start >= stop:
                return
            piece = await self._read(start, stop)

    async def _read(self, start: int, stop: int) -> bytes:
        end = min(stop, start + _PIECE)
        piece = await self._engine.jobs.object(self._job, self._owner, self._key, start, end)
        if len(piece) != end - start:
            raise StorageFailed("a stored object is shorter than the manifest says")
        return piece
