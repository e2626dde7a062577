"""Who asks, and of which engine."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from service.engine import Engine

_bearer = HTTPBearer(auto_error=False, description="An API key.")
_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="An API key.")


def engine_of(request: Request) -> Engine:
    """The engine that this application runs on."""
    engine: Engine = request.app.state.engine
    return engine


def owner_of(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    header: Annotated[str | None, Depends(_header)],
) -> str:
    """The owner of the key that came with the request. Raises Unauthenticated and RateLimited."""
    keys = engine_of(request).keys
    owner = keys.owner(bearer.credentials if bearer is not None else header)
    keys.count(owner)
    return owner
