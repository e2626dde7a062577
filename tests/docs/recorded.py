"""A terminal as it was: commands, what they wrote, and the colours, drawn as a picture."""

import io
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.text import Text

_WIDTH = 118
_REPAINT = re.compile(r".*\r(?:\x1b\[2K)?(?=.)")
_CURSOR = re.compile(r"\x1b\[\?25[hl]|\x1b\[\d*A|\x1b\[2K")
_FONT = re.compile(r"@font-face\s*\{[^}]*\}\s*")  # of a server elsewhere


class Terminal:
    """Runs commands as a person would, and remembers the screen."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder = folder
        self._environment = os.environ | environment | {"COLUMNS": str(_WIDTH), "TERM": "xterm-256color"}
        self._console = Console(record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True)

    def run(self, line: str, until: Callable[[str], bool] = lambda text: False) -> str:
        """Run `epipole` with the rest of its line; Ctrl-C is typed once `until` is true of what it wrote."""
        command = [sys.executable, "-m", "api.command", *shlex.split(line.replace("\\\n", ""))]
        here, there = pty.openpty()
        process = subprocess.Popen(
            command,
            stdin=there,
            stdout=there,
            stderr=there,
            cwd=self._folder,
            env=self._environment,
            start_new_session=True,
        )
        os.close(there)
        written = ""
        while True:
            try:
                piece = os.read(here, 1 << 16)
            except OSError:  # how a terminal says that nobody writes to it any more
                break
            written += piece.decode(errors="replace")
            if until(written):
                until = lambda text: False  # noqa: E731
                time.sleep(0.2)
                process.send_signal(signal.SIGINT)
        os.close(here)
        process.wait()
        self._console.print(Text.assemble(("$ ", "bold green"), f"epipole {line}"))
        for line in written.replace("\r\n", "\n").rstrip("\n").split("\n"):
            self._console.print(Text.from_ansi(_CURSOR.sub("", _REPAINT.sub("", line))))
        self._console.print()
        return written

    def save(self, path: Path, title: str) -> None:
        """Draw the screen as SVG."""
        path.write_text(_FONT.sub("", self._console.export_svg(title=title)), encoding="utf-8")
