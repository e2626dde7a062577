import subprocess
import sys

import pytest

# Images that begin or end at an unreadable page: a kernel that reads one byte too far ends the process.
SCRIPT = """
import ctypes, mmap
import numpy as np
from geometry import remap, warp_perspective
from geometry.warp.weights import INTERPOLATIONS

libc, rng, page = ctypes.CDLL(None, use_errno=True), np.random.default_rng(0), mmap.PAGESIZE

def guarded(shape, dtype, at_end):
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    pages = -(-size // page)
    memory = mmap.mmap(-1, (pages + 2) * page)
    base = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    for offset in (0, (pages + 1) * page):
        assert libc.mprotect(ctypes.c_void_p(base + offset), page, 0) == 0
    count, begin = size // np.dtype(dtype).itemsize, pages * page - size if at_end else 0
    image = np.frombuffer(memory, dtype, count, page + begin)
    image[...] = rng.integers(0, 256, image.shape)
    return image.reshape(shape)

for turn in range(200):
    height, width = rng.integers(1, 70, 2)
    dtype = ("u1", "u2", "u1", "f4", "u1", "f8", "i2", "i4")[turn % 8]
    image = guarded((height, width, (1, 3, 4, 2, 5, 17, 33)[turn % 7]), dtype, turn % 3 > 0)
    matrix = np.eye(3) + rng.normal(size=(3, 3)) * [[0.4, 0.4, 8], [0.4, 0.4, 8], [0.004, 0.004, 0]]
    points = rng.uniform(-5, 5, (20, 30, 2)) + rng.random((20, 30, 2)) * (width, height)
    for interpolation in INTERPOLATIONS:
        warp_perspective(image, matrix, interpolation=interpolation, size=rng.integers(1, 300, 2).tolist())
        remap(image, points, interpolation=interpolation, border="wrap")
print("unharmed")
"""


@pytest.mark.jit
@pytest.mark.skipif(sys.platform != "linux", reason="guard pages are set up by mprotect")
def test_no_byte_before_or_after_an_image_is_read() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "unharmed"
