import json

import pytest
import structlog

from service.logs import configure_logs
from service.settings import Settings


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_an_event_is_one_line_on_standard_error(capsys: pytest.CaptureFixture[str], log_format: str) -> None:
    configure_logs(Settings.model_validate({"log_level": "info", "log_format": log_format}))
    log = structlog.get_logger()
    log.debug("too quiet")
    log.info("ready", signatures=3)
    configure_logs(Settings(log_level="error"))
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    if log_format == "json":
        event = json.loads(line)
        assert (event["event"], event["level"], event["signatures"]) == ("ready", "info", 3)
        assert event["timestamp"].endswith("Z")
    else:
        assert "ready" in line


def test_an_exception_is_structured_and_shows_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(Settings(log_level="error"))
    key = "epk_" + "secret"
    try:
        raise ValueError("wrong", len(key))
    except ValueError as error:
        structlog.get_logger().error("unexpected error", exc_info=error)
    text = capsys.readouterr().err
    (exception,) = json.loads(text)["exception"]
    assert exception["exc_type"] == "ValueError"
    assert exception["frames"]
    assert key not in text
