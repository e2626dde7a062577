import numpy as np
import pytest

from geometry.filters.border import BORDERS
from geometry.filters.extrema import cover, reachable, tiling, window_extrema
from geometry.filters.window import Axis, window_axes
from geometry.inputs import PIXEL_DTYPES
from tests.naive.filters import source


def random_frames(rng, shape, dtype):
    return (rng.normal(size=shape) * 50 + 100).clip(0, 255).astype(dtype)


def slow(frames, rows, columns, *, lowest, border, fill):
    """The extremes of windows by look-ups of one tap after the other."""
    filled = np.concatenate([frames, np.full((len(frames), 1, *frames.shape[2:]), fill, frames.dtype)], axis=1)
    filled = np.concatenate([filled, np.full((*filled.shape[:2], 1, filled.shape[3]), fill, frames.dtype)], axis=2)
    best = None
    for i in range(rows.taps):
        for j in range(columns.taps):
            y, x = (
                [source(o * a.stride + t * a.dilation - a.before, a.length, border) for o in range(a.places)]
                for a, t in ((rows, i), (columns, j))
            )
            places = np.ix_(
                range(len(frames)), [-1 if n is None else n for n in y], [-1 if n is None else n for n in x]
            )
            seen = filled[places]
            best = seen if best is None else (np.minimum if lowest else np.maximum)(best, seen)
    return best


@pytest.mark.parametrize("dtype", PIXEL_DTYPES)
@pytest.mark.parametrize("border", BORDERS)
def test_agrees_with_the_definition_at_every_border(dtype: str, border: str) -> None:
    rng = np.random.default_rng([PIXEL_DTYPES.index(dtype), BORDERS.index(border)])
    for shape in ((1, 1, 1, 1), (1, 7, 9, 3), (2, 11, 5, 1)):
        for _ in range(2):
            frames = random_frames(rng, shape, dtype)
            rows, columns = window_axes(
                shape[1:3],
                rng.integers(1, 13, 2).tolist(),
                stride=rng.integers(1, 4, 2).tolist(),
                dilation=rng.integers(1, 3, 2).tolist(),
                padding="same",
            )
            for lowest in (False, True):
                options = {"lowest": lowest, "border": border}
                expected = slow(frames, rows, columns, **options, fill=9)
                out = window_extrema(frames, rows, columns, **options, fill=np.full(shape[3], 9.0))
                assert out.dtype == frames.dtype
                assert np.array_equal(out, expected)


def test_results_do_not_depend_on_the_bands(bands: int) -> None:
    frames = random_frames(np.random.default_rng(1), (2, 23, 19, 3), "uint8")
    rows, columns = window_axes((23, 19), (9, 10), stride=(1, 2), dilation=1, padding="same")
    out = window_extrema(frames, rows, columns, lowest=False)
    assert np.array_equal(out, slow(frames, rows, columns, lowest=False, border="replicate", fill=0))


@pytest.mark.jit
def test_strips_and_tiles_fit_together() -> None:
    frames = random_frames(np.random.default_rng(2), (1, 150, 5000, 3), "float32")
    rows, columns = window_axes((150, 5000), (40, 37), stride=1, dilation=1, padding="same")
    tiles = tiling(rows, columns, 3, 4)
    assert tiles.strip_rows < 150
    assert tiles.tile < 5000
    out = window_extrema(frames, rows, columns, lowest=True)
    down = np.lib.stride_tricks.sliding_window_view(
        np.pad(frames[0], ((19, 20), (18, 18), (0, 0)), constant_values=np.inf), 40, axis=0
    ).min(axis=-1)
    assert np.array_equal(out[0], np.lib.stride_tricks.sliding_window_view(down, 37, axis=1).min(axis=-1))


@pytest.mark.parametrize("taps", [1, 2, 7, 8, 9, 31, 64, 65, 1000])
def test_few_maxima_cover_any_number_of_taps(taps: int) -> None:
    covered = cover(taps)
    begins = [covered.last] + [number * covered.reach for number in range(covered.others)]
    assert covered.others < 8
    assert {begin + step for begin in begins for step in range(covered.reach)} == set(range(taps))
    assert covered.reach == 2**covered.doublings


def test_taps_that_never_see_a_pixel_are_left_out() -> None:
    axis = Axis(length=5, taps=10**9, stride=1, dilation=2, before=10**9, places=5)
    near = reachable(axis, 0)
    # places 0 … 4 see pixel o + 2 j - before, so j runs from (before - 4) / 2 to (before + 4) / 2
    assert near.taps == 5
    assert near.before == 4
    assert reachable(axis, 1).taps == 7
