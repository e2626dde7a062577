import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

DOCKER = Path(__file__).parent.parent.parent / "docker"


@pytest.fixture
def load() -> Callable[[str], ModuleType]:
    """Load a program of docker/, which is no package."""

    def load_module(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(f"docker_{name}", DOCKER / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load_module
