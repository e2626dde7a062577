import numpy as np
import pytest

from geometry import matrix_rank, warp_perspective
from geometry.kernel import compilations, compiled_names, warm_up

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
