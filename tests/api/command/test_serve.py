import os
import subprocess
import sys
from typing import Any

import pytest
from click.testing import CliRunner

from api.command import main
from service.keys import new_key
from service.settings import Settings


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings with which a server would have been started."""
    found: list[Settings] = []
    monkeypatch.setattr("api.server.run_server", found.append)
    return found


def serve(*arguments: str) -> Any:
    return CliRunner().invoke(main, ["serve", *arguments], catch_exceptions=False)


def test_options_win_over_the_environment(started: list[Settings], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EPIPOLE_PORT", "9001")
    monkeypatch.setenv("EPIPOLE_QUEUE_SIZE", "7")
    assert serve("--port", "9002", "--host", "127.0.0.2").exit_code == 0
    assert (started[0].host, started[0].port, started[0].queue_size) == ("127.0.0.2", 9002, 7)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])
def test_other_addresses_than_loopback_need_a_key_or_a_clear_word(
    started: list[Settings], monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    refused = serve("--host", host)
    assert refused.exit_code == 2
    assert "EPIPOLE_API_KEYS" in refused.output
    assert "EPIPOLE_AUTH=off" in refused.output
    assert started == []
    monkeypatch.setenv("EPIPOLE_AUTH", "off")
    assert serve("--host", host).exit_code == 0
    monkeypatch.setenv("EPIPOLE_AUTH", "keys")
    monkeypatch.setenv("EPIPOLE_API_KEYS", f"ada={new_key()[1]}")
    assert serve("--host", host).exit_code == 0
    assert [settings.host for settings in started] == [host, host]


def test_the_service_loads_nothing_that_only_tests_and_other_commands_need() -> None:
    script = """
import sys
from api.command import main
try:
    main(["serve", "--host", "0.0.0.0"])
except SystemExit:
    print(sorted({"scipy", "coverage", "rich", "api.command.run", "api.command.demo"} & set(sys.modules)))
    import rich, scipy
"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("EPIPOLE_", "COV"))}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[]\n"
    assert "EPIPOLE_API_KEYS" in done.stderr
