import numpy as np

from service.arrays.pending import ArrayStream, PendingArray


def test_sizes_follow_from_shape_and_dtype() -> None:
    pending = PendingArray((2, 3), np.dtype("uint16"), "application/x-npy", lambda: np.zeros((2, 3), np.uint16))
    stream = ArrayStream((4, 3, 3), np.dtype("float64"), lambda: iter(()))
    assert (pending.ndim, pending.nbytes) == (2, 12)
    assert (stream.ndim, stream.nbytes) == (3, 288)


def test_a_stream_collects_its_blocks_in_order_and_again() -> None:
    whole = np.arange(24.0).reshape(4, 6)
    stream = ArrayStream((4, 6), whole.dtype, lambda: iter([whole[:1], whole[1:3], whole[3:]]))
    for _ in range(2):
        np.testing.assert_array_equal(stream.collect(), whole)
