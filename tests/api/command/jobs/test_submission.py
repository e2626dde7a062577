import json
from pathlib import Path
from typing import Any

import pytest

from tests.api.client.conftest import Script
from tests.api.client.jobs.documents import DONE, JOB, STATUS, answer, event, stream
from tests.api.command.jobs.running import epipole_jobs

ACCEPTED = answer(STATUS | {"state": "accepted"}, 201)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sent(script: Script) -> Any:
    return json.loads(script.requests[-1][3])


def test_a_document_is_submitted_and_its_id_printed(script: Script, folder: Path) -> None:
    document = {"operation": "pool", "params": {"window": 2}, "priority": 1}
    (folder / "job.json").write_text(json.dumps(document))
    script.answers = [ACCEPTED, ACCEPTED]
    done = epipole_jobs(script, "submit", "job.json", "--idempotency-key", "k")
    assert (done.exit_code, done.stdout) == (0, JOB + "\n")
    assert f"epipole jobs watch {JOB}" in done.stderr
    assert sent(script) == document
    assert script.requests[0][2]["idempotency-key"] == "k"
    assert script.requests[0][2]["authorization"] == "Bearer secret"
    options = ["--param", "stride=3", "--priority", "-4", "--files", "png", "--arrays", "image", "--tile", "64"]
    done = epipole_jobs(script, "submit", "-", *options, text=json.dumps(document))
    assert sent(script) == {
        "operation": "pool",
        "params": {"window": 2, "stride": 3},
        "priority": -4,
        "files": "png",
        "arrays": ["image"],
        "tile": 64,
    }


def test_parameters_are_json_text_or_files(script: Script, folder: Path) -> None:
    (folder / "h.json").write_text("[[1, 0], [0, 1]]")
    (folder / "photo.png").write_bytes(b"\x89PNG")
    script.answers = [answer({"asset": "sha256-1"}, 201), ACCEPTED]
    given = ["image=@photo.png", "homography=@h.json", "interpolation=cubic", 'size={"width": 3}', "fill=2"]
    done = epipole_jobs(script, "submit", "warp-perspective", *[word for text in given for word in ("--param", text)])
    assert done.exit_code == 0
    assert script.requests[0][3] == b"\x89PNG"
    assert sent(script)["params"] == {
        "image": {"asset": "sha256-1"},
        "homography": [[1, 0], [0, 1]],
        "interpolation": "cubic",
        "size": {"width": 3},
        "fill": 2,
    }


def test_items_come_from_a_list_or_from_local_files(script: Script, folder: Path) -> None:
    (folder / "items.json").write_text('[{"fill": 1}, {"fill": 2}]')
    for n in (1, 0):
        (folder / f"photo{n}.png").write_bytes(b"photo %d" % n)
        (folder / f"mask{n}.png").write_bytes(b"mask %d" % n)
    script.answers = [ACCEPTED, *[answer({"asset": f"sha256-{n}"}, 201) for n in range(4)], ACCEPTED]
    epipole_jobs(script, "submit", "pool", "--items", "items.json")
    assert sent(script)["items"] == [{"fill": 1}, {"fill": 2}]
    epipole_jobs(script, "submit", "pool", "--each", "image=photo*.png", "--each", "mask=mask*.png")
    assert [body for _, _, _, body in script.requests[1:5]] == [b"photo 0", b"mask 0", b"photo 1", b"mask 1"]
    assert sent(script)["items"][1] == {"image": {"asset": "sha256-2"}, "mask": {"asset": "sha256-3"}}


@pytest.mark.parametrize("listed", [False, True])
def test_patterns_have_fields_and_tables_by_them(script: Script, folder: Path, listed: bool) -> None:
    rows = [{"scale": 1, "shift": 2}, {"scale": 3, "shift": 4}]
    (folder / "cameras.json").write_text(json.dumps(rows if listed else {"0": rows[0], "1": rows[1]}))
    script.answers = [ACCEPTED]
    pattern = "in://cam{camera:02d}/{frame:06d}.png"
    options = ["--pattern", f"image={pattern}", "--where", "frame=0:100", "--where", "camera=[0, 1]"]
    done = epipole_jobs(script, "submit", "pool", *options, "--by", "camera=cameras.json")
    assert done.exit_code == 0
    assert sent(script)["items"] == {
        "pattern": {"image": pattern},
        "where": {"frame": "0:100", "camera": [0, 1]},
        "params": {
            "scale": {"by": "camera", "values": {"0": 1, "1": 3}},
            "shift": {"by": "camera", "values": {"0": 2, "1": 4}},
        },
    }


def test_submit_and_watch_are_one(script: Script) -> None:
    script.answers = [ACCEPTED, answer(STATUS), stream(event(1, STATUS) + event(2, DONE))]
    done = epipole_jobs(script, "submit", "fundamental", "--watch")
    assert (done.exit_code, done.stdout) == (0, JOB + "\n")
    assert "successful" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["absent.json"], "cannot be read"),
        (["broken.json"], "is not JSON"),
        (["list.json"], "JSON object"),
        (["pool", "--param", "window"], "must be NAME=…"),
        (["pool", "--param", "image=@absent.png"], "there is no file absent.png"),
        (["pool", "--items", "list.json", "--each", "image=*.png"], "give one of them"),
        (["pool", "--where", "camera=1"], "fields of a --pattern"),
        (["pool", "--each", "image=*.gif"], "no file is called"),
        (["pool", "--each", "image=*.json", "--each", "mask=list.json"], "same number of files"),
        (["pool", "--pattern", "image=in://{n}", "--by", "n=ragged.json"], "all with the same names"),
        (["pool", "--pattern", "image=in://{n}", "--by", "n=list.json"], "all with the same names"),
        (["pool", "--files", "gif"], "'gif' is not one of"),
        (["pool", "--priority", "11"], "not in the range"),
    ],
)
def test_mistakes_are_told_before_anything_is_sent(
    script: Script, folder: Path, arguments: list[str], words: str
) -> None:
    (folder / "list.json").write_text("[1]")
    (folder / "broken.json").write_text("{")
    (folder / "ragged.json").write_text('[{"a": 1}, {"b": 2}]')
    done = epipole_jobs(script, "submit", *arguments)
    assert done.exit_code == 2
    assert words in " ".join(done.stderr.split())
    assert not script.requests
