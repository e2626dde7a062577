"""Where an image's kernels are: a folder that was filled when the image was built, and need not be writable since.

Numba's own locators pass over a folder that they cannot write to, so a read-only root file system would hide the cache.
Numba finds this one through NUMBA_CACHE_LOCATOR_CLASSES.
"""

import os
import sys

from llvmlite import binding
from numba.core.caching import UserProvidedCacheLocator

_V2 = {"cx16", "popcnt", "sahf", "sse3", "sse4.1", "sse4.2", "ssse3"}
_V3 = _V2 | {"avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe"}
LEVELS = {"x86-64": set[str](), "x86-64-v2": _V2, "x86-64-v3": _V3}
"""Features that code for a level of the x86-64 ABI may use, by LLVM's names."""


class BakedCacheLocator(UserProvidedCacheLocator):
    """The folder in NUMBA_CACHE_DIR, whether it can be written to or not."""

    def ensure_cache_path(self) -> None:
        """Make the folder if it is absent; unlike elsewhere in Numba, it is not written to in order to try."""
        os.makedirs(self.get_cache_path(), exist_ok=True)  # noqa: PTH103 -- overrides a method that works on text


def missing_features(level: str, features: dict[str, bool]) -> list[str]:
    """Features that code for `level` may use and a processor with `features` lacks."""
    return sorted(name for name in LEVELS.get(level, ()) if not features.get(name, False))


def _refuse_weaker_processors() -> None:
    # The cache is looked up by the name of the level, not by what this processor can do: without this, the first
    # request would end the process with an illegal instruction.
    level = os.environ.get("NUMBA_CPU_NAME", "")
    missing = missing_features(level, binding.get_host_cpu_features())
    if missing:
        sys.exit(f"this image's kernels are made for {level} processors; this one lacks {', '.join(missing)}")


_refuse_weaker_processors()
