import numpy as np

from geometry.depth import memory


def test_memory_is_lent_again_and_fits_its_request():
    first, _ = memory.landing_memory(20, 30, np.dtype("float64"))
    for lines, columns in ((5, 7), (30, 20), (40, 50)):
        for dtype in ("float32", "float64"):
            landing, distance = memory.landing_memory(lines, columns, np.dtype(dtype))
            assert landing.shape == distance.shape == (lines, columns)
            assert (landing.dtype, distance.dtype) == (np.int32, np.dtype(dtype))
            assert landing.flags.c_contiguous
            assert not np.shares_memory(landing, distance)
            if lines * columns <= first.size:
                assert np.shares_memory(landing, first)


def test_large_frames_are_not_kept(monkeypatch):
    monkeypatch.setattr(memory, "_MOST_PIXELS", 10)
    one, _ = memory.landing_memory(3, 4, np.dtype("float32"))
    two, _ = memory.landing_memory(3, 4, np.dtype("float32"))
    assert not np.shares_memory(one, two)


def test_keys_are_lent_again_and_large_ones_are_not_kept(monkeypatch):
    first = memory.key_memory(200)
    assert first.shape == (200,)
    assert first.dtype == np.uint64
    assert np.shares_memory(memory.key_memory(50), first)
    monkeypatch.setattr(memory, "_MOST_PIXELS", 10)
    assert not np.shares_memory(memory.key_memory(11), memory.key_memory(11))
