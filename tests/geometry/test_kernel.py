from pathlib import Path

import numpy as np
import pytest

from geometry import matrix_rank, warp_perspective
from geometry.kernel import compilations, compiled_names, kernels_to_compile, warm_up

pytestmark = pytest.mark.jit


def test_nothing_is_compiled_after_the_warm_up() -> None:
    seen: list[str] = []
    first = warm_up(seen.append)
    assert first.signatures >= len(seen) > 0
    before = compilations()
    assert warm_up().compiled == 0
    warp_perspective(np.zeros((5, 6, 3), np.uint8), np.eye(3))
    matrix_rank(np.eye(2))
    assert compilations() == before
    assert len(compiled_names()) == before


def test_every_declared_signature_is_there_after_the_warm_up() -> None:
    from geometry.kernel import _declared

    warm_up()
    for declared in _declared:
        assert len(declared.dispatcher.signatures) == len(set(declared.signatures)), declared.dispatcher


def test_a_warmed_kernel_refuses_types_that_were_not_declared() -> None:
    from geometry.kernel import _declared

    warm_up()
    with pytest.raises(TypeError):
        _declared[0].dispatcher(object())


def test_the_cache_knows_the_files_and_constants_that_a_kernel_is_made_from() -> None:
    from geometry.kernel import _borrowed
    from geometry.warp.bytes import _linear_bytes

    files: set[str] = set()
    constants: dict[str, str] = {}
    _borrowed(_linear_bytes.py_func, files, constants)
    assert {Path(file).name for file in files} == {"bytes.py", "chunk.py", "lanes.py"}
    assert constants["geometry.warp.chunk.ONE"] == "32768"
    assert constants["geometry.warp.bytes._ROWS_AHEAD"] == "4"


def test_what_is_in_the_cache_need_not_be_compiled() -> None:
    warm_up()
    assert kernels_to_compile() == []
