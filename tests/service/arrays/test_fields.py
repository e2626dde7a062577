from typing import Annotated, Any

import numpy as np
import pytest
from pydantic import Field

from service.arrays.fields import ArrayField
from service.arrays.pending import PendingArray
from service.arrays.reference import Attachment, References
from service.documents import Document
from service.errors import InvalidParams, TooLarge, UnreadableBody, UnsupportedMedia
from service.execution import validate
from service.operation import Cost, Operation
from tests.service.media.files import npy_file, png

Matrix = Annotated[np.ndarray[Any, Any], ArrayField("A matrix.", ((2, 2), (3, 3)), unit="pixels")]
Picture = Annotated[
    np.ndarray[Any, Any],
    ArrayField("Pixels.", (("H", "W"), ("H", "W", "C")), ("float64", "uint8"), images=True, finite=False),
]
Square = Annotated[np.ndarray[Any, Any], ArrayField("Squares.", (("...", "n", "n"),), ("float64", "float32"))]

Pairs = Annotated[np.ndarray[Any, Any], ArrayField("Pairs.", (("M", 2),), ("int64", "int32"))]
Values = Annotated[np.ndarray[Any, Any], ArrayField("Values.", (("M",), ("M", 3)))]


class Example(Document):
    matrix: Matrix | None = Field(None, description="A matrix.")
    picture: Picture | None = Field(None, description="A picture.")
    squares: Square | None = Field(None, description="Squares.")
    pairs: Pairs | None = Field(None, description="Pairs.")
    values: Values | None = Field(None, description="Values.")


OPERATION = Operation("example", "none", "Example", Example, Example, lambda p: p, lambda _: Cost((), 0, 1.0), ())


def read(name: str, value: Any, **references: Any) -> Any:
    return getattr(validate(OPERATION, {name: value}, References(**references)), name)


def attached(name: str, data: bytes, media_type: str = "") -> PendingArray:
    attachments = {name: Attachment(memoryview(data), media_type)}
    found = getattr(validate(OPERATION, {}, References(attachments=attachments)), name)
    assert isinstance(found, PendingArray)
    return found


def faults(name: str, value: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidParams) as refused:
        read(name, value)
    return [(fault.pointer, fault.detail) for fault in refused.value.faults]


def test_lists_become_the_first_dtype() -> None:
    assert read("matrix", [[1, 2], [3, 4]]).dtype == np.float64


def test_a_dtype_may_be_given_beside_the_data() -> None:
    array = read("picture", {"data": [[1, 2]], "dtype": "uint8"})
    assert array.dtype == np.uint8
    assert array.tolist() == [[1, 2]]


@pytest.mark.parametrize("dtype", ["complex128", "int8", [], None, {"a": 1}])
def test_a_dtype_that_the_field_does_not_take_is_refused(dtype: Any) -> None:
    (fault,) = faults("picture", {"data": [[1]], "dtype": dtype})
    assert fault == ("/picture", "dtype must be one of float64, uint8")


def test_all_alternatives_of_a_shape_are_taken_and_named() -> None:
    assert read("matrix", np.eye(3).tolist()).shape == (3, 3)
    assert faults("matrix", [[1, 2, 3], [4, 5, 6]]) == [("/matrix", "must have shape (2, 2) or (3, 3), came as (2, 3)")]


def test_a_word_that_occurs_twice_in_a_shape_is_one_length() -> None:
    assert read("squares", [[1, 2], [3, 4]]).shape == (2, 2)
    assert read("squares", [[[[5]]]]).shape == (1, 1, 1, 1)
    assert faults("squares", [[1, 2]])[0][0] == "/squares"
    assert faults("squares", 5)[0][0] == "/squares"


def test_values_that_are_not_finite_are_named_where_the_field_wants_finite_ones() -> None:
    assert faults("matrix", [[1, 2], [float("nan"), 4]]) == [("/matrix/1/0", "must be a finite number")]
    assert np.isnan(read("picture", [[None, float("inf")]])[0, 0])


def test_values_of_attachments_are_checked_when_they_are_decoded() -> None:
    pending = attached("matrix", npy_file(np.array([[1, 2], [3, np.inf]])))
    with pytest.raises(InvalidParams) as refused:
        pending.load()
    assert refused.value.faults[0].pointer == "/matrix/1/1"
    np.testing.assert_array_equal(attached("matrix", npy_file(np.eye(2))).load(), np.eye(2))


def test_dtypes_of_attachments_are_checked() -> None:
    with pytest.raises(InvalidParams) as refused:
        attached("picture", npy_file(np.zeros((2, 2), np.int64)))
    assert refused.value.faults[0].detail == "must be float64, uint8; came as int64"


def test_pictures_are_taken_only_by_fields_that_hold_pictures() -> None:
    assert attached("picture", png(np.zeros((2, 3), np.uint8))).shape == (2, 3)
    with pytest.raises(UnsupportedMedia, match=r"^matrix: must be numbers"):
        attached("matrix", png(np.zeros((2, 2), np.uint8)))


def test_refusals_of_the_guards_keep_their_class_and_name_the_field() -> None:
    picture = Attachment(memoryview(png(np.zeros((20, 20), np.uint8))))
    with pytest.raises(TooLarge, match=r"^picture: has 20×20 pixels"):
        validate(OPERATION, {}, References(max_pixels=100, attachments={"picture": picture}))
    with pytest.raises(UnreadableBody, match=r"^matrix: npy header promises 32 bytes"):
        attached("matrix", npy_file(np.eye(2))[:-8])


@pytest.mark.parametrize("value", [5.5, "text", True, {"data": [[1]]}, {"asset": 5}, {"asset": "a", "uri": "b"}, {}])
def test_other_spellings_are_refused_at_the_field(value: Any) -> None:
    assert all(pointer.startswith("/matrix") for pointer, _ in faults("matrix", value))


def test_arrays_pass_as_they_are() -> None:
    array = np.eye(2)
    assert read("matrix", array) is array


def test_the_schema_says_what_lists_may_hold() -> None:
    schema = Example.model_json_schema()["properties"]
    matrix, picture, squares = (schema[name]["anyOf"][0]["anyOf"] for name in ("matrix", "picture", "squares"))
    assert matrix[0] == {
        "type": "array",
        "minItems": 2,
        "maxItems": 2,
        "items": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "number"}},
    }
    assert picture[0]["items"]["items"] == {"type": ["number", "null"]}
    assert squares[0] == {"type": "array", "title": "nested lists"}


def test_the_description_is_for_people_and_the_facts_for_programs() -> None:
    mark = Example.array_fields()["matrix"]
    assert mark.describe() == "A matrix. Shape (2, 2) or (3, 3); any real dtype, pixels."
    assert mark.facts()["shapes"] == [[2, 2], [3, 3]]
    assert Example.array_fields()["picture"].describe() == "Pixels. Shape (H, W) or (H, W, C); float64, uint8."


def test_an_empty_list_has_the_lengths_that_the_field_fixes() -> None:
    assert read("pairs", []).shape == (0, 2)
    assert read("pairs", {"data": [], "dtype": "int32"}).dtype == np.int32
    assert read("pairs", {"data": [], "dtype": "int32"}).shape == (0, 2)
    assert read("values", []).shape == (0,)
    for name in ("matrix", "picture", "squares"):
        assert faults(name, [])[0][1].endswith("came as (0,)")
