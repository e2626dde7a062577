import subprocess
import sys
from collections.abc import Callable
from types import ModuleType

import pytest
from llvmlite import binding

from tests.docker.conftest import DOCKER

Load = Callable[[str], ModuleType]


def test_the_levels_of_a_platform_come_best_first(load: Load) -> None:
    module = load("kernel_level")
    assert module.levels("x86_64") == ["x86-64-v4", "x86-64-v3"]
    assert module.levels("aarch64") == ["generic"]


def test_as_a_program_it_prints_the_levels_of_this_platform() -> None:
    done = subprocess.run([sys.executable, DOCKER / "kernel_level.py"], capture_output=True, text=True, check=True)
    assert done.stdout.split()


def test_a_processor_gets_every_level_whose_instructions_it_has(load: Load) -> None:
    module = load("kernel_level")
    nehalem = ["fpu", "sse", "sse2", "pni", "ssse3", "cx16", "sse4_1", "sse4_2", "popcnt", "lahf_lm"]
    haswell = [*nehalem, "fma", "movbe", "avx", "f16c", "abm", "bmi1", "avx2", "bmi2"]
    skylake = [*haswell, "avx512f", "avx512dq", "avx512cd", "avx512bw", "avx512vl"]
    assert module.supported("x86_64", skylake) == ["x86-64-v4", "x86-64-v3"]
    assert module.supported("x86_64", haswell) == ["x86-64-v3"]
    assert module.supported("x86_64", nehalem) == []
    assert module.supported("aarch64", []) == ["generic"]


@pytest.mark.parametrize(("level", "feature"), [("x86-64-v4", "avx512vl"), ("x86-64-v3", "avx2")])
def test_it_agrees_with_llvm_about_this_processor(load: Load, level: str, feature: str) -> None:
    module = load("kernel_level")
    if level not in module.levels(binding.get_process_triple().partition("-")[0]):
        pytest.skip("another platform")
    here = module.supported("x86_64", module.processor_flags())
    assert (level in here) == binding.get_host_cpu_features()[feature]


def test_the_best_level_is_named_to_numba(load: Load) -> None:
    environment: dict[str, str] = {}
    load("kernel_level").settle(environment, ["x86-64-v4", "x86-64-v3"])
    assert environment == {
        "NUMBA_CPU_NAME": "x86-64-v4",
        "NUMBA_CPU_FEATURES": "",
        "NUMBA_CACHE_DIR": "/opt/epipole/kernels/x86-64-v4",
    }


def test_a_level_that_was_asked_for_wins(load: Load) -> None:
    environment = {"NUMBA_CPU_NAME": "x86-64-v3", "NUMBA_CACHE_DIR": "/tmp/kernels"}
    load("kernel_level").settle(environment, ["x86-64-v4"])
    assert environment["NUMBA_CPU_NAME"] == "x86-64-v3"
    assert environment["NUMBA_CACHE_DIR"] == "/tmp/kernels"


def test_without_a_level_nothing_is_named(load: Load) -> None:
    environment: dict[str, str] = {}
    load("kernel_level").settle(environment, [])
    assert environment == {}
