"""`POST /v1/{operation}` for every operation of the catalogue, and the catalogue itself."""

import asyncio
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from api.access import engine_of, owner_of
from api.bodies import PARAMS, read_body
from api.jobs.deferral import defer
from api.jobs.preference import preference_of
from api.negotiation import accepted_types, weighed_types
from api.openapi import ARRAY, operation_extra
from api.sending import AnswerResponse
from service import engine as engines
from service.catalogue import OPERATIONS, operation_named
from service.errors import Fault, InvalidParams
from service.operation import Operation
from service.schemas import schema_of
from service.settings import Settings
from service.stop import Stop


def add_operations(app: FastAPI) -> None:
    """Add the route of every operation."""
    for operation in OPERATIONS:
        app.add_api_route(
            f"/v1/{operation.name}",
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
    app.add_api_route(
        "/v1/operations", _list_operations, methods=["GET"], tags=["catalogue"], summary="List the operations"
    )
    app.add_api_route(
        "/v1/operations/{operation}",
        _show_operation,
        methods=["GET"],
        tags=["catalogue"],
        summary="Show one operation: schemas, examples, limits",
    )


def _endpoint(operation: Operation[Any, Any]) -> Any:
    first_array = next(iter(operation.params.array_fields()))

    # The parameters of this function are the request alone: what FastAPI would do for each of them costs more than a
    # small operation takes.
    async def execute(request: Request) -> Response:
        request.scope["epipole.operation"] = operation.name
        engine, owner = engine_of(request), await owner_of(request)
        unknown = sorted(set(request.query_params) - {ARRAY, PARAMS})
        if unknown:
            raise InvalidParams(
                [Fault(f"/{name}", f"is not read from the query; it holds {ARRAY} and {PARAMS}") for name in unknown]
            )
        accept = request.headers.getlist("accept")
        accepted = accepted_types(accept)
        preference = preference_of(request.headers.getlist("prefer"))
        hold = engine.admission.hold()
        try:
            body = await read_body(request, engine, first_array, hold)
            engine.metrics.bytes_in.labels(operation.name).inc(body.nbytes)
            call = engines.Request(
                operation,
                body.document,
                body.attachments,
                accepted,
                request.query_params.get(ARRAY),
                owner,
                body_bytes=hold.nbytes,
                json_bytes=body.json_bytes,
                weighed=weighed_types(accept),
            )
            if preference.respond_async:
                answer = await defer(request, engine, call, preference)
                hold.release()
                return answer
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
            answering = await engine.answer(call, stop)
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


async def _show_operation(request: Request, operation: str) -> Response:
    found = operation_named(operation)
    return JSONResponse(
        {
            "name": found.name,
            "family": found.family,
            "summary": found.summary,
            "params": schema_of(found.params, "validation"),
            "result": schema_of(found.result, "serialization"),
            "examples": [{"summary": example.summary, "params": example.params} for example in found.examples],
            "limits": limits(engine_of(request).settings),
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
