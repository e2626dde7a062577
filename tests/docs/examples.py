"""The README's shell examples, found in the text and run for real."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def shell_examples() -> list[str]:
    """Every block of shell in the README that calls the service."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    return [block for block in blocks if block.startswith("curl ")]


def run_example(command: str, address: str, folder: Path) -> bytes:
    """Run one example against the service at `address` in `folder`; returns what it printed.

    Fails as the shell fails.
    """
    command = command.replace("http://127.0.0.1:8000", address)
    command = re.sub(r"^curl ", "curl --silent --show-error --fail-with-body ", command, flags=re.MULTILINE)
    return subprocess.run(["/bin/sh", "-ec", command], cwd=folder, check=True, capture_output=True, timeout=120).stdout
