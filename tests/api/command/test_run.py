import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from api.command import main
from tests.api.requests import FUNDAMENTAL, IDENTITY, picture, pixels
from tests.running import npy


def epipole(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["run", *arguments], catch_exceptions=False)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "photo.png"
    file.write_bytes(picture(pixels(6, 8, 3)))
    return file


def test_json_goes_to_standard_output() -> None:
    done = epipole("fundamental", "--params", json.dumps(FUNDAMENTAL), "--normalization", "none")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["fundamental"] == [[0, -3, -3], [0, 3, 3], [3, -3, 3]]


def test_a_picture_goes_to_a_file_and_its_scalars_to_standard_error(photo: Path, tmp_path: Path) -> None:
    homography = tmp_path / "h.json"
    homography.write_text(json.dumps(IDENTITY))
    out = tmp_path / "out.png"
    done = epipole("warp-perspective", "--image", str(photo), "--homography", str(homography), "-o", str(out))
    assert done.exit_code == 0
    assert done.stdout == ""
    assert json.loads(done.stderr)["direction"] == "source_to_output"
    assert out.read_bytes().startswith(b"\x89PNG")


def test_options_win_over_the_document(tmp_path: Path) -> None:
    document = tmp_path / "params.json"
    document.write_text(json.dumps(FUNDAMENTAL | {"normalization": "l2"}))
    for option in ("none", '"none"'):
        done = epipole("fundamental", "--params", str(document), "--normalization", option)
        assert done.exit_code == 0
        assert json.loads(done.stdout)["normalization"] == "none"


def test_objects_and_numbers_are_written_as_json(photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.npy"
    size = ["--size", '{"width": 3, "height": 2}', "--fill", "7"]
    done = epipole(
        "warp-perspective", "--image", str(photo), "--homography", json.dumps(IDENTITY), *size, "-o", str(out)
    )
    assert done.exit_code == 0
    np.testing.assert_array_equal(np.load(out), pixels(6, 8, 3)[:2, :3])


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["fundamental"], 2, "/left: is required"),
        (["fundamental", "--params", "{"], 1, "is not JSON"),
        (["fundamental", "--params", '{"left": 1, "left": 1}'], 1, "occurs twice"),
        (["fundamental", "--params", "absent.json"], 2, "cannot be read"),
        (["fundamental", "--left", "absent.npy"], 2, "cannot be read"),
        (["fundamental", "--left", "[[1, 2]]"], 2, "must have shape"),
        (["fundamental", "--params", json.dumps(FUNDAMENTAL), "-o", "out.gif"], 2, "suffixes"),
        (["fundamental", "--params", json.dumps(FUNDAMENTAL), "-o", "out.png"], 1, "is not a picture"),
        (["fundamental", "--params", json.dumps(FUNDAMENTAL), "-o", "absent/out.json"], 1, "cannot be written"),
        (["fundamental", "--params", json.dumps(FUNDAMENTAL | {"right": FUNDAMENTAL["left"]})], 2, "no stable answer"),
        (["fundamental", "--colour", "red"], 2, "No such option"),
        (["nope"], 2, "No such command"),
    ],
)
def test_what_goes_wrong_is_told_in_words(
    arguments: list[str], code: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = epipole(*arguments)
    assert done.exit_code == code, done.output
    assert words in done.stderr
    assert "Traceback" not in done.output


def test_limits_of_the_settings_hold(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EPIPOLE_MAX_PIXELS", "10")
    done = epipole("warp-perspective", "--image", str(photo), "--homography", json.dumps(IDENTITY))
    assert done.exit_code == 1
    assert "EPIPOLE_MAX_PIXELS" in done.stderr


def test_an_array_of_the_result_can_be_chosen(photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "mask.npy"
    done = epipole(
        "warp-perspective",
        "--image",
        str(photo),
        "--homography",
        json.dumps(IDENTITY),
        "--array",
        "mask",
        "-o",
        str(out),
    )
    assert done.exit_code == 0
    assert out.read_bytes() == npy(np.ones((6, 8), bool))


@pytest.mark.parametrize("value", ["true", "1.5", '"2"', "[1]"])
def test_a_value_of_another_type_is_refused(value: str) -> None:
    done: Any = epipole("convolve", "--image", "[[1]]", "--kernel", "[[1]]", "--stride", value)
    assert done.exit_code == 2
    assert "/stride" in done.stderr
