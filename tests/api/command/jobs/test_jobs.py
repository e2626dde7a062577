import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from rich.console import Console

from api.client import Results
from api.client.jobs.status import status_of
from api.client.transfer import Progress
from api.command.jobs import jobs
from api.command.jobs.bar import JobBar
from api.command.jobs.listing import duration, reason_text
from tests.api.client.conftest import Cut, Script
from tests.api.client.jobs.documents import DONE, FAILED, JOB, STATUS, answer, event, listing, stored, stream
from tests.api.client.jobs.test_download import FILE, ITEM, METADATA
from tests.api.command.jobs.running import epipole_jobs
from tests.running import npy

DISMISSED = STATUS | {"state": "dismissed"}


def test_jobs_are_listed_as_a_table_or_for_programs(script: Script) -> None:
    page = {"jobs": [STATUS, FAILED | {"tiles_total": None}, STATUS | {"cancelling": True}], "next": "c2"}
    empty = answer({"jobs": [], "next": None})
    script.answers = [answer(page), answer(page), empty, answer(page), empty]
    done = epipole_jobs(script, "list", "--limit", "2")
    assert done.exit_code == 0
    assert JOB in done.stdout
    assert "4 of 10" in done.stdout
    assert "9 of ?" in done.stdout
    assert "cancelling" not in done.stdout
    assert "--limit" in done.stderr
    assert "cancelling" in epipole_jobs(script, "list", "--limit", "3").stdout
    done = epipole_jobs(script, "list", "--json", "--limit", "1", "--state", "running", "--operation", "pool")
    assert json.loads(done.stdout)[0]["created"] == "2026-11-20T09:00:00+00:00"
    assert script.requests[-1][1] == "/v1/jobs?state=running&operation=pool"
    assert "no such jobs" in epipole_jobs(script, "list", "--state", "failed").stderr


def test_where_there_are_no_jobs_it_says_so(script: Script) -> None:
    script.answers = [answer({"jobs": [], "next": None})] * 2
    assert "You have no jobs" in epipole_jobs(script, "list").stderr
    assert epipole_jobs(script, "list", "--json").stdout == "[]\n"


@pytest.mark.parametrize(
    ("status", "words", "next_step"),
    [
        (STATUS, ["fundamental (items)", "running", "4 of 10", "2 items/s", "3 s"], "jobs watch"),
        (STATUS | {"tiles_total": None, "rate": None, "eta_seconds": None}, ["an unknown number"], "jobs watch"),
        (DONE, ["100 %", "results expire"], "jobs fetch"),
        (FAILED, ["1 failed", "Some items failed: 1 of 10", "/items/3: bad"], "jobs retry"),
        (DISMISSED, ["dismissed"], "deleted"),
    ],
)
def test_a_job_is_shown_with_what_to_do_next(script: Script, status: Any, words: list[str], next_step: str) -> None:
    script.answers = [answer(status)] * 2
    done = epipole_jobs(script, "show", JOB)
    assert done.exit_code == 0
    assert all(word in done.stdout for word in words), done.stdout
    assert next_step in done.stderr
    assert json.loads(epipole_jobs(script, "show", JOB, "--json").stdout)["id"] == JOB


@pytest.mark.parametrize(
    ("last", "code", "words"),
    [
        (DONE, 0, "fundamental was successful after 5 s: 10 items done"),
        (FAILED, 3, "Some items failed"),
        (DISMISSED, 4, "was dismissed"),
    ],
)
def test_the_exit_code_tells_how_a_job_ended(script: Script, last: Any, code: int, words: str) -> None:
    script.answers = [answer(STATUS), stream(Cut(event(1, STATUS))), stream(event(2, last))]
    done = epipole_jobs(script, "watch", JOB)
    assert done.exit_code == code
    assert words in done.stderr
    assert "fundamental running 40 % 4 of 10 items" in done.stderr  # no terminal: lines instead of a bar
    assert "asking again" in done.stderr
    assert script.requests[2][2]["last-event-id"] == "1"


def test_a_job_that_is_forgotten_while_it_is_watched_is_told(script: Script) -> None:
    script.answers = [answer(STATUS), (204, {}, b"")]
    done = epipole_jobs(script, "watch", JOB)
    assert done.exit_code == 1
    assert "nothing is known" in done.stderr


