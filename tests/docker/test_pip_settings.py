from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

Load = Callable[[str], ModuleType]


def test_later_files_win_and_the_environment_wins_over_all(load: Load, tmp_path: Path) -> None:
    first, second = tmp_path / "first.conf", tmp_path / "second.conf"
    first.write_text("[global]\ntimeout = 5\nretries = 1\nno-index = true\n[list]\nformat = json\n")
    second.write_text("[global]\ntimeout = 6\nretries = 2\n[install]\nretries = 3\n")
    environment = {"PIP_NO_INDEX": "false", "PIP_FORMAT": "json", "PATH": "/bin"}
    found = load("pip_settings").settings(environment, [first, second, tmp_path / "absent.conf"])
    assert found == {"timeout": "6", "retries": "3", "no-index": "false"}


def test_several_values_stay_together(load: Load, tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    file.write_text("[global]\nfind-links =\n    /one\n    /two\n")
    assert load("pip_settings").settings({}, [file]) == {"find-links": "/one /two"}


def test_it_reads_where_pip_reads(load: Load) -> None:
    found = load("pip_settings").files({"HOME": "/home/a", "XDG_CONFIG_HOME": "/x", "PIP_CONFIG_FILE": "/c/pip.conf"})
    assert [str(path) for path in found][1:] == [
        "/etc/pip.conf",
        "/home/a/.pip/pip.conf",
        "/x/pip/pip.conf",
        "/c/pip.conf",
    ]


def test_only_folders_of_this_machine_are_mounted(load: Load, tmp_path: Path) -> None:
    links, index = tmp_path / "links", tmp_path / "mirror" / "simple"
    links.mkdir()
    index.mkdir(parents=True)
    found = {
        "find-links": f"{links} {tmp_path / 'absent'}",
        "index-url": "https://127.0.0.1/simple",
        "extra-index-url": f"file://{index}",
    }
    assert load("pip_settings").local_folders(found) == [links, index.parent]


def test_the_build_gets_the_files_as_secrets(
    load: Load, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    certificates = tmp_path / "own.crt"
    certificates.write_text("certificates")
    folder = tmp_path / "out"
    folder.mkdir()
    module = load("pip_settings")
    monkeypatch.setattr(module, "files", lambda _: [])
    monkeypatch.setattr(module.os, "environ", {"PIP_CERT": str(certificates), "PIP_RETRIES": "2"})
    module.main(folder)
    assert (folder / "pip.conf").read_text() == "[global]\nretries = 2\ncert = /run/secrets/ca\n"
    assert (folder / "ca").read_text() == "certificates"
    assert capsys.readouterr().out.split() == [
        f"--secret=id=ca,src={folder}/ca",
        f"--secret=id=pip.conf,src={folder}/pip.conf",
    ]


def test_where_nothing_is_set_the_build_gets_nothing(
    load: Load, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    module = load("pip_settings")
    monkeypatch.setattr(module, "files", lambda _: [])
    monkeypatch.setattr(module.os, "environ", {})
    module.main(tmp_path)
    assert capsys.readouterr().out == ""
    assert list(tmp_path.iterdir()) == []
