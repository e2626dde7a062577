import re
from typing import Any

import jsonschema
import pytest
import yaml

from service.settings import Settings
from tests.docker import dockerfile

TEXT = (dockerfile.ROOT / "docker" / "compose.yaml").read_text(encoding="utf-8")
SERVICE: dict[str, Any] = yaml.safe_load(TEXT)["services"]["epipole"]
FINAL = dockerfile.read()[1][-1]

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT, "minItems": 1, "uniqueItems": True}
_DURATION = {"type": "string", "pattern": r"^\d+(ms|s|m|h)$"}
_SIZE = {"type": "string", "pattern": r"^(\d+|\$\{\w+:-\d+[kmg]?\})$"}


def _closed(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


SCHEMA = _closed(
    ["name", "services", "volumes"],
    name=_TEXT,
    volumes={"type": "object", "additionalProperties": {"type": "null"}},
    services=_closed(
        ["epipole"],
        epipole=_closed(
            ["image", "environment", "healthcheck"],
            image=_TEXT,
            build=_closed(["context", "dockerfile"], context=_TEXT, dockerfile=_TEXT),
            environment={"type": "object", "additionalProperties": _TEXT},
            ports=_TEXTS,
            volumes=_TEXTS,
            read_only={"type": "boolean"},
            tmpfs=_TEXTS,
            user=_TEXT,
            cap_drop=_TEXTS,
            security_opt=_TEXTS,
            cpus=_SIZE,
            mem_limit=_SIZE,
            memswap_limit=_SIZE,
            pids_limit={"type": "integer", "minimum": 1},
            restart={"enum": ["no", "always", "on-failure", "unless-stopped"]},
            stop_grace_period=_DURATION,
            healthcheck=_closed(
                ["test", "interval", "timeout", "retries"],
                test=_TEXTS,
                interval=_DURATION,
                timeout=_DURATION,
                start_period=_DURATION,
                retries={"type": "integer", "minimum": 1},
            ),
            logging=_closed(["driver"], driver=_TEXT, options={"type": "object", "additionalProperties": _TEXT}),
        ),
    ),
)


def substitute(text: str, environment: dict[str, str]) -> str:
    """Fill in variables as Compose does: `${NAME:-default}` and `${NAME:?message}`."""

    def value(match: re.Match[str]) -> str:
        name, sign, rest = match.groups()
        if environment.get(name):
            return environment[name]
        if sign == "?":
            raise LookupError(rest)
        return str(rest)

    return re.sub(r"\$\{(\w+):([-?])([^}]*)\}", value, text)


def test_it_has_only_keys_that_compose_knows() -> None:
    jsonschema.validate(yaml.safe_load(TEXT), SCHEMA)


def test_without_keys_it_says_how_to_make_one() -> None:
    with pytest.raises(LookupError, match="epipole key OWNER"):
        substitute(TEXT, {})


def test_its_environment_is_settings_that_may_listen_on_all_addresses() -> None:
    given = yaml.safe_load(substitute(TEXT, {"EPIPOLE_API_KEYS": f"alice={'0' * 64}"}))
    environment = dockerfile.image_environment(dockerfile.read()[1]) | given["services"]["epipole"]["environment"]
    own = {name[8:].lower(): value for name, value in environment.items() if name.startswith("EPIPOLE_")}
    settings = Settings.model_validate(own)
    assert not settings.loopback
    assert settings.exposure_fault() is None


def test_the_service_has_no_more_rights_than_it_needs() -> None:
    assert SERVICE["read_only"] is True
    assert SERVICE["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in SERVICE["security_opt"]
    assert SERVICE["user"] == FINAL.only("USER")
    assert all("noexec" in entry and "nosuid" in entry and "size=" in entry for entry in SERVICE["tmpfs"])


def test_only_this_machine_reaches_the_port_unless_told_otherwise() -> None:
    assert [substitute(port, {}) for port in SERVICE["ports"]] == [f"127.0.0.1:8000:{FINAL.only('EXPOSE')}"]


def test_only_the_volume_of_the_image_is_mounted_and_it_has_a_name() -> None:
    names = yaml.safe_load(TEXT)["volumes"]
    assert [volume.split(":") for volume in SERVICE["volumes"]] == [[name, FINAL.only("VOLUME")] for name in names]


def test_resources_are_limited() -> None:
    assert {"cpus", "mem_limit", "memswap_limit", "pids_limit"} <= SERVICE.keys()
    assert SERVICE["memswap_limit"] == SERVICE["mem_limit"]  # nothing may be swapped


def test_the_health_check_is_the_images() -> None:
    options, _, command = FINAL.only("HEALTHCHECK").partition("CMD ")
    expected = dict(option.removeprefix("--").split("=") for option in options.split())
    check = SERVICE["healthcheck"]
    assert check["test"] == ["CMD", *dockerfile.command(command)]
    assert {name.replace("_", "-"): str(value) for name, value in check.items() if name != "test"} == expected


def test_the_grace_period_is_longer_than_the_drain() -> None:
    assert int(SERVICE["stop_grace_period"].removesuffix("s")) > Settings().drain_timeout
