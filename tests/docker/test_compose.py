import re
from typing import Any

import jsonschema
import pytest
import yaml

from service.settings import Settings
from tests.docker import dockerfile
from tests.docker.compose_schema import SCHEMA

TEXT = (dockerfile.ROOT / "docker" / "compose.yaml").read_text(encoding="utf-8")
FILE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICE: dict[str, Any] = FILE["services"]["epipole"]
SCALED: dict[str, dict[str, Any]] = {
    name: service for name, service in FILE["services"].items() if service.get("profiles") == ["scaled"]
}
OWN = ["api-1", "api-2", "worker", "scheduler"]
FINAL = dockerfile.read()[1][-1]
KEYS = {"EPIPOLE_API_KEYS": f"alice={'0' * 64}"}


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
    jsonschema.validate(FILE, SCHEMA)


def test_without_keys_it_says_how_to_make_one() -> None:
    with pytest.raises(LookupError, match="epipole key OWNER"):
        substitute(TEXT, {})


def test_its_environment_is_settings_that_may_listen_on_all_addresses() -> None:
    given = yaml.safe_load(substitute(TEXT, KEYS))
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
    assert [volume.split(":") for volume in SERVICE["volumes"]] == [["data", FINAL.only("VOLUME")]]
    assert "data" in FILE["volumes"]


@pytest.mark.parametrize("name", ["epipole", *OWN])
def test_resources_are_limited(name: str) -> None:
    service = FILE["services"][name]
    assert {"cpus", "mem_limit", "memswap_limit", "pids_limit"} <= service.keys()
    assert service["memswap_limit"] == service["mem_limit"]  # nothing may be swapped


def test_the_health_check_is_the_images() -> None:
    options, _, command = FINAL.only("HEALTHCHECK").partition("CMD ")
    expected = dict(option.removeprefix("--").split("=") for option in options.split())
    check = SERVICE["healthcheck"]
    assert check["test"] == ["CMD", *dockerfile.command(command)]
    assert {name.replace("_", "-"): str(value) for name, value in check.items() if name != "test"} == expected


def test_the_grace_period_is_longer_than_the_drain() -> None:
    assert int(SERVICE["stop_grace_period"].removesuffix("s")) > Settings().drain_timeout


def test_alone_it_starts_the_service_and_nothing_else() -> None:
    assert set(FILE["services"]) - set(SCALED) == {"epipole"}


def test_scaled_it_has_every_part_of_a_cluster() -> None:
    assert set(SCALED) == {"front", *OWN, "database", "bucket", "store"}
    replicas = substitute(str(SCALED["worker"]["deploy"]["replicas"]), {})
    assert int(replicas) == 2


@pytest.mark.parametrize("name", SCALED)
def test_no_part_has_more_rights_than_it_needs(name: str) -> None:
    service = SCALED[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert all("noexec" in entry and "nosuid" in entry and "size=" in entry for entry in service["tmpfs"])


@pytest.mark.parametrize("name", sorted(set(SCALED) - {"bucket"}))
def test_only_the_front_is_reached_from_outside(name: str) -> None:
    service = SCALED[name]
    assert ("ports" in service) == (name == "front")
    assert ("outer" in service["networks"]) == (name in ("front", "api-1", "api-2"))
    assert FILE["networks"]["inner"] == {"internal": True}


@pytest.mark.parametrize("name", sorted(set(SCALED) - {"bucket", "worker"}))
def test_every_part_that_others_wait_for_has_a_health_check(name: str) -> None:
    assert SCALED[name]["healthcheck"]["test"][0] == "CMD"


def test_what_a_part_waits_for_exists_and_can_say_that_it_is_there() -> None:
    for service in SCALED.values():
        for other, wait in service.get("depends_on", {}).items():
            assert other in SCALED
            if wait["condition"] == "service_healthy":
                assert "test" in SCALED[other]["healthcheck"]


@pytest.mark.parametrize("name", ["api-1", "api-2", "worker"])
def test_replicas_and_workers_agree_on_where_jobs_live(name: str) -> None:
    secrets = {
        "EPIPOLE_DATABASE_PASSWORD": "pw",
        "EPIPOLE_S3_ACCESS_KEY": "access",
        "EPIPOLE_S3_SECRET_KEY": "secret",
    }
    environment = yaml.safe_load(substitute(TEXT, KEYS | secrets))["services"][name]["environment"]
    own = {key[8:].lower(): value for key, value in environment.items() if key.startswith("EPIPOLE_")}
    settings = Settings.model_validate(own)
    assert settings.engine == "tls://scheduler:8786"
    assert settings.database == "postgresql://epipole:pw@database:5432/epipole"
    assert settings.job_store == "s3://epipole/jobs"
    assert (settings.s3_access_key, settings.s3_secret_key) == ("access", "secret")
    assert "assets:/data" in FILE["services"][name]["volumes"]


@pytest.mark.parametrize("name", OWN)
def test_the_cluster_speaks_tls_only_and_shares_one_certificate(name: str) -> None:
    service = FILE["services"][name]
    environment = service["environment"]
    assert environment["DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION"] == "true"
    files = {value for key, value in environment.items() if "__TLS__" in key}
    assert files == {f"/run/secrets/{secret}" for secret in service["secrets"]}
    assert set(service["secrets"]) <= FILE["secrets"].keys()


def test_no_secret_stands_in_the_file() -> None:
    for service in FILE["services"].values():
        for name, value in service.get("environment", {}).items():
            if any(word in name for word in ("PASSWORD", "SECRET", "ACCESS_KEY", "API_KEYS")):
                assert re.fullmatch(r"\$\{\w+:[-?][^}]*\}", value)


def test_the_grace_period_of_every_part_of_ours_is_longer_than_the_drain() -> None:
    for name in OWN:
        assert int(SCALED[name]["stop_grace_period"].removesuffix("s")) > Settings().drain_timeout
