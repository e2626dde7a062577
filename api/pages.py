"""Pages for people: the front page, the API's reference (offline), and what each kind of problem means."""

from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles

from api import problems
from service.catalogue import OPERATIONS
from service.errors import NotFound

_TEMPLATE = (Path(__file__).parent / "index.html").read_text(encoding="utf-8")


def add_pages(app: FastAPI) -> None:
    """Add the pages and the files that they show."""
    app.mount("/docs/files", StaticFiles(directory=str(files("fastapi_swagger") / "resources")))
    app.add_api_route("/docs", _reference, methods=["GET"], include_in_schema=False)
    app.add_api_route("/", _front, methods=["GET"], include_in_schema=False)
    app.add_api_route(problems.TYPES + "/{kind}", _problem, methods=["GET"], include_in_schema=False)


async def _reference() -> Response:
    return get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="Epipole API",
        swagger_js_url="/docs/files/swagger-ui-bundle.js",
        swagger_css_url="/docs/files/swagger-ui.css",
        swagger_favicon_url="/docs/files/favicon-32x32.png",
        swagger_ui_parameters={"defaultModelsExpandDepth": 0, "docExpansion": "list", "validatorUrl": None},
    )


async def _problem(kind: str) -> Response:
    """What a problem's `type` means."""
    meaning = problems.meaning(kind)
    if meaning is None:
        raise NotFound(f"there is no kind of problem {kind!r}")
    return JSONResponse({"type": f"{problems.TYPES}/{kind}", "status": meaning[0], "title": meaning[1]})


async def _front() -> Response:
    rows = []
    family = None
    for operation in OPERATIONS:
        if operation.family != family:
            family = operation.family
            rows.append(f"<h2>{family}</h2>")
        anchor = f"/docs#/{operation.family}/{operation.name.replace('-', '_')}"
        rows.append(
            f'<a class="operation" href="{anchor}"><code>{operation.name}</code><span>{operation.summary}</span></a>'
        )
    return HTMLResponse(_TEMPLATE.replace("<!-- operations -->", "\n".join(rows)))
