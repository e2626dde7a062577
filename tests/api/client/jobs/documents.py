"""What a service says of a job, as documents of its own."""

import json
from typing import Any
from zlib import crc32

JOB = "01k3v9m2q8w4x7c5b1n6t0r9ye"
STATUS: dict[str, Any] = {
    "id": JOB,
    "operation": "fundamental",
    "kind": "items",
    "state": "running",
    "progress": 40.0,
    "tiles_done": 4,
    "tiles_total": 10,
    "tiles_failed": 0,
    "priority": 0,
    "created": "2026-11-20T09:00:00.000Z",
    "started": "2026-11-20T09:00:01.000Z",
    "finished": None,
    "results_expire": None,
    "rate": 2.0,
    "eta_seconds": 3.0,
    "reason": None,
    "cancelling": False,
    "links": {},
}
DONE = STATUS | {
    "state": "successful",
    "progress": 100.0,
    "tiles_done": 10,
    "finished": "2026-11-20T09:00:06.000Z",
    "results_expire": "2026-11-27T09:00:06.000Z",
    "eta_seconds": None,
}
FAILED = DONE | {
    "state": "failed",
    "progress": 99.9,
    "tiles_done": 9,
    "tiles_failed": 1,
    "reason": {"title": "Some items failed", "detail": "1 of 10", "errors": [{"pointer": "/items/3", "detail": "bad"}]},
}

Answer = tuple[int, dict[str, str], bytes]


def answer(document: Any, status: int = 200, **headers: str) -> Answer:
    """A JSON answer."""
    return status, {name.replace("_", "-"): text for name, text in headers.items()}, json.dumps(document).encode()


def event(number: int, status: Any) -> bytes:
    """A status as an event of that number."""
    return f"id: {number}\nevent: progress\ndata: {json.dumps(status)}\n\n".encode()


def stream(data: bytes) -> Answer:
    """An answer of events."""
    return 200, {"Content-Type": "text/event-stream; charset=utf-8"}, data


def stored(data: bytes) -> Answer:
    """An object of the results."""
    return 200, {"ETag": f'"{crc32(data):08x}-{len(data)}"'}, data


def listing(**more: Any) -> dict[str, Any]:
    """A listing of results, one page of it."""
    base = f"/v1/jobs/{JOB}/results"
    return {
        "job": JOB,
        "operation": "fundamental",
        "bytes": 100,
        "archive": f"{base}.zip",
        "arrays": [
            {
                "name": "fundamental",
                "shape": [3, 3],
                "dtype": "float64",
                "chunks": [2, 3],
                "dimensions": ["item", "column"],
                "unit": "",
                "meaning": "F",
                "bytes": 72,
                "href": f"{base}/fundamental",
                "zarr": f"{base}/fundamental.zarr",
            }
        ],
        "files_total": 0,
        "files": [],
        "items_total": 0,
        "items_failed": 0,
        "items": [],
        "next": None,
    } | more
