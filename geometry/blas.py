"""One BLAS thread at a time in work that is shared among threads already."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from threadpoolctl import OpenBLASController, ThreadpoolController


class _Limit:
    """Holds BLAS to one thread while anybody needs it. Its setting is the process's, so the last user gives it back."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.users = 0
        self.controller: Any = None
        self.with_scipy = False
        self.limiter: Any = None

    def begin(self) -> None:
        with self.lock:
            if self.users == 0:
                self._find()
                self._let_any_thread_set()
                self.limiter = self.controller.limit(limits=1)
            self.users += 1

    def end(self) -> None:
        with self.lock:
            self.users -= 1
            if self.users == 0:
                self._let_any_thread_set()
                self.limiter.restore_original_limits()
                self._let_any_thread_set()

    def _find(self) -> None:
        """Look for BLAS libraries, which takes a millisecond: once, and again when scipy has brought its own."""
        with_scipy = "scipy.linalg" in sys.modules
        if self.controller is None or with_scipy != self.with_scipy:
            self.controller = ThreadpoolController().select(user_api="blas")
            self.with_scipy = with_scipy

    @staticmethod
    def _let_any_thread_set() -> None:
        """The thread that set OpenBLAS's threads last would be the only one to be heard; here the lock keeps order."""
        OpenBLASController.clear_controlling_thread(force=True)


_limit = _Limit()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let BLAS use no threads of its own inside, in the whole process; nested and concurrent use is fine."""
    _limit.begin()
    try:
        yield
    finally:
        _limit.end()
