"""`/v1/assets`: inputs stored once and used by name."""

from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, FastAPI, Header, Request
from fastapi.responses import FileResponse, JSONResponse, Response

from api.access import SECURITY, Owner, engine_of
from api.arrival import body_chunks
from api.bodies import FORM
from service.errors import UnreadableBody, UnsupportedMedia
from service.media import npy, picture, safetensors

_PROTECTED = {"security": SECURITY}
_UPLOAD_EXTRA = _PROTECTED | {
    "requestBody": {
        "required": True,
        "description": "The bytes of an npy file or a picture, as they are.",
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in ("application/octet-stream", npy.MEDIA_TYPE, *picture.MEDIA_TYPES)
        },
    }
}


def add_assets(app: FastAPI) -> None:
    """Add the asset routes."""
    router = APIRouter(prefix="/v1/assets", tags=["assets"])
    router.add_api_route(
        "", _upload, methods=["POST"], status_code=201, summary="Store an input", openapi_extra=_UPLOAD_EXTRA
    )
    for method, summary in (("GET", "Fetch a stored input"), ("HEAD", "Ask whether an input is stored")):
        router.add_api_route(
            "/{asset}",
            _fetch,
            methods=[method],
            operation_id=f"{method.lower()}_asset",
            summary=summary,
            response_class=Response,
            openapi_extra=_PROTECTED,
        )
    router.add_api_route(
        "/{asset}",
        _delete,
        methods=["DELETE"],
        status_code=204,
        summary="Delete a stored input",
        response_class=Response,
        openapi_extra=_PROTECTED,
    )
    app.include_router(router)


async def _upload(request: Request, owner: Owner) -> Response:
    engine = engine_of(request)
    if request.headers.get("content-type", "").lower().startswith(FORM):
        raise UnsupportedMedia(f"send the bytes of the asset as the body itself, not as {FORM}")
    with engine.admission.hold() as hold:
        upload = await anyio.to_thread.run_sync(engine.assets.upload, owner)
        try:
            async for chunk in body_chunks(request, engine):
                hold.grow(max(0, len(chunk) - hold.nbytes))  # what was written is no longer in memory
                await anyio.to_thread.run_sync(upload.write, chunk)
            if upload.size == 0:
                raise UnreadableBody("the body is empty; send the bytes of the asset")
            asset = await anyio.to_thread.run_sync(upload.commit)
        except BaseException:
            upload.discard()
            raise
    location = f"/v1/assets/{asset}"
    return JSONResponse(
        {"asset": asset, "bytes": upload.size, "href": location},
        status_code=201,
        headers={"Location": location, "ETag": f'"{asset}"'},
    )


async def _fetch(
    request: Request,
    asset: str,
    owner: Owner,
    if_none_match: Annotated[
        str | None, Header(description="Answer 304 if the asset has this ETag, which it always keeps.")
    ] = None,
) -> Response:
    path = engine_of(request).assets.path(asset, owner)
    headers = {"ETag": f'"{asset}"', "Cache-Control": "private, max-age=31536000, immutable"}
    if if_none_match is not None and (if_none_match.strip() == "*" or f'"{asset}"' in if_none_match):
        return Response(status_code=304, headers=headers)
    with path.open("rb") as file:
        head = file.read(16)
    return FileResponse(path, media_type=_media_type(head), headers=headers)


async def _delete(request: Request, asset: str, owner: Owner) -> Response:
    engine_of(request).assets.delete(asset, owner)
    return Response(status_code=204)


def _media_type(head: bytes) -> str:
    if head.startswith(npy.MAGIC):
        return npy.MEDIA_TYPE
    return picture.sniff(memoryview(head)) or (
        safetensors.MEDIA_TYPE if head[8:9] == b"{" else "application/octet-stream"
    )
