"""`/v1/jobs/{job}/results`: what a job has left, listed, in slices, and as one archive."""

import math
from collections.abc import AsyncGenerator, Collection, Sequence
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import anyio.to_thread
from fastapi import Query, Request
from fastapi.responses import JSONResponse, Response
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from api.access import Owner, engine_of
from api.jobs.names import JobName
from api.jobs.objects import CACHE
from api.negotiation import accepted_types, weighed_types
from api.sending import StreamResponse
from service.errors import NotAcceptable
from service.jobs.records import TileOutcome
from service.media import npy
from service.media.answer import ANY, JSON, json_bytes, raw_bytes
from service.settings import Settings

_MAX_PAGE = 10_000
_ARCHIVE_BYTES = 16 << 20  # of an archive that are in memory while it is sent


class Page(BaseModel):
    """Which part of long lists an answer shows."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(1000, ge=1, le=_MAX_PAGE, description="Most files, and most items, of one page.")
    after: int = Field(0, ge=0, le=2**53, description="`next` of the page before.")


class Slice(BaseModel):
    """Which part of an array."""

    model_config = ConfigDict(extra="forbid")

    index: str = Field(
        "...",
        max_length=1000,
        description="As in numpy: integers, slices and one `...`, such as `0:10,5`. Default: the whole array.",
    )


async def list_results(request: Request, job: JobName, owner: Owner, page: Annotated[Page, Query()]) -> Response:
    """Arrays with shape and type, and, a page at a time, files and what became of every item."""
    manifest = await engine_of(request).jobs.manifest(job, owner)
    base = f"/v1/jobs/{job}/results"

    def body() -> dict[str, Any]:
        window = slice(page.after, page.after + page.limit)
        longest = max(len(manifest.files), len(manifest.items))
        return {
            "job": job,
            "operation": manifest.operation,
            "bytes": manifest.bytes,
            "archive": f"{base}.zip",
            "arrays": [
                {
                    "name": array.name,
                    "shape": array.shape,
                    "dtype": array.dtype,
                    "chunks": array.chunks,
                    "dimensions": array.dimensions,
                    "unit": array.unit,
                    "meaning": array.meaning,
                    "bytes": array.nbytes,
                    "href": f"{base}/{array.name}",
                    "zarr": f"{base}/{array.name}.zarr",
                }
                for array in manifest.arrays
            ],
            "files_total": len(manifest.files),
            "files": [
                {
                    "name": file.name,
                    "href": f"{base}/{quote(file.key)}",
                    "media_type": file.media_type,
                    "bytes": file.bytes,
                    "crc32": file.crc32,
                }
                for file in manifest.files[window]
            ],
            "items_total": manifest.tiles,
            "items_failed": manifest.failed,
            "items": [_item(outcome, base) for outcome in manifest.items[window]],
            "next": window.stop if window.stop < longest else None,
        }

    listing = await anyio.to_thread.run_sync(body)
    following = listing["next"]
    if following is None:
        return JSONResponse(listing)
    query = urlencode({"limit": page.limit, "after": following})
    return JSONResponse(listing, headers={"Link": f'<{base}?{query}>; rel="next"'})


async def slice_array(
    request: Request, job: JobName, array: str, owner: Owner, part: Annotated[Slice, Query()]
) -> Response:
    """`array[index]`, read without the rest of the array: as nested lists where Accept asks for JSON or the part is
    small, as npy otherwise.
    """
    from service.jobs.results.slices import parse_index

    engine, accept = engine_of(request), request.headers.getlist("accept")
    layout = (await engine.jobs.manifest(job, owner)).array(array)
    ranges, _ = parse_index(part.index, layout.shape)
    nbytes = math.prod(map(len, ranges)) * layout.storage.itemsize
    text_bytes = json_bytes(layout.storage, nbytes)
    media_type = _form(accepted_types(accept), weighed_types(accept), text_bytes, engine.settings)
    hold = engine.admission.hold()
    try:
        hold.grow(nbytes + text_bytes * (media_type == JSON))
        values = await engine.jobs.slice(job, owner, array, part.index)
        parts = await anyio.to_thread.run_sync(_encoded, values, media_type)
    except BaseException:
        hold.release()
        raise
    length = sum(map(len, parts))
    headers = {"Vary": "Accept", "Cache-Control": CACHE, "Content-Length": str(length)}
    return StreamResponse(
        _each(parts), engine.settings.body_timeout, media_type=media_type, headers=headers, finished=hold.release
    )


async def archive_results(request: Request, job: JobName, owner: Owner) -> Response:
    """Every array, as a Zarr store, and every file, in one ZIP file that is made while it is sent."""
    from service.jobs.results.archive import archive_size

    engine = engine_of(request)
    manifest = await engine.jobs.manifest(job, owner)
    headers = {
        "Content-Disposition": f'attachment; filename="{manifest.operation}-{job}.zip"',
        "Content-Length": str(await anyio.to_thread.run_sync(archive_size, manifest)),
    }
    hold = engine.admission.hold()
    hold.grow(min(manifest.bytes, _ARCHIVE_BYTES))
    return StreamResponse(
        engine.jobs.archive(job, owner),
        engine.settings.body_timeout,
        media_type="application/zip",
        headers=headers,
        finished=hold.release,
    )


def _form(accepted: Sequence[str], weighed: Collection[str], text_bytes: int, settings: Settings) -> str:
    """JSON or npy, as the caller and the size would have it. Raises NotAcceptable."""
    small = text_bytes <= min(settings.small_json_bytes, settings.max_json_bytes)
    own = [kind for kind in ((JSON, npy.MEDIA_TYPE) if small else (npy.MEDIA_TYPE,)) if kind not in weighed]
    reason = f"slices are {JSON} or {npy.MEDIA_TYPE}"
    for wanted in accepted:
        if wanted in (ANY, "application/*") and own:
            return own[0]
        if wanted == npy.MEDIA_TYPE or (wanted == JSON and text_bytes <= settings.max_json_bytes):
            return wanted
        if wanted == JSON:
            reason = (
                f"as JSON this part would take about {text_bytes} bytes, more than the {settings.max_json_bytes} "
                f"allowed; ask for {npy.MEDIA_TYPE}"
            )
    raise NotAcceptable(reason)


def _encoded(values: NDArray[Any], media_type: str) -> list[bytes | memoryview]:
    if media_type == JSON:
        pairs = values.view(values.real.dtype).reshape(*values.shape, 2) if values.dtype.kind == "c" else values
        return [to_json(pairs.tolist(), inf_nan_mode="null")]
    return [npy.npy_header(values.shape, values.dtype), raw_bytes(values)]


async def _each(parts: Sequence[bytes | memoryview]) -> AsyncGenerator[bytes | memoryview, None]:
    for part in parts:
        yield part


def _item(outcome: TileOutcome, base: str) -> dict[str, Any]:
    files = [f"{base}/{quote(key)}" for key, _, _ in outcome.written if key.startswith("files/")]
    return {"item": outcome.tile, "state": outcome.state, "files": files, "detail": outcome.detail}
