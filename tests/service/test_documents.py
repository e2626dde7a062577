from typing import Any

import numpy as np
import pytest
from pydantic import Field, ValidationError

from service.arrays.pending import PendingArray
from service.arrays.types.images import Image
from service.arrays.types.plane import Matrix3
from service.documents import Document
from service.errors import UnreadableBody
from service.operations.shapes import Size


class Example(Document):
    image: Image = Field(description="Pixels.")
    matrix: Matrix3 | None = Field(None, description="A matrix.")
    count: int = Field(1, description="Whole.")
    factor: float = Field(1.0, description="Real.")
    fill: float | list[float] = Field(0.0, description="One or more.")
    size: Size | None = Field(None, description="A size.")


def pending(load: Any) -> PendingArray:
    return PendingArray((2, 2), np.dtype("uint8"), "image/png", load)


def test_array_fields_are_found_in_order_optional_ones_included() -> None:
    assert list(Example.array_fields()) == ["image", "matrix"]


def test_arrays_and_scalars_are_told_apart() -> None:
    document = Example(image=np.zeros((2, 2)), size=Size(width=3, height=4))
    assert list(document.arrays()) == ["image"]
    assert document.scalars() == {"count": 1, "factor": 1.0, "fill": 0.0, "size": {"width": 3, "height": 4}}
    assert document.input_bytes() == 32


def test_pending_arrays_are_decoded_into_a_copy() -> None:
    document = Example.model_validate({"image": pending(lambda: np.ones((2, 2), np.uint8))})
    assert document.picture_type() == "image/png"
    decoded = document.decoded()
    assert isinstance(decoded.image, np.ndarray)
    assert decoded.picture_type() is None
    assert decoded.decoded() is decoded
    assert isinstance(document.image, PendingArray)


def test_an_array_that_cannot_be_decoded_is_named() -> None:
    def load() -> None:
        raise UnreadableBody("the file is damaged")

    with pytest.raises(UnreadableBody, match=r"^image: the file is damaged"):
        Example.model_validate({"image": pending(load)}).decoded()


@pytest.mark.parametrize(
    "fields",
    [
        {"count": 3.0},
        {"count": 3},
        {"factor": 3},
        {"factor": 2.5},
        {"fill": [1, 2.5]},
        {"size": {"width": 3.0, "height": 4}},
    ],
)
def test_whole_numbers_may_be_written_as_floats(fields: dict[str, Any]) -> None:
    Example.model_validate({"image": np.zeros((1, 1)), **fields})


@pytest.mark.parametrize(
    "fields",
    [
        {"count": True},
        {"count": "3"},
        {"count": 3.5},
        {"count": None},
        {"count": 1e300},
        {"factor": "3"},
        {"factor": False},
        {"factor": float("nan")},
        {"factor": float("inf")},
        {"fill": [1, True]},
        {"fill": "0"},
        {"fill": [[1.0]]},
        {"size": {"width": "3", "height": 4}},
        {"size": [3, 4]},
        {"other": 1},
    ],
)
def test_text_and_booleans_are_not_numbers_and_nothing_unknown_is_taken(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Example.model_validate({"image": np.zeros((1, 1)), **fields})


def test_documents_do_not_change() -> None:
    document = Example(image=np.zeros((1, 1)))
    with pytest.raises(ValidationError):
        document.count = 2  # type: ignore[misc]
