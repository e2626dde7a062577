"""The folder of an image's kernels as Numba's cache: filled when the image was built, never written to since.

Numba's own locators pass over a folder that they cannot write to, so a read-only root file system would hide the cache.
Numba takes this one by NUMBA_CACHE_LOCATOR_CLASSES.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba.core.caching import UserProvidedCacheLocator


class BakedCacheLocator(UserProvidedCacheLocator):
    """The folder in NUMBA_CACHE_DIR, whether it can be written to or not."""

    @classmethod
    def from_function(cls, py_func: Callable[..., Any], py_file: str) -> Any:
        """As Numba's, but refuses a processor that the image has no kernels for."""
        if "NUMBA_CACHE_DIR" not in os.environ:
            sys.exit(
                "this image has no kernels for this processor, which lacks AVX2, FMA or others of the level x86-64-v3; "
                "to compile them at each start, set NUMBA_CPU_NAME=x86-64 and NUMBA_CACHE_DIR=/tmp/kernels"
            )
        return super().from_function(py_func, py_file)  # type: ignore[no-untyped-call]

    def ensure_cache_path(self) -> None:
        """Make the folder if it is absent; unlike elsewhere in Numba, nothing is written into it in order to try."""
        Path(self.get_cache_path()).mkdir(parents=True, exist_ok=True)  # type: ignore[no-untyped-call]
