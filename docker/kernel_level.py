"""Which of an image's kernels a processor runs: those of the best level that it supports.

An image holds kernels for each level of its platform, a folder a level, all made when it was built. Every Python of the
image calls `settle` first (see the Dockerfile) and so finds the folder by Numba's own settings; those that are set
already win. As a program, prints the levels of this platform, best first.
"""

import os
from collections.abc import Collection, MutableMapping, Sequence
from pathlib import Path

KERNELS = Path("/opt/epipole/kernels")

_V3 = {"abm", "avx", "avx2", "bmi1", "bmi2", "cx16", "f16c", "fma", "lahf_lm", "movbe", "popcnt", "ssse3", "sse4_2"}
_V4 = _V3 | {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}
_LEVELS = {"x86_64": {"x86-64-v4": _V4, "x86-64-v3": _V3}}
_ANY = {"generic": set[str]()}


def levels(machine: str) -> list[str]:
    """LLVM's names of the levels that an image for `machine` holds, best first."""
    return list(_LEVELS.get(machine, _ANY))


def supported(machine: str, flags: Collection[str]) -> list[str]:
    """Those levels whose instructions a processor with these flags has, best first."""
    return [level for level, needed in _LEVELS.get(machine, _ANY).items() if needed <= set(flags)]


def settle(environment: MutableMapping[str, str] = os.environ, available: Sequence[str] | None = None) -> None:
    """Name the processor and the folder to Numba, unless somebody did; nothing where no level is available."""
    level = environment.get("NUMBA_CPU_NAME")
    if level is None:
        level = next(iter(supported(os.uname().machine, processor_flags()) if available is None else available), None)
    if level is not None:
        environment["NUMBA_CPU_NAME"] = level
        environment.setdefault("NUMBA_CPU_FEATURES", "")
        environment.setdefault("NUMBA_CACHE_DIR", str(KERNELS / level))


def processor_flags() -> list[str]:
    """What the kernel says that this processor can do."""
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as lines:  # noqa: PTH123 -- reads no further
        return next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), [])


if __name__ == "__main__":
    print(*levels(os.uname().machine), sep="\n")
