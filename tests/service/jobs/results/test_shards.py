import numpy as np
import pytest

from service.jobs.results.shards import ShardForm

FORM = ShardForm((2, 3), (2, 2), (3, 2), np.dtype("<f4"))
FILL = np.array(np.nan, "<f4")


def test_the_size_follows_from_the_form() -> None:
    block = np.arange(24, dtype="<f4").reshape(6, 4)
    assert len(FORM.encode(block, FILL)) == FORM.size == 4 * (24 + 4) + 6 * 16 + 4


def test_chunks_lie_where_the_form_says() -> None:
    block = np.arange(24, dtype="<f4").reshape(6, 4)
    data = bytes(FORM.encode(block, FILL))
    for chunk in np.ndindex(2, 2):
        (values,) = FORM.decode(data[slice(*FORM.span(FORM.place(chunk), 1))])
        row, column = 3 * chunk[0], 2 * chunk[1]
        np.testing.assert_array_equal(values, block[row : row + 3, column : column + 2])
    assert len(FORM.decode(data[slice(*FORM.span(1, 3))])) == 3


def test_chunks_beyond_the_array_are_padded_or_left_out() -> None:
    data = bytes(FORM.encode(np.ones((5, 3), "<f4"), FILL))
    stacked = FORM.decode(data[slice(*FORM.span(0, 4))])
    assert np.isnan(stacked[3]).sum() == 6 - 2
    index = np.frombuffer(data[-6 * 16 - 4 : -4], "<u8").reshape(2, 3, 2)
    assert (index[:, 2] == 2**64 - 1).all()


@pytest.mark.parametrize("at", [0, 23, 24, 27, 28, 55])
def test_every_damaged_byte_is_noticed(at: int) -> None:
    data = bytearray(FORM.encode(np.ones((6, 4), "<f4"), FILL)[:56])
    data[at] ^= 1
    with pytest.raises(ValueError, match="checksum"):
        FORM.decode(bytes(data))


def test_a_chunk_that_ends_early_is_noticed() -> None:
    data = FORM.encode(np.ones((6, 4), "<f4"), FILL)
    with pytest.raises(ValueError, match="cut short"):
        FORM.decode(bytes(data[:55]))
