import numpy as np
import pytest

from geometry.errors import InvalidInput
from geometry.filters import structuring_element
from geometry.filters.morphology.element import drawn_runs, mask_runs
from geometry.filters.morphology.spread import fewest_look_ups, look_ups

SIZES = [(1, 1), (1, 6), (7, 1), (3, 3), (4, 6), (5, 9), (15, 15), (9, 4)]


@pytest.mark.parametrize("size", SIZES)
def test_rectangles_ellipses_and_crosses_are_those_of_opencv(size) -> None:
    cv2 = pytest.importorskip("cv2")
    for shape, code in (("rectangle", cv2.MORPH_RECT), ("ellipse", cv2.MORPH_ELLIPSE), ("cross", cv2.MORPH_CROSS)):
        assert np.array_equal(structuring_element(shape, size), cv2.getStructuringElement(code, size[::-1]))


@pytest.mark.parametrize("size", SIZES)
def test_diamonds_hold_what_is_near_in_both_directions_together(size) -> None:
    height, width = size
    half, middle = height // 2, width // 2
    for y in range(height):
        for x in range(width):
            away = abs(y - half) * max(middle, 1) + abs(x - middle) * max(half, 1)
            assert structuring_element("diamond", size)[y, x] == (
                away <= max(half, 1) * max(middle, 1) or 0 in (half, middle)
            )


def test_lines_lead_from_corner_to_corner() -> None:
    assert structuring_element("line", (3, 6)).tolist() == [[1, 1, 0, 0, 0, 0], [0, 0, 1, 1, 0, 0], [0, 0, 0, 0, 1, 1]]
    assert structuring_element("line", 4).tolist() == np.eye(4).tolist()
    assert structuring_element("line", (1, 5)).all()
    assert structuring_element("line", (5, 1)).all()
    for size in SIZES:
        line = structuring_element("line", size)
        assert line.sum() == max(size)
        assert line[0, 0] == line[-1, -1] == 1


@pytest.mark.parametrize("size", SIZES)
def test_runs_hold_a_mask_and_its_reflection(size) -> None:
    mask = np.random.default_rng(1).random(size) < 0.6
    mask[-1, 0] = True
    runs = mask_runs(mask)
    assert np.array_equal(runs.mask(), mask)
    assert np.array_equal(runs.reflected().mask(), mask[::-1, ::-1])
    trimmed, (top, left) = runs.trimmed()
    assert np.array_equal(trimmed.mask(), mask[top : top + trimmed.size[0], left : left + trimmed.size[1]])
    assert trimmed.mask().sum() == mask.sum()


def test_look_ups_cover_the_runs_and_nothing_else() -> None:
    mask = np.random.default_rng(2).random((9, 40)) < 0.8
    found = look_ups(mask_runs(mask), 100, 1)
    covered, first = set(), 0
    for level, end in enumerate(found.ends.tolist()):
        covered |= {place + step for place in found.offsets[first:end].tolist() for step in range(1 << level)}
        first = end
    assert covered == {100 * i + j for i, j in np.argwhere(mask).tolist()}
    assert found.shifts.tolist() == [0] + [1 << level for level in range(len(found.ends) - 1)]


def test_a_tall_line_is_looked_up_along_its_column() -> None:
    cross = drawn_runs("cross", (101, 3))
    assert len(look_ups(cross, 10, 1).offsets) > 100
    assert len(fewest_look_ups(cross, 10, 1).offsets) == 4


@pytest.mark.parametrize(
    ("argument", "shape", "size"), [("shape", "star", 3), ("size", "ellipse", 0), ("size", "line", 10**6)]
)
def test_errors_name_the_argument(argument: str, shape: str, size: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        structuring_element(shape, size)
    assert caught.value.argument == argument
