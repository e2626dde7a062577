import subprocess
import sys

import pytest

PROGRAM = """
import sys
import service.catalogue
from service.kernels import load_kernels

load_kernels()
assert "scipy.linalg" not in sys.modules
import numpy as np
from scipy.linalg import cython_blas, solve_triangular

assert cython_blas
assert solve_triangular(np.eye(2), [1.0, 2.0]).tolist() == [1, 2]
"""


@pytest.mark.jit
def test_loading_kernels_leaves_linear_algebra_for_later() -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", PROGRAM], check=True, timeout=600)
