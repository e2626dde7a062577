import numpy as np
import pytest

from geometry.filters.border import BORDERS, border_index
from tests.naive import filters as naive


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("length", [1, 2, 3, 7])
def test_every_overhang_maps_as_by_walking(border: str, length: int) -> None:
    positions = np.arange(-25, 30)
    walked = [naive.source(int(position), length, border) for position in positions]
    assert border_index(positions, length, border).tolist() == [-1 if place is None else place for place in walked]


@pytest.mark.parametrize(
    ("border", "shown"),
    [
        ("constant", "..abc.."),
        ("replicate", "aaabccc"),
        ("reflect", "baabccb"),
        ("reflect_101", "cbabcba"),
        ("wrap", "bcabcab"),
    ],
)
def test_borders_show_the_documented_letters(border: str, shown: str) -> None:
    index = border_index(np.arange(-2, 5), 3, border)
    assert "".join("abc."[place] for place in index) == shown
