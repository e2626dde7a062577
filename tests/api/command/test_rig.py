import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from api.command import main

CAMERA = "500.0 0 320\n0 510 240\n0 0 1\n0 0 0\n{}\n0 1 0\n0 0 1\n{} 2 3\n640 480\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    source.mkdir()
    for n in range(3):
        (source / f"{n}.camera").write_text(CAMERA.format("1 0 0", n))
    return source


def epipole(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["rig", *map(str, arguments)], catch_exceptions=False)


def test_a_rig_goes_through_every_format(folder: Path, tmp_path: Path) -> None:
    chain = [("rig.json", None), ("text", "colmap-text"), ("binary", "colmap-binary"), ("cameras", "strecha")]
    source = folder
    for name, form in chain:
        done = epipole("convert", source, tmp_path / name, *([] if form is None else ["--format", form]))
        assert done.exit_code == 0, done.output
        assert "3 cameras" in done.stderr
        source = tmp_path / name
    for n in range(3):
        found = np.array((source / f"{n}.camera").read_text().split(), float)
        expected = np.array((folder / f"{n}.camera").read_text().split(), float)
        np.testing.assert_allclose(found, expected, atol=1e-12)  # ½ pixel there and back, identity rotations


def test_an_npy_rig_feeds_the_operations_that_take_projections(folder: Path, tmp_path: Path) -> None:
    done = epipole("convert", folder, tmp_path / "rig.npy")
    assert done.exit_code == 0, done.output
    assert "npy has no place for names and sizes" in done.stderr
    graph = CliRunner().invoke(
        main,
        [
            "run",
            "view-graph",
            "--projections",
            str(tmp_path / "rig.npy"),
            "--params",
            '{"sizes": [640, 480], "depth_range": [5, 20]}',
        ],
        catch_exceptions=False,
    )
    assert json.loads(graph.stdout)["maximum_tree"] == [[0, 1], [1, 2]]


def test_rotations_with_few_digits_are_told(folder: Path, tmp_path: Path) -> None:
    (folder / "0.camera").write_text(CAMERA.format("1 0.00001 0", 0))
    done = epipole("convert", folder, tmp_path / "text", "--format", "colmap-text")
    assert "rotations were orthonormal to 1e-05" in done.stderr


def test_distortion_is_dropped_when_asked_only(folder: Path, tmp_path: Path) -> None:
    epipole("convert", folder, tmp_path / "rig.json")
    document = json.loads((tmp_path / "rig.json").read_text())
    document |= {"lens_models": ["brown"] * 3, "lens_coefficients": [[0.1, 0, 0, 0]] * 3}
    (tmp_path / "rig.json").write_text(json.dumps(document))
    refused = epipole("convert", tmp_path / "rig.json", tmp_path / "rig.npy")
    assert refused.exit_code == 1
    assert "no place for distortion" in refused.stderr
    assert not (tmp_path / "rig.npy").exists()
    done = epipole("convert", tmp_path / "rig.json", tmp_path / "rig.npy", "--drop-distortion")
    assert done.exit_code == 0
    assert "distortion of 3 cameras was left out" in done.stderr


def test_sizes_are_given_where_a_format_has_none(folder: Path, tmp_path: Path) -> None:
    epipole("convert", folder, tmp_path / "rig.npy")
    refused = epipole("convert", tmp_path / "rig.npy", tmp_path / "text", "--format", "colmap-text")
    assert refused.exit_code == 1
    assert "--size" in refused.stderr
    done = epipole("convert", tmp_path / "rig.npy", tmp_path / "text", "--format", "colmap-text", "--size", 640, 480)
    assert done.exit_code == 0
    assert "640 × 480" in epipole("show", tmp_path / "text").output
    assert epipole("convert", folder, tmp_path / "x.npy", "--size", 0, 5).exit_code == 2


def test_the_format_to_write_must_be_known(folder: Path, tmp_path: Path) -> None:
    done = epipole("convert", folder, tmp_path / "out")
    assert done.exit_code == 2
    assert "--format" in done.stderr


def test_what_cannot_be_read_is_told_without_a_trace(tmp_path: Path) -> None:
    (tmp_path / "a.camera").write_text("1 2 x")
    done = epipole("show", tmp_path)
    assert done.exit_code == 1
    assert "The rig cannot be read: a.camera:1: 'x' is not a finite number" in done.stderr


def test_show_lists_cameras_with_lenses_and_harmless_names(folder: Path, tmp_path: Path) -> None:
    epipole("convert", folder, tmp_path / "rig.json")
    document = json.loads((tmp_path / "rig.json").read_text())
    document |= {"names": ["[bold]a", "\u001b[2J", "c"], "lens_models": ["none", "brown", "none"]}
    document |= {"lens_coefficients": [[], [0.25, 0, 0, 0], []], "sizes": [[0, 0], [640, 480], [640, 480]]}
    (tmp_path / "rig.json").write_text(json.dumps(document))
    shown = epipole("show", tmp_path / "rig.json").output
    assert "[bold]a" in shown
    assert "\u001b[2J" not in shown
    assert "unknown" in shown
    assert "brown" in shown
    assert "0.25" in shown
    assert "3 cameras" in shown
