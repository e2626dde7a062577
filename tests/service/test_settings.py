from pathlib import Path

import pytest
from pydantic import ValidationError

from service.keys import new_key
from service.settings import CONFIG_VARIABLE, Settings


def test_defaults_are_safe() -> None:
    settings = Settings()
    assert settings.loopback
    assert settings.exposure_fault() is None
    assert settings.roots == {}
    assert settings.max_body_bytes == 256 * 2**20
    assert settings.max_pixels == 100_000_000
    assert settings.max_output_bytes == 2 * 2**30
    assert settings.max_json_bytes == 16 * 2**20
    assert settings.compute_threads >= 1
    assert settings.memory_budget > 2**20


def test_every_setting_is_described() -> None:
    assert all(info.description for info in Settings.model_fields.values())


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.5", False),
        ("127.evil.example", False),
        ("", False),
    ],
)
def test_only_loopback_needs_no_key(host: str, *, loopback: bool) -> None:
    settings = Settings(host=host)
    assert settings.loopback is loopback
    assert (settings.exposure_fault() is None) is loopback
    assert Settings(host=host, auth="off").exposure_fault() is None
    assert Settings(host=host, api_keys={"ada": new_key()[1]}).exposure_fault() is None


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "epipole.toml"
    file.write_text('port = 9001\nqueue_size = 5\n[roots]\ndata = "/data"\n')
    monkeypatch.setenv(CONFIG_VARIABLE, str(file))
    monkeypatch.setenv("EPIPOLE_PORT", "9002")
    settings = Settings()
    assert (settings.port, settings.queue_size, settings.roots) == (9002, 5, {"data": "/data"})


def test_a_file_that_is_absent_or_has_unknown_names_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CONFIG_VARIABLE, str(tmp_path / "absent.toml"))
    with pytest.raises(FileNotFoundError, match=CONFIG_VARIABLE):
        Settings()
    file = tmp_path / "epipole.toml"
    file.write_text("prot = 9001\n")
    monkeypatch.setenv(CONFIG_VARIABLE, str(file))
    with pytest.raises(ValidationError):
        Settings()


def test_named_pairs_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EPIPOLE_ROOTS", "a=/x, b = /y,")
    monkeypatch.setenv("EPIPOLE_API_KEYS", f"ada={'0f' * 32}")
    settings = Settings()
    assert settings.roots == {"a": "/x", "b": "/y"}
    assert settings.api_keys == {"ada": "0f" * 32}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "70000"),
        ("PORT", "http"),
        ("QUEUE_SIZE", "-1"),
        ("REQUEST_TIMEOUT", "0"),
        ("AUTH", "none"),
        ("LOG_LEVEL", "loud"),
        ("ROOTS", "a"),
        ("DATABASE", "mysql://host/jobs"),
        ("DATABASE", "jobs.sqlite"),
        ("API_KEYS", "ada"),
        ("API_KEYS", "ada=secret"),
        ("API_KEYS", f"a/b={'0f' * 32}"),
        ("API_KEYS", f"ada={'ü' * 64}"),
    ],
)
def test_values_that_make_no_sense_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"EPIPOLE_{name}", value)
    with pytest.raises(ValidationError):
        Settings()
