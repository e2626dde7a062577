"""The house itself: its floors, its names, and what its files may say."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = [path for floor in ("api", "service", "geometry") for path in sorted((ROOT / floor).rglob("*.py"))]
SHELVES = {"utils", "util", "helpers", "helper", "common", "core", "base", "manager", "misc"}


def test_imports_go_down_only() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as m; m()", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_named_for_what_it_is_and_says_so_first(module: Path) -> None:
    assert module.stem not in SHELVES
    text = module.read_text(encoding="utf-8")
    assert not text or text.startswith('"""'), "a module begins with one line that says what it is"
    assert len(text.splitlines()) <= 400


def test_no_file_names_a_package_index() -> None:
    words = ["pypi" + ".org", "pythonhosted" + ".org", "registry." + "npmjs", "deb." + "debian.org"]
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    for name in tracked:
        path = ROOT / name
        if path.is_file() and path.suffix not in (".png", ".jpg", ".npy"):
            text = path.read_text(encoding="utf-8", errors="ignore")
            assert not any(word in text for word in words), name
