"""The web application, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from api import openapi, problems
from api.assets import add_assets
from api.jobs.routes import add_jobs
from api.operations import add_operations
from api.pages import add_pages
from api.probes import add_probes
from api.trace import Trace
from service.engine import Engine
from service.settings import Settings

_DESCRIPTION = """Homography warps, fundamental matrices of whole rigs, depth reprojection and image filters.

Arrays come as nested lists, as attachments (pictures, npy, safetensors), as stored assets, or as files under configured
roots. Answers come as JSON, npy, safetensors or pictures, as `Accept` asks. Points are (x, y); pixel centres lie at
integers; depth is z; errors are problem+json."""


def create_app(settings: Settings) -> FastAPI:
    """The application with an engine of its own, which starts and stops with it."""
    engine = Engine(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine.start()
        try:
            yield
        finally:
            await engine.stop()

    app = FastAPI(
        title="Epipole",
        version=version("epipole"),
        summary="Computer-vision geometry over HTTP",
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.engine = engine
    app.add_middleware(Trace, engine=engine)
    problems.install(app)
    add_operations(app)  # first: routes are tried in this order
    add_assets(app)
    add_jobs(app)
    add_probes(app)
    add_pages(app)
    openapi.install(app)
    return app
