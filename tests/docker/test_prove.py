import ast
import shutil
import subprocess
import sys

import pytest

from tests.docker.conftest import DOCKER

PROVE = DOCKER / "prove.sh"


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_the_proof_is_a_valid_program_that_stops_at_the_first_failure() -> None:
    subprocess.run(["bash", "-n", PROVE], check=True)
    assert PROVE.stat().st_mode & 0o111
    assert "set -euo pipefail" in PROVE.read_text()


@pytest.mark.parametrize("name", ["sandbox", "trial", "pip_settings", "healthcheck", "kernel_level"])
def test_what_runs_on_a_bare_machine_needs_nothing_but_python(name: str) -> None:
    tree = ast.parse((DOCKER / f"{name}.py").read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {module.partition(".")[0] for module in imported} <= sys.stdlib_module_names | {"sandbox"}
