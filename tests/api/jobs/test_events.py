import asyncio
import json
import signal
import socket
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from api.jobs import events as streams
from service.jobs.records import JobEvent
from tests.api.jobs.conftest import PATIENCE, cameras, ended, submitted
from tests.running import Server, serving

Event = dict[str, Any]


def events(answer: httpx.Response) -> Iterator[Event]:
    """The events of a stream as they come."""
    event: Event = {}
    for line in answer.iter_lines():
        name, _, value = line.partition(": ")
        if not line and "data" in event:
            yield {"id": int(event["id"]), "event": event["event"], "data": json.loads(event["data"])}
            event = {}
        elif name:
            event[name] = value


def watched(client: httpx.Client, href: str, after: int | None = None, most: int | None = None) -> list[Event]:
    """The events of a job after `after`, until the stream ends or `most` have come."""
    headers = {"Accept": "text/event-stream"} | ({} if after is None else {"Last-Event-ID": str(after)})
    found = []
    with client.stream("GET", href, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-accel-buffering"] == "no"
        assert answer.headers["cache-control"] == "no-cache"
        for event in events(answer):
            found.append(event)
            if len(found) == most:
                break
    return found


def long_job(client: httpx.Client, items: int = 1000) -> dict[str, Any]:
    document = {
        "operation": "fundamental",
        "params": {"left": cameras(1)[0].tolist()},
        "items": [{"right": cameras(2)[1].tolist()}] * items,
    }
    return submitted(client, document)


def test_a_finished_job_tells_its_whole_story_and_then_no_more(ada: httpx.Client, rig_job: dict[str, Any]) -> None:
    href = rig_job["links"]["events"]
    story = watched(ada, href)
    assert [event["id"] for event in story] == sorted({event["id"] for event in story})
    states = [event["data"]["state"] for event in story if event["event"] == "state"]
    assert states[0] == "accepted"
    assert states[-1] == "successful"
    assert story[-1]["data"]["progress"] == 100.0
    assert watched(ada, href, after=story[0]["id"]) == story[1:]
    last = ada.get(href, headers={"Last-Event-ID": str(story[-1]["id"])})
    assert (last.status_code, last.content) == (204, b"")


def test_watching_again_after_each_event_loses_none_and_tells_none_twice(ada: httpx.Client) -> None:
    job = long_job(ada)
    found: list[Event] = []
    while not found or found[-1]["data"]["state"] not in ("successful", "failed"):
        found += watched(ada, job["links"]["events"], found[-1]["id"] if found else None, most=1)
    assert found == watched(ada, job["links"]["events"])
    done = [event["data"]["tiles_done"] for event in found]
    assert done == sorted(done)
    assert done[-1] == 1000


def test_a_stream_ends_with_its_job(ada: httpx.Client) -> None:
    job = long_job(ada)
    with ada.stream("GET", job["links"]["events"]) as answer:
        came = events(answer)
        next(came)
        assert ada.delete(job["links"]["self"]).status_code in (200, 202)
        *_, last = came
    assert last["data"]["state"] == "dismissed"
    assert ended(ada, job["links"]["self"])["state"] == "dismissed"


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "9" * 30])
def test_another_last_event_is_refused(ada: httpx.Client, rig_job: dict[str, Any], after: str) -> None:
    problem = ada.get(rig_job["links"]["events"], headers={"Last-Event-ID": after})
    assert problem.status_code == 422
    assert problem.json()["errors"][0]["pointer"] == "/Last-Event-ID"


def test_events_that_are_yet_to_come_are_not_told(ada: httpx.Client, rig_job: dict[str, Any]) -> None:
    assert ada.get(rig_job["links"]["events"], headers={"Last-Event-ID": "9" * 18}).status_code == 204


def test_a_quiet_stream_sends_comments_so_that_nobody_thinks_it_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_TICK_SECONDS", 0.01)
    monkeypatch.setattr(streams, "_HEARTBEAT_SECONDS", 0.05)

    async def nothing() -> AsyncGenerator[JobEvent, None]:
        await asyncio.Event().wait()
        yield JobEvent(1, 0.0, "state", {})

    async def some(count: int) -> list[bytes]:
        found = []
        async with aclosing(streams.frames(lambda: False, nothing(), None)) as frames:
            async for frame in frames:
                found += [frame] if frame else []
                if len(found) == count:
                    break
        return found

    assert asyncio.run(some(3)) == [b"retry: 2000\n\n", b": ping\n\n", b": ping\n\n"]


def test_a_service_that_ends_ends_its_streams(tmp_path: Path) -> None:
    with serving(tmp_path, engine="off") as server, server.client(PATIENCE) as client:
        job = long_job(client, 1)
        with client.stream("GET", job["links"]["events"]) as answer:
            came = events(answer)
            assert next(came)["data"]["state"] == "accepted"
            server.process.send_signal(signal.SIGTERM)
            assert list(came) == []
        assert server.process.wait(PATIENCE) == 0


def test_a_watcher_that_leaves_is_forgotten(service: Server, ada: httpx.Client) -> None:
    job = long_job(ada)
    address = urlsplit(service.address)
    for _ in range(20):
        with socket.create_connection((address.hostname, address.port), timeout=PATIENCE) as raw:
            lines = [
                f"GET {job['links']['events']} HTTP/1.1",
                "Host: x",
                f"Authorization: {ada.headers['authorization']}",
            ]
            raw.sendall("\r\n".join([*lines, "", ""]).encode())
            assert raw.recv(100).startswith(b"HTTP/1.1 200")
    assert ended(ada, job["links"]["self"])["state"] == "successful"
    assert not [line for line in service.lines if "Traceback" in line]
