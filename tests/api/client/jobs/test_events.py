import asyncio
import json

import pytest

from api.client import AsyncClient, Client, Problem, Retries, Unreachable
from api.client.jobs.events import EventReader
from tests.api.client.conftest import Cut, Script
from tests.api.client.jobs.documents import DONE, FAILED, JOB, STATUS, answer, event, stream

QUICK = Retries(attempts=3, first=0.01)


def test_events_are_read_however_the_bytes_are_cut() -> None:
    data = b": hello\r\nretry: 1500\r\n\r\nid: 7\r\ndata: {\r\ndata:  1}\r\n\r\nid: 8\nevent: x\ndata: \xc3\xa9\n\n\n"
    for size in (1, 2, 3, 5, len(data)):
        reader = EventReader()
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        assert [found for piece in pieces for found in reader.read(piece)] == ["{\n 1}", "é"]
        assert (reader.last_id, reader.retry) == ("8", 1.5)


def test_what_was_broken_off_is_not_an_event() -> None:
    reader = EventReader()
    assert list(reader.read(b"id: 1\ndata: a\n\nid: 2\ndata: b\n")) == ["a"]
    reader.break_off()
    assert list(reader.read(b"id: 2\ndata: b\n\n")) == ["b"]
    assert reader.last_id == "2"


def watched(script: Script, asynchronously: bool, retries: Retries = QUICK) -> list[int]:
    async def watch() -> list[int]:
        async with AsyncClient(script.address, retries=retries) as client:
            return [status.tiles_done async for status in client.job(JOB).watch()]

    if asynchronously:
        return asyncio.run(watch())
    with Client(script.address, retries=retries) as client:
        return [status.tiles_done for status in client.job(JOB).watch()]


@pytest.mark.parametrize("asynchronously", [False, True])
def test_a_watcher_goes_on_where_the_connection_broke(script: Script, asynchronously: bool) -> None:
    script.answers = [
        stream(b"retry: 10\n\n" + event(1, STATUS) + event(2, STATUS | {"tiles_done": 5})),  # a service that drains
        None,
        (503, {"Retry-After": "0"}, b"{}"),
        stream(Cut(event(3, STATUS | {"tiles_done": 6}) + event(4, STATUS)[:40])),
        stream(b": still there\n\n" + event(4, STATUS | {"tiles_done": 7}) + event(5, DONE)),
    ]
    assert watched(script, asynchronously) == [4, 5, 6, 7, 10]
    asked = [headers.get("last-event-id") for _, _, headers, _ in script.requests]
    assert asked == [None, "2", "2", "2", "3"]
    assert {headers["accept"] for _, _, headers, _ in script.requests} == {"text/event-stream"}


def test_an_end_that_was_seen_is_an_end_whatever_comes_of_the_connection(script: Script) -> None:
    script.answers = [stream(Cut(event(9, DONE))), (204, {}, b"")]
    assert watched(script, False) == [10]
    script.answers = [stream(Cut(event(9, FAILED))), stream(event(10, STATUS) + event(11, DONE))]
    assert watched(script, False) == [9, 4, 10]  # it was run again meanwhile


def test_pauses_between_attempts_are_told(script: Script) -> None:
    script.answers = [None, stream(event(1, DONE))]
    seen = []
    with Client(script.address, retries=QUICK, progress=seen.append) as client:
        assert len(list(client.job(JOB).watch())) == 1
    assert [step.stage for step in seen] == ["waiting"]


@pytest.mark.parametrize("asynchronously", [False, True])
def test_a_watcher_gives_up_when_the_service_stays_away(script: Script, asynchronously: bool) -> None:
    script.answers = [None] * 3
    with pytest.raises(Unreachable, match="did not answer"):
        watched(script, asynchronously)
    assert len(script.requests) == 3


@pytest.mark.parametrize("asynchronously", [False, True])
def test_a_refusal_to_watch_is_a_problem(script: Script, asynchronously: bool) -> None:
    script.answers = [answer({"type": "/problems/not-found", "title": "None"}, 404)]
    with pytest.raises(Problem) as caught:
        watched(script, asynchronously)
    assert caught.value.kind == "not-found"


def test_what_is_no_stream_of_events_is_not_from_this_service(script: Script) -> None:
    script.answers = [(200, {"Content-Type": "text/html"}, b"<html>")]
    with pytest.raises(Problem, match="not from this service"):
        watched(script, False)


def test_a_status_has_times_and_an_end(script: Script) -> None:
    script.answers = [stream(event(1, STATUS | {"new": json.dumps(1)}) + event(2, DONE))]
    with Client(script.address) as client:
        running, done = client.job(JOB).watch()
    assert (running.ended, done.ended) == (False, True)
    assert running.finished is None
    assert done.finished is not None
    assert done.finished.isoformat() == "2026-11-20T09:00:06+00:00"
