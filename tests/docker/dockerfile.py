"""The Dockerfile, read as its builders read it."""

import json
import re
import shlex
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent


class Instruction(NamedTuple):
    name: str
    text: str


class Stage(NamedTuple):
    base: str
    name: str
    instructions: list[Instruction]

    def only(self, name: str) -> str:
        (text,) = (instruction.text for instruction in self.instructions if instruction.name == name)
        return text

    def pairs(self, name: str) -> dict[str, str]:
        """NAME=value pairs of ENV, LABEL or ARG."""
        texts = (instruction.text for instruction in self.instructions if instruction.name == name)
        return dict(pair.split("=", 1) for text in texts for pair in shlex.split(text))


def read() -> tuple[list[Instruction], list[Stage]]:
    """What stands before the first stage, and the stages."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = [line.strip() for line in re.sub(r"\\\n\s*", " ", text).splitlines()]
    before: list[Instruction] = []
    stages: list[Stage] = []
    for line in filter(None, lines):
        name, _, rest = line.partition(" ")
        if name == "FROM":
            base, _, stage = rest.partition(" AS ")
            stages.append(Stage(base, stage, []))
        else:
            (stages[-1].instructions if stages else before).append(Instruction(name, rest.strip()))
    return before, stages


def command(text: str) -> list[str]:
    """The exec form of a command; raises where it is the shell form."""
    parsed = json.loads(text)
    assert isinstance(parsed, list)
    return parsed


def image_environment(stages: list[Stage]) -> dict[str, str]:
    """The environment of the last stage, its bases' included."""
    by_name = {stage.name: stage for stage in stages}
    environment: dict[str, str] = {}
    stage: Stage | None = stages[-1]
    while stage is not None:
        environment = stage.pairs("ENV") | environment
        stage = by_name.get(stage.base)
    return environment