def test_ctrl_c_leaves_the_job_running_and_says_so(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    script.answers = [answer(STATUS), stream(event(1, STATUS))]
    monkeypatch.setattr(JobBar, "show", interrupt)
    done = epipole_jobs(script, "watch", JOB)
    assert done.exit_code == 130
    assert "The job goes on" in done.stderr
    assert {method for method, *_ in script.requests} == {"GET"}


def test_a_terminal_has_a_bar_with_pace_time_left_and_failures() -> None:
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=140)
    with JobBar(console) as bar:
        bar.show(status_of(STATUS | {"tiles_failed": 2}))
        bar.refresh()
        bar.waits(Progress("waiting", 0, 2.0))
        bar.waits(Progress("receiving", 1, None))
        bar.refresh()
        bar.show(status_of(STATUS | {"cancelling": True, "tiles_total": None, "rate": None, "eta_seconds": None}))
        bar.refresh()
        bar.show(status_of(DONE))
    text = written.getvalue()
    for words in ("4 of 10 items", "2 failed", "2 items/s", "3 s left", "asking again in 2.0 s", "cancelling", "━"):
        assert words in text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59.2, "59 s"), (61, "1 min 1 s"), (7325, "2 h 2 min"), (200_000, "2 d 7 h")],
)
def test_durations_have_the_two_units_that_matter(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_a_reason_of_any_shape_is_told() -> None:
    assert reason_text({"title": "Lost", "detail": "thrice"}) == "Lost: thrice"
    assert reason_text({"worker": 3}) == '{"worker": 3}'


def test_a_job_is_stopped_and_run_again(script: Script) -> None:
    script.answers = [answer(DISMISSED), answer(STATUS | {"cancelling": True}, 202), answer(STATUS, 202)]
    assert "is dismissed" in epipole_jobs(script, "cancel", JOB).stderr
    assert "is being stopped" in epipole_jobs(script, "cancel", JOB).stderr
    done = epipole_jobs(script, "retry", JOB)
    assert "6 items are left" in done.stderr
    assert f"jobs watch {JOB}" in done.stderr
    script.answers = [answer(STATUS, 202), answer(STATUS), stream(event(1, DONE))]
    assert epipole_jobs(script, "retry", JOB, "--watch").exit_code == 0


def test_everything_is_fetched_into_a_folder(script: Script, tmp_path: Path) -> None:
    listed = answer(listing(files_total=1, files=[FILE], items_total=1, items=[ITEM]))
    script.answers = [listed, listed, stored(METADATA)]
    script.places = {"/c/0/0": [stored(b"shard 0")], "/c/1/0": [stored(b"shard 1")], ".png": [stored(b"png")]}
    done = epipole_jobs(script, "fetch", JOB, "--to", str(tmp_path / "out"))
    assert done.exit_code == 0, done.stderr
    assert f"{len(METADATA) + 17:,} bytes" in done.stderr
    assert (tmp_path / "out" / "files" / "camera 1" / "0.png").read_bytes() == b"png"
    script.answers = [listed, listed, *[(200, stored(b"a")[1], b"b")] * 4]
    done = epipole_jobs(script, "fetch", JOB, "--to", str(tmp_path / "again"))
    assert done.exit_code == 1
    assert "CRC-32" in done.stderr


def test_a_download_that_is_stopped_can_go_on(script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Results, "download", interrupt)
    script.answers = [answer(listing())]
    done = epipole_jobs(script, "fetch", JOB, "--to", str(tmp_path))
    assert done.exit_code == 130
    assert "goes on where it was" in done.stderr


def test_a_slice_is_fetched_into_a_file_or_printed(script: Script, tmp_path: Path) -> None:
    script.answers = [(200, {}, npy([1.0, 2.0])), (200, {}, b"[1.0,null]")]
    file = tmp_path / "x.npy"
    done = epipole_jobs(script, "fetch", JOB, "--array", "fundamental", "--index", "0,:2", "-o", str(file))
    assert done.exit_code == 0
    np.testing.assert_array_equal(np.load(file), [1, 2])
    assert script.requests[0][1] == f"/v1/jobs/{JOB}/results/fundamental?index=0%2C%3A2"
    assert epipole_jobs(script, "fetch", JOB, "--array", "fundamental").stdout == "[1.0,null]\n"
    assert [headers["accept"] for _, _, headers, _ in script.requests] == ["application/x-npy", "application/json"]


def test_without_options_fetch_lists_what_there_is(script: Script) -> None:
    script.answers = [answer(listing(items_total=3, items_failed=1)), answer(listing(arrays=[]))]
    done = epipole_jobs(script, "fetch", JOB)
    assert "3 × 3" in done.stdout
    assert "3 items or tiles, 1 failed" in done.stdout
    assert "--to FOLDER" in done.stderr
    assert "0 files" in epipole_jobs(script, "fetch", JOB).stdout


@pytest.mark.parametrize(
    ("status", "document", "code", "words"),
    [
        (401, {"title": "An API key is needed"}, 1, "EPIPOLE_KEY"),
        (404, {"title": "There is no such thing", "detail": "no such job"}, 1, "jobs list"),
        (409, {"title": "Not yet", "detail": "it is running"}, 1, "jobs watch"),
        (410, {"title": "Gone", "detail": "expired"}, 1, "Submit the job again"),
        (422, {"title": "Not valid", "errors": [{"pointer": "", "detail": "bad"}]}, 2, "/: bad"),
        (500, {"title": "A bug", "request_id": "r1"}, 1, "call this request r1"),
    ],
)
def test_refusals_are_told_in_words(script: Script, status: int, document: Any, code: int, words: str) -> None:
    script.answers = [answer(document, status)]
    done = epipole_jobs(script, "fetch", JOB)
    assert done.exit_code == code
    assert document["title"] in done.stderr
    assert words in done.stderr


def test_a_busy_service_is_waited_for_and_that_is_told(script: Script) -> None:
    script.answers = [(503, {"Retry-After": "1"}, b"{}"), answer(STATUS)]
    done = epipole_jobs(script, "show", JOB)
    assert done.exit_code == 0
    assert "asking again in 1 s" in done.stderr


def test_where_no_service_is_it_says_how_to_have_one(tmp_path: Path) -> None:
    done = CliRunner().invoke(jobs, ["list", "--url", "http://127.0.0.1:9"], catch_exceptions=False)
    assert done.exit_code == 1
    assert "epipole serve" in done.stderr


@pytest.mark.parametrize(
    "arguments", [["-o", "x.npy"], ["--array", "a", "--to", "x"], ["--array", "a", "-o", "absent/x.npy"]]
)
def test_fetch_refuses_what_it_cannot_do(
    script: Script, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    script.answers = [(200, {}, b"npy")]
    done = epipole_jobs(script, "fetch", JOB, *arguments)
    assert done.exit_code == (1 if "absent/x.npy" in arguments else 2)
    assert not list(tmp_path.iterdir())


def test_the_command_starts_without_the_service() -> None:
    code = "import sys, api.command.jobs; print(*{n.partition('.')[0] for n in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "numba", "fastapi", "pydantic", "httpx", "rich"} & set(done.stdout.split())
