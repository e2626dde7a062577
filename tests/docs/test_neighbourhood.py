import re

import numpy as np
import pytest

from geometry import neighbourhood
from geometry.filters.neighbourhood.vocabulary import FUNCTIONS
from tests.docs.neighbourhoods import PAGE, page

TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES = [
    line.split("  #")[0] for block in re.findall(r"```\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines()
]


def test_the_tables_are_those_of_the_language() -> None:
    assert page(TEXT) == TEXT


@pytest.mark.parametrize("expression", EXAMPLES)
def test_every_example_of_the_page_is_understood(expression: str) -> None:
    image = np.arange(12, dtype=np.float32).reshape(3, 4)
    out = neighbourhood(image, expression, second=image + 1, element=np.ones((3, 3)))
    assert out.shape == image.shape


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 10


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_works_as_it_is_written(name: str) -> None:
    written = FUNCTIONS[name].written
    for word in ("x", "y", "c", "low", "high"):
        written = re.sub(rf"\b{word}\b", "w", written)
    image = np.array([[0.25, 0.5], [0.75, 1.0]])
    out = neighbourhood(
        image, f"max({written})" if "," in written or name in ("abs", "sqrt", "exp", "log", "floor") else written
    )
    assert np.isfinite(out).all() or name == "log"
