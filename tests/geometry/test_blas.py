import subprocess
import sys
import threading

import pytest
from threadpoolctl import ThreadpoolController

from geometry.blas import one_blas_thread

FOREIGN = ("pycolmap", "opencv", "cv2")
"""Other tests' peers, which bring a BLAS of their own that nothing here calls."""


def blas_threads() -> set[int]:
    found = ThreadpoolController().select(user_api="blas").info()
    return {one["num_threads"] for one in found if not any(name in one["filepath"] for name in FOREIGN)}


@pytest.fixture
def two_threads():
    with ThreadpoolController().limit(limits=2, user_api="blas"):
        if blas_threads() != {2}:
            pytest.skip("numpy's BLAS has no two threads here")
        yield


def test_blas_has_one_thread_inside_and_its_own_again_after(two_threads) -> None:
    with one_blas_thread():
        assert blas_threads() == {1}
        with one_blas_thread():
            assert blas_threads() == {1}
        assert blas_threads() == {1}
    assert blas_threads() == {2}


def test_it_is_given_back_after_an_error(two_threads) -> None:
    with pytest.raises(KeyError), one_blas_thread():
        raise KeyError
    assert blas_threads() == {2}


def test_the_last_of_overlapping_users_gives_it_back(two_threads) -> None:
    entered, leave = threading.Event(), threading.Event()

    def other() -> None:
        with one_blas_thread():
            entered.set()
            assert leave.wait(10)

    thread = threading.Thread(target=other)
    with one_blas_thread():
        thread.start()
        assert entered.wait(10)
    assert blas_threads() == {1}
    leave.set()
    thread.join()
    assert blas_threads() == {2}


def test_a_library_that_comes_later_is_held_as_well() -> None:
    """In a process of its own, where scipy has not been imported yet."""
    script = (
        "import numpy, threadpoolctl\n"
        "from geometry.blas import one_blas_thread\n"
        "with one_blas_thread(): pass\n"
        "import scipy.linalg\n"
        "with threadpoolctl.threadpool_limits(2, 'blas'), one_blas_thread():\n"
        "    found = threadpoolctl.ThreadpoolController().select(user_api='blas').info()\n"
        "    assert {library['num_threads'] for library in found} == {1}, found\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
