"""`/livez`, `/readyz`, `/metrics`: answered on the event loop, never behind compute."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from api.access import engine_of


def add_probes(app: FastAPI) -> None:
    """Add the probes."""
    app.add_api_route(
        "/livez",
        _live,
        methods=["GET"],
        tags=["probes"],
        summary="Whether the process answers",
        response_class=PlainTextResponse,
    )
    app.add_api_route(
        "/readyz",
        _ready,
        methods=["GET"],
        tags=["probes"],
        summary="Whether requests are welcome: kernels loaded, not draining",
    )
    app.add_api_route(
        "/metrics",
        _metrics,
        methods=["GET"],
        tags=["probes"],
        summary="Prometheus metrics",
        response_class=PlainTextResponse,
    )


async def _live() -> Response:
    return PlainTextResponse("ok\n")


async def _ready(request: Request) -> Response:
    engine = engine_of(request)
    state = "draining" if engine.draining else "ready" if engine.ready else "warming-up"
    return JSONResponse(
        {"state": state},
        status_code=200 if state == "ready" else 503,
        headers={"Retry-After": "2"} if state != "ready" else None,
    )


async def _metrics(request: Request) -> Response:
    return Response(generate_latest(engine_of(request).metrics.registry), media_type=CONTENT_TYPE_LATEST)
