import os
from pathlib import Path

import pytest

from service import machine


@pytest.fixture
def cgroup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(machine, "_CGROUP", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    return tmp_path


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(text)


def test_without_a_cgroup_the_affinity_and_the_ram_count(cgroup: Path) -> None:
    assert machine.available_cores() == 8
    assert machine.available_memory() == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@pytest.mark.parametrize(
    ("text", "cores"), [("max 100000\n", 8), ("200000 100000\n", 2), ("150000 100000\n", 2), ("10000 100000\n", 1)]
)
def test_the_quota_of_cgroup_2_is_rounded_up(cgroup: Path, text: str, cores: int) -> None:
    write(cgroup, "cpu.max", text)
    assert machine.available_cores() == cores


@pytest.mark.parametrize(("quota", "cores"), [("-1", 8), ("300000", 3)])
def test_the_quota_of_cgroup_1_counts_as_well(cgroup: Path, quota: str, cores: int) -> None:
    write(cgroup, "cpu/cpu.cfs_quota_us", quota)
    write(cgroup, "cpu/cpu.cfs_period_us", "100000")
    assert machine.available_cores() == cores


@pytest.mark.parametrize("name", ["memory.max", "memory/memory.limit_in_bytes"])
def test_the_memory_limit_counts_where_it_is_lower(cgroup: Path, name: str) -> None:
    write(cgroup, name, "1048576\n")
    assert machine.available_memory() == 1_048_576
    write(cgroup, name, "max\n")
    assert machine.available_memory() > 1_048_576
