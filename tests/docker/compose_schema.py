"""What Compose accepts, as far as docker/compose.yaml uses it: a misspelt key or a value of the wrong kind fails."""

from typing import Any

_TEXT = {"type": "string", "minLength": 1}
_TEXTS = {"type": "array", "items": _TEXT, "minItems": 1, "uniqueItems": True}
_COMMAND = {"type": "array", "items": _TEXT, "minItems": 1}
_DURATION = {"type": "string", "pattern": r"^\d+(ms|s|m|h)$"}
_SIZE = {"type": "string", "pattern": r"^(\d+[kmg]?|\$\{\w+:-\d+[kmg]?\})$"}
_COUNT = {"oneOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": r"^\$\{\w+:-\d+\}$"}]}


def _closed(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _named(value: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "patternProperties": {r"^[a-zA-Z0-9._-]+$": value},
        "additionalProperties": False,
        "minProperties": 1,
    }


_HEALTH = {
    "oneOf": [
        _closed(["disable"], disable={"const": True}),
        _closed(
            ["test", "interval", "timeout", "retries"],
            test=_COMMAND,
            interval=_DURATION,
            timeout=_DURATION,
            start_period=_DURATION,
            retries={"type": "integer", "minimum": 1},
        ),
    ]
}
_CONDITION = {"enum": ["service_started", "service_healthy", "service_completed_successfully"]}

_SERVICE = _closed(
    ["image"],
    image=_TEXT,
    build=_closed(["context", "dockerfile"], context=_TEXT, dockerfile=_TEXT),
    profiles=_TEXTS,
    entrypoint=_COMMAND,
    command=_COMMAND,
    environment=_named({"type": "string"}),
    ports=_TEXTS,
    volumes=_TEXTS,
    networks=_TEXTS,
    network_mode=_TEXT,
    secrets=_TEXTS,
    depends_on=_named(_closed(["condition"], condition=_CONDITION)),
    deploy=_closed(["replicas"], replicas=_COUNT),
    read_only={"type": "boolean"},
    tmpfs=_TEXTS,
    user=_TEXT,
    cap_drop=_TEXTS,
    security_opt=_TEXTS,
    cpus=_SIZE,
    mem_limit=_SIZE,
    memswap_limit=_SIZE,
    shm_size=_SIZE,
    pids_limit={"type": "integer", "minimum": 1},
    restart={"enum": ["no", "always", "on-failure", "unless-stopped"]},
    stop_grace_period=_DURATION,
    stop_signal={"type": "string", "pattern": "^SIG[A-Z]+$"},
    healthcheck=_HEALTH,
    logging=_closed(["driver"], driver=_TEXT, options=_named(_TEXT)),
)

SCHEMA = {
    "type": "object",
    "properties": {
        "name": _TEXT,
        "services": _named(_SERVICE),
        "networks": _named(_closed([], internal={"type": "boolean"})),
        "secrets": _named(_closed(["file"], file=_TEXT)),
        "volumes": _named({"type": "null"}),
    },
    "patternProperties": {"^x-": {"type": "object"}},
    "required": ["name", "services", "volumes"],
    "additionalProperties": False,
}
