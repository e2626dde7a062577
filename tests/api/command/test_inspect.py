import json
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from api.command import main
from service.keys import hash_key, new_key
from service.settings import Settings


def test_the_list_of_commands_says_what_they_say_themselves_and_imports_none() -> None:
    listed = epipole("--help")[1].split()
    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        summary = command.get_short_help_str(limit=200).split()
        assert any(listed[at : at + 1 + len(summary)] == [name, *summary] for at in range(len(listed)))
    program = "import sys; from api.command import main; main(['--help'], standalone_mode=False); print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numba", "fastapi", "api.command.serve"} & set(shown)


def epipole(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, arguments, catch_exceptions=False)
    return done.exit_code, done.output


def test_settings_are_printed_with_their_meaning_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = new_key()[1]
    monkeypatch.setenv("EPIPOLE_API_KEYS", f"ada={hashed}")
    monkeypatch.setenv("EPIPOLE_PORT", "8123")
    monkeypatch.setenv("EPIPOLE_S3_SECRET_KEY", "hushhush")
    monkeypatch.setenv("EPIPOLE_DATABASE", "postgresql://ada:hush:h@sh@db:5432/jobs")
    monkeypatch.setenv("COLUMNS", "300")
    code, text = epipole("settings")
    assert code == 0
    for name in Settings.model_fields:
        assert f"EPIPOLE_{name.upper()}" in text
    assert "8123" in text
    assert "ada (owners)" in text
    assert hashed not in text
    assert "(set)" in text
    assert "postgresql://ada:…@db:5432/jobs" in text
    assert "hush" not in text


@pytest.mark.parametrize("command", ["settings", "serve"])
def test_settings_that_make_no_sense_are_named(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setenv("EPIPOLE_PORT", "http")
    monkeypatch.setenv("EPIPOLE_QUEUE_SIZE", "-1")
    code, text = epipole(command)
    assert code == 2
    assert "EPIPOLE_PORT" in text
    assert "EPIPOLE_QUEUE_SIZE" in text


def test_a_settings_file_that_is_absent_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EPIPOLE_CONFIG", "/absent.toml")
    code, text = epipole("settings")
    assert code == 2
    assert "/absent.toml" in text


def test_an_unknown_operation_is_told() -> None:
    code, text = epipole("operations", "nope")
    assert code == 1
    assert "no operation 'nope'" in text


def test_an_operation_is_shown_with_defaults() -> None:
    code, text = epipole("operations", "convolve")
    assert code == 0
    assert "Default: same" in text
    assert "Required" in text


def test_a_key_is_made_with_its_setting() -> None:
    code, text = epipole("key", "ada-1")
    assert code == 0
    key, setting = (line.rsplit(maxsplit=1)[1] for line in text.splitlines())
    assert setting == f"EPIPOLE_API_KEYS=ada-1={hash_key(key)}"


@pytest.mark.parametrize("owner", ["", "a b", "ü", "a/b", "a" * 65, "-"])
def test_an_owner_that_is_no_plain_word_is_refused(owner: str) -> None:
    code, text = epipole("key", "--", owner)
    assert code == 2
    assert "letters" in text


def test_the_operations_for_programs_are_json() -> None:
    code, text = epipole("operations", "--json")
    assert code == 0
    assert {"name", "family", "summary"} == set(json.loads(text)[0])


@pytest.mark.jit
def test_warm_up_says_what_it_did() -> None:
    code, text = epipole("warm-up")
    assert code == 0
    assert "kernel signatures ready" in text
    assert epipole("warm-up", "--expect-cached")[0] == 0
