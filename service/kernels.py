"""The kernels of a process that serves."""

import importlib
import sys

from geometry.kernel import WarmUp, warm_up

_LINEAR_ALGEBRA = "scipy.linalg.cython_blas"


def load_kernels() -> WarmUp:
    """Load every kernel, or compile it, and refuse any other from then on.

    Numba imports scipy's linear algebra to see whether products of matrices could be compiled, which takes a fifth of
    the time of loading. No kernel has any: it is not found while numba looks for it, and is there for whoever asks
    later.
    """
    if _LINEAR_ALGEBRA not in sys.modules:
        sys.modules[_LINEAR_ALGEBRA] = None  # type: ignore[assignment]  # how the import system says: there is none
        try:
            importlib.import_module("numba.np.arraymath")
        finally:
            del sys.modules[_LINEAR_ALGEBRA]
    return warm_up()
