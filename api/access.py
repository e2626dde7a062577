"""Who asks, and of which engine."""

from typing import Annotated, Any

from fastapi import Depends, Request

from service.engine import Engine

SECURITY: list[dict[str, list[str]]] = [{"HTTPBearer": []}, {"APIKeyHeader": []}]
"""What a protected route says in the OpenAPI document: either of `SCHEMES` will do."""

SCHEMES: dict[str, Any] = {
    "HTTPBearer": {"type": "http", "scheme": "bearer", "description": "An API key."},
    "APIKeyHeader": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key."},
}


def engine_of(request: Request) -> Engine:
    """The engine that this application runs on."""
    engine: Engine = request.app.state.engine
    return engine


async def owner_of(request: Request) -> str:
    """The owner of the key that came with the request. Raises Unauthenticated and RateLimited."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    keys = engine_of(request).keys
    owner = keys.owner(key if scheme.lower() == "bearer" and key else request.headers.get("x-api-key"))
    keys.count(owner)
    return owner


Owner = Annotated[str, Depends(owner_of)]
"""A parameter of a route: who asks."""
