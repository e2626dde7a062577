"""Jobs in the OpenAPI document: what goes in, what comes out, with examples."""

from typing import Any, get_args

from api.access import SECURITY
from api.jobs.names import IDEMPOTENCY_KEY, MAX_KEY_LENGTH
from service.jobs.document import JobDocument
from service.jobs.records import JobKind, JobState
from service.media import npy

PROBLEMS = "x-problems"
"""Where a route's entry holds its own problems until the document is put together."""

_STATUS = {"$ref": "#/components/schemas/JobStatus"}
_BINARY = {"type": "string", "format": "binary"}
_JOB = "01k3v9m2q8w4x7c5b1n6t0r9ye"


def _header(meaning: str) -> dict[str, Any]:
    return {"description": meaning, "schema": {"type": "string"}}


def _json(meaning: str, schema: dict[str, Any], example: Any = None, **headers: str) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": schema}
    if example is not None:
        content["example"] = example
    described = {name.replace("_", "-"): _header(text) for name, text in headers.items()}
    return {"description": meaning, "content": {"application/json": content}, "headers": described}


def _time(meaning: str) -> dict[str, Any]:
    return {"type": ["string", "null"], "format": "date-time", "description": f"{meaning}, UTC."}


STATUS_EXAMPLE = {
    "id": _JOB,
    "operation": "fundamental-all",
    "kind": "tiled",
    "state": "running",
    "progress": 41.2,
    "tiles_done": 412,
    "tiles_total": 1000,
    "tiles_failed": 0,
    "priority": 0,
    "created": "2026-11-20T09:00:00.000Z",
    "started": "2026-11-20T09:00:00.250Z",
    "finished": None,
    "results_expire": None,
    "rate": 21.5,
    "eta_seconds": 27.3,
    "reason": None,
    "cancelling": False,
    "links": {
        "self": f"/v1/jobs/{_JOB}",
        "events": f"/v1/jobs/{_JOB}/events",
        "results": f"/v1/jobs/{_JOB}/results",
    },
}

_STATUS_PROPERTIES: dict[str, Any] = {
    "id": {"type": "string", "description": "Names the job; ids sort by age."},
    "operation": {"type": "string", "description": "The operation that it runs."},
    "kind": {
        "type": "string",
        "enum": list(get_args(JobKind)),
        "description": "One call, a call for each item, or an operation that writes its result in tiles.",
    },
    "state": {"type": "string", "enum": list(get_args(JobState)), "description": "Where it is on its way."},
    "progress": {"type": "number", "description": "0 to 100; 100 only when it is successful."},
    "tiles_done": {"type": "integer", "description": "Items or tiles that are done."},
    "tiles_total": {"type": ["integer", "null"], "description": "All of them; null before the job is planned."},
    "tiles_failed": {"type": "integer", "description": "Those that failed; the others go on."},
    "priority": {"type": "integer", "description": "−10 to 10; of one owner's jobs, the greater first."},
    "created": _time("When it was submitted"),
    "started": _time("When its work began"),
    "finished": _time("When it ended"),
    "results_expire": _time("When its results are deleted"),
    "rate": {"type": ["number", "null"], "description": "Tiles per second."},
    "eta_seconds": {"type": ["number", "null"], "description": "Seconds to the end, at this rate."},
    "reason": {"type": ["object", "null"], "description": "Why it failed: `title`, `detail`, and more."},
    "cancelling": {"type": "boolean", "description": "It was dismissed, and its work has not ended yet."},
    "links": {"type": "object", "description": "Paths of the job itself, its events and its results."},
}

_SCHEMAS: dict[str, Any] = {
    "JobStatus": {
        "type": "object",
        "description": "How a job stands.",
        "required": list(_STATUS_PROPERTIES),
        "properties": _STATUS_PROPERTIES,
    },
    "JobPage": {
        "type": "object",
        "required": ["jobs", "next"],
        "properties": {
            "jobs": {"type": "array", "items": _STATUS, "description": "Newest first."},
            "next": {"type": ["string", "null"], "description": "`after` of the next page; null on the last."},
        },
    },
    "JobResults": {
        "type": "object",
        "description": "What a finished job has left.",
        "required": ["job", "operation", "arrays", "files"],
        "properties": {
            "job": {"type": "string", "description": "The job."},
            "operation": {"type": "string", "description": "Its operation."},
            "arrays": {
                "type": "array",
                "description": "Shape, dtype, chunks; `href` serves slices, `zarr` is a Zarr v3 store.",
                "items": {"type": "object"},
            },
            "files": {
                "type": "array",
                "description": "Files, each with its `href`, size and CRC-32.",
                "items": {"type": "object"},
            },
        },
    },
}

