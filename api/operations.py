"""`POST /v1/{operation}` for every operation of the catalogue, and the catalogue itself."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.responses import JSONResponse, Response

from api.access import engine_of, owner_of
from api.bodies import PARAMS, read_body
from api.negotiation import accepted_types
from api.openapi import operation_extra
from api.sending import AnswerResponse
from service import engine as engines
from service.catalogue import OPERATIONS, operation_named
from service.engine import Engine
from service.errors import Fault, InvalidParams
from service.operation import Operation
from service.schemas import schema_of
from service.settings import Settings
from service.stop import Stop

Owner = Annotated[str, Depends(owner_of)]
EngineOf = Annotated[Engine, Depends(engine_of)]


def add_operations(app: FastAPI) -> None:
    """Add the route of every operation."""
    router = APIRouter(prefix="/v1")
    for operation in OPERATIONS:
        router.add_api_route(
            f"/{operation.name}",
            _endpoint(operation),
            methods=["POST"],
            name=operation.name,
            operation_id=operation.name.replace("-", "_"),
            summary=operation.summary,
            tags=[operation.family],
            response_model=None,
            response_class=Response,
            openapi_extra=operation_extra(operation),
        )
    router.add_api_route(
        "/operations", _list_operations, methods=["GET"], tags=["catalogue"], summary="List the operations"
    )
    router.add_api_route(
        "/operations/{operation}",
        _show_operation,
        methods=["GET"],
        tags=["catalogue"],
        summary="Show one operation: schemas, examples, limits",
    )
    app.include_router(router)


def _endpoint(operation: Operation[Any, Any]) -> Any:
    first_array = next(iter(operation.params.array_fields()))

    async def execute(
        request: Request,
        engine: EngineOf,
        owner: Owner,
        array: Annotated[
            str | None,
            Query(description="The result array that a picture or npy answer shows. Default: the first."),
        ] = None,
        params: Annotated[
            str | None,
            Query(description="The JSON parameters where the body is one array.", include_in_schema=False),
        ] = None,
    ) -> Response:
        request.scope["epipole.operation"] = operation.name
        unknown = sorted(set(request.query_params) - {"array", PARAMS})
        if unknown:
            raise InvalidParams(
                [Fault(f"/{name}", f"is not read from the query; it holds array and {PARAMS}") for name in unknown]
            )
        accepted = accepted_types(request.headers.getlist("accept"))
        hold = engine.admission.hold()
        try:
            body = await read_body(request, engine, first_array, hold)
            engine.metrics.bytes_in.labels(operation.name).inc(body.nbytes)
            stop = Stop(engine.settings.request_timeout)
            watch = asyncio.create_task(_watch(request, stop))
        except BaseException:
            hold.release()
            raise

        def finished() -> None:
            stop.abandon()
            watch.cancel()
            hold.release()

        try:
            answering = await engine.answer(
                engines.Request(
                    operation,
                    body.document,
                    body.attachments,
                    accepted,
                    array,
                    owner,
                    body_bytes=hold.nbytes,
                    json_bytes=body.json_bytes,
                ),
                stop,
            )
        except BaseException:
            finished()
            raise
        engine.metrics.bytes_out.labels(operation.name).inc(answering.answer.length)
        return AnswerResponse(answering, engine.settings.body_timeout, finished)

    return execute


async def _watch(request: Request, stop: Stop) -> None:
    """Wait for the client to leave, and say so to the threads that work for it."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    stop.abandon()


async def _list_operations() -> Response:
    return JSONResponse(
        {
            "operations": [
                {"name": o.name, "family": o.family, "summary": o.summary, "href": f"/v1/operations/{o.name}"}
                for o in OPERATIONS
            ]
        }
    )


async def _show_operation(operation: str, engine: EngineOf) -> Response:
    found = operation_named(operation)
    return JSONResponse(
        {
            "name": found.name,
            "family": found.family,
            "summary": found.summary,
            "params": schema_of(found.params, "validation"),
            "result": schema_of(found.result, "serialization"),
            "examples": [{"summary": example.summary, "params": example.params} for example in found.examples],
            "limits": limits(engine.settings),
        }
    )


def limits(settings: Settings) -> dict[str, Any]:
    """The limits that a call must keep to."""
    names = (
        "max_body_bytes",
        "max_pixels",
        "max_output_bytes",
        "max_json_bytes",
        "max_flops",
        "request_timeout",
    )
    return {name: getattr(settings, name) for name in names}
