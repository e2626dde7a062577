"""What this process may use of the machine: cores and memory, containers' limits included."""

import os
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")


def available_cores() -> int:
    """Cores that this process may run on: CPU affinity, and the cgroup's quota rounded up."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota()
    return max(1, cores if quota is None else min(cores, -int(-quota // 1)))


def available_memory() -> int:
    """Bytes of memory that this process may use: RAM, or the cgroup's limit where it is lower."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        text = _read(_CGROUP / name)
        if text is not None and text.isdigit():
            memory = min(memory, int(text))
    return memory


def _quota() -> float | None:
    second = _read(_CGROUP / "cpu.max")
    if second is not None:
        quota, _, period = second.partition(" ")
        return None if quota == "max" else int(quota) / int(period)
    quota_text, period_text = (
        _read(_CGROUP / "cpu/cpu.cfs_quota_us"),
        _read(_CGROUP / "cpu/cpu.cfs_period_us"),
    )
    if quota_text is None or period_text is None or int(quota_text) <= 0:
        return None
    return int(quota_text) / int(period_text)


def _read(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except OSError:
        return None
