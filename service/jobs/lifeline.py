"""A child process reads orders from its parent on standard input, and ends when the parent does, however that ends."""

import os
import sys
import threading
from collections.abc import Callable
from typing import TextIO

ABANDONED = 3  # the exit status of a child whose parent is gone


def next_line() -> str:
    """What the parent sends first: settings and the like, which belong neither in arguments nor in the environment."""
    line = sys.stdin.readline()
    if not line:
        os._exit(ABANDONED)
    return line


def follow(told: Callable[[str], None]) -> None:
    """Hand over every further line to `told`, from a thread; at the end of the input end this process at once.

    A parent that was killed cannot say goodbye, but the kernel closes its end of the pipe. Nothing is tidied up then:
    what another process may already be doing again must not be touched.
    """

    def read() -> None:
        for line in sys.stdin:
            told(line.strip())
        os._exit(ABANDONED)

    threading.Thread(target=read, name="lifeline", daemon=True).start()


def reporting_stream() -> TextIO:
    """Standard output for the parent alone: what libraries print goes to standard error from now on."""
    stream = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)
    return stream