_KEY_PARAMETER = {
    "name": IDEMPOTENCY_KEY,
    "in": "header",
    "required": False,
    "description": "Names this submission: sent again with the same body, it is the same job, not another.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH, "pattern": "^[!-~]+$"},
}
_PREFER_PARAMETER = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "description": "`respond-async` makes the call a job: 202. With `respond-async, wait=10` the result itself is the "
    "answer if it is there within 10 seconds. Other preferences are left aside (RFC 7240).",
    "schema": {"type": "string"},
}
PREFERENCES = [_PREFER_PARAMETER, _KEY_PARAMETER]
"""Parameters of every operation, by which a call becomes a job."""

_LOCATION = "Path of the job."
DEFERRED = _json(
    "The call was made a job.", _STATUS, STATUS_EXAMPLE, Location=_LOCATION, Preference_Applied="`respond-async`."
)
"""The answer of an operation whose call became a job."""

_ACCEPTED = {**STATUS_EXAMPLE, "state": "accepted", "progress": 0.0, "tiles_done": 0, "tiles_total": None}
SUBMITTED = {
    "201": _json(
        "The job is kept, and begins when its turn comes.",
        _STATUS,
        _ACCEPTED | {"started": None, "rate": None, "eta_seconds": None},
        Location=_LOCATION,
        Idempotency_Replayed="`true` where this key had made the job before.",
    )
}
SUBMISSION: dict[str, Any] = {
    "parameters": [_KEY_PARAMETER],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/JobDocument"},
                "examples": {
                    "tiled": {
                        "summary": "All pairs of a rig, written in tiles",
                        "value": {
                            "operation": "fundamental-all",
                            "params": {
                                "projections": [
                                    [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]],
                                    [[1, 0, 0, -1], [0, 1, 0, 0], [0, 0, 1, 0]],
                                ]
                            },
                        },
                    },
                    "items": {
                        "summary": "One call for each item, over common parameters",
                        "value": {
                            "operation": "fundamental",
                            "params": {"left": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]},
                            "items": [
                                {"right": [[1, 0, 0, -1], [0, 1, 0, 0], [0, 0, 1, 0]]},
                                {"right": [[1, 0, 0, 0], [0, 1, 0, -1], [0, 0, 1, 0]]},
                            ],
                        },
                    },
                },
            }
        },
    },
}
LISTED = {
    "200": _json(
        "A page of jobs.",
        {"$ref": "#/components/schemas/JobPage"},
        {"jobs": [STATUS_EXAMPLE], "next": None},
        Link="The next page, `rel=next`.",
    )
}
SHOWN = {"200": _json("How the job stands.", _STATUS, STATUS_EXAMPLE)}
DISMISSED = {
    "200": _json("Nothing of the job runs any more.", _STATUS),
    "202": _json("The job is ending; ask again.", _STATUS),
}
RETRIED = {"202": _json("What failed will run again.", _STATUS)}
WATCHED = {
    "200": {
        "description": "Events `state` and `progress`; their data is the job's status, their id goes into "
        "`Last-Event-ID` to go on after it.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
    "204": {"description": "The job has ended, and every event was seen."},
}
RESULTS = {"200": _json("What the job has left.", {"$ref": "#/components/schemas/JobResults"})}
ARCHIVE = {
    "200": {
        "description": "A ZIP file, sent while it is put together.",
        "content": {"application/zip": {"schema": _BINARY}},
    }
}
SLICE = {
    "200": {
        "description": "The values, in the form that Accept asks for; small ones are JSON otherwise.",
        "content": {
            "application/json": {"schema": {"description": "Nested lists; NaN is null."}},
            npy.MEDIA_TYPE: {"schema": _BINARY},
        },
    }
}
_ENTITY = {"ETag": _header("Changes with the bytes, which never happens."), "Accept-Ranges": _header("`bytes`.")}
BYTES = {
    "200": {"description": "All bytes.", "headers": _ENTITY, "content": {"*/*": {"schema": _BINARY}}},
    "206": {"description": "The range asked for.", "headers": _ENTITY, "content": {"*/*": {"schema": _BINARY}}},
    "304": {"description": "The caller holds these bytes already."},
}


def component_schemas() -> dict[str, Any]:
    """What the routes of jobs refer to, by name."""
    document = JobDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**document.pop("$defs", {}), "JobDocument": document, **_SCHEMAS}


def route(answers: dict[str, Any], problems: tuple[int, ...], **extra: Any) -> dict[str, Any]:
    """What a route adds to its entry: its answers, and the status codes of its own problems, described later."""
    return {"security": SECURITY, "responses": answers, PROBLEMS: ["503", "507", *map(str, problems)], **extra}
