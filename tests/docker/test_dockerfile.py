import re
import tomllib

import yaml

from service.settings import Settings
from tests.docker import dockerfile

BEFORE, STAGES = dockerfile.read()
FINAL = STAGES[-1]
ENVIRONMENT = dockerfile.image_environment(STAGES)
RUNS = [instruction.text for stage in STAGES for instruction in stage.instructions if instruction.name == "RUN"]


def test_the_base_is_an_argument_and_every_stage_stands_on_it() -> None:
    assert [instruction.name for instruction in BEFORE] == ["ARG"]
    assert re.fullmatch(r"BASE=python:3\.\d+-slim-\w+", BEFORE[0].text)
    known = {"${BASE}"}
    for stage in STAGES:
        assert stage.base in known
        known.add(stage.name)


def test_the_image_runs_as_a_user_given_by_number() -> None:
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", FINAL.only("USER"))


def test_nothing_runs_in_the_last_stage_so_nothing_of_the_builder_stays() -> None:
    assert {instruction.name for instruction in FINAL.instructions}.isdisjoint({"RUN", "ADD"})
    copies = [instruction.text for instruction in FINAL.instructions if instruction.name == "COPY"]
    assert copies
    assert all(text.startswith("--from=build ") for text in copies)


def test_pip_installs_only_what_is_locked_by_hash_or_was_built_here() -> None:
    installs = [part for text in RUNS for part in text.split("&&") if re.search(r"pip\b.* (install|wheel)\b", part)]
    assert len(installs) == 4  # the build tools, the dependencies, the package's wheel, the wheel's installation
    assert all("--require-hashes" in part or ("--no-index" in part and "--no-deps" in part) for part in installs)
    for name in ("build", "runtime"):
        text = (dockerfile.ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        pins = [line for line in text.replace("\\\n", " ").splitlines() if "==" in line]
        assert pins
        assert all("--hash=sha256:" in pin for pin in pins)


def test_the_kernels_are_compiled_and_the_cache_is_proved_in_the_build() -> None:
    assert any("epipole warm-up && epipole warm-up --expect-cached" in text for text in RUNS)


def test_old_builders_understand_it() -> None:
    text = (dockerfile.ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")
    assert "<<" not in text
    assert not text.startswith("# syntax")


def test_it_names_no_host_but_those_that_compose_makes() -> None:
    compose = yaml.safe_load((dockerfile.ROOT / "docker" / "compose.yaml").read_text(encoding="utf-8"))
    known = {"127.0.0.1", "api", *compose["services"]}  # `api` is nginx's name for the replicas
    for path in [*(dockerfile.ROOT / "docker").iterdir(), dockerfile.ROOT / ".dockerignore"]:
        if path.is_file():
            hosts = re.findall(r"[a-z+]+://([^/\s:;]+)", path.read_text(encoding="utf-8"))
            assert set(hosts) <= known, path


def test_what_the_image_promises_its_engine() -> None:
    assert FINAL.only("STOPSIGNAL") == "SIGTERM"
    assert FINAL.only("EXPOSE") == ENVIRONMENT["EPIPOLE_PORT"]
    assert FINAL.only("VOLUME") == ENVIRONMENT["EPIPOLE_DATA_DIR"]
    assert dockerfile.command(FINAL.only("ENTRYPOINT")) == ["epipole"]
    assert dockerfile.command(FINAL.only("CMD")) == ["serve"]
    assert dockerfile.command(FINAL.only("HEALTHCHECK").partition("CMD ")[2])[0].endswith("/python")


def test_the_labels_say_what_the_project_says() -> None:
    project = tomllib.loads((dockerfile.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    labels = FINAL.pairs("LABEL")
    assert labels["org.opencontainers.image.licenses"] == project["license"]
    assert labels["org.opencontainers.image.version"] == "${VERSION}"
    assert FINAL.pairs("ARG")["VERSION"] == project["version"]


def test_its_settings_exist_and_alone_refuse_to_listen() -> None:
    given = {name[8:].lower(): value for name, value in ENVIRONMENT.items() if name.startswith("EPIPOLE_")}
    settings = Settings.model_validate(given)
    assert not settings.loopback
    assert settings.exposure_fault() is not None


def test_every_file_that_it_names_exists_and_reaches_the_builder() -> None:
    admitted = set((dockerfile.ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines())
    assert "*" in admitted
    text = (dockerfile.ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:requirements/\w+\.txt|docker/\w+\.py)", text))
    assert named >= {"requirements/runtime.txt", "docker/healthcheck.py", "docker/kernel_cache.py"}
    for name in named | {"pyproject.toml", "README.md", "LICENSE", "api", "service", "geometry"}:
        assert (dockerfile.ROOT / name).exists(), name
        assert f"!{name}" in admitted, name
