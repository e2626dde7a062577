import json
from typing import Any

import numpy as np
import pytest
from pydantic import Field

from service.arrays.pending import ArrayStream, PendingArray
from service.arrays.types.cameras import ResultStatus
from service.arrays.types.images import Image, ResultImage, ResultMask
from service.documents import Document
from service.errors import InvalidParams, NotAcceptable
from service.execution import Call
from service.media.answer import Form, choose_form, encode, raw_bytes
from service.operation import Cost, Operation, OutputArray
from service.settings import Settings

JSON, NPY, SAFETENSORS = "application/json", "application/x-npy", "application/x-safetensors"


class Params(Document):
    image: Image = Field(description="Pixels.")


class Result(Document):
    image: ResultImage = Field(description="Pixels.")
    mask: ResultMask = Field(description="A mask.")
    status: ResultStatus = Field(description="Codes.")
    note: str = Field("ü", description="A word.")


def call(shape: tuple[int, ...] = (4, 5), dtype: str = "uint8", came: str = "") -> Call:
    outputs = (
        OutputArray("image", shape, dtype),
        OutputArray("mask", shape[:2], "bool"),
        OutputArray("status", (3,), "uint8"),
    )
    operation = Operation(
        "example", "none", "Example", Params, Result, lambda p: p, lambda _: Cost(outputs, 0, 1.0), ()
    )  # type: ignore[arg-type,return-value]
    pending = PendingArray(shape, np.dtype(dtype), came, lambda: np.zeros(shape, dtype))
    return Call(operation, Params.model_validate({"image": pending}), Cost(outputs, 0, 1.0))


def chosen(accepted: list[str], array: str | None = None, **kind: Any) -> tuple[str, str | None]:
    settings = Settings(
        max_json_bytes=kind.pop("max_json_bytes", 1000), small_json_bytes=kind.pop("small_json_bytes", 500)
    )
    form = choose_form(call(**kind), accepted, array, settings)
    return form.media_type, form.array


@pytest.mark.parametrize(
    ("accepted", "kind", "media_type", "array"),
    [
        (["*/*"], {}, JSON, None),
        (["*/*"], {"shape": (9, 9)}, SAFETENSORS, None),
        (["*/*"], {"came": "image/png"}, "image/png", "image"),
        (["*/*"], {"came": "image/jpeg", "dtype": "uint16"}, JSON, None),
        (["application/*"], {"shape": (9, 9)}, JSON, None),
        (["application/*"], {"shape": (90, 90)}, SAFETENSORS, None),
        (["image/*"], {"came": "image/webp", "shape": (4, 5, 3)}, "image/webp", "image"),
        (["image/*"], {"came": "image/webp"}, "image/png", "image"),
        (["image/*"], {"dtype": "float32"}, "image/tiff", "image"),
        (["image/png", JSON], {"dtype": "float32"}, JSON, None),
        (["text/html", NPY], {}, NPY, "image"),
        ([SAFETENSORS, JSON], {}, SAFETENSORS, None),
    ],
)
def test_the_first_form_that_can_hold_the_result_is_taken(
    accepted: list[str], kind: dict[str, Any], media_type: str, array: str | None
) -> None:
    assert chosen(accepted, **kind) == (media_type, array)


def test_an_array_can_be_chosen_by_name() -> None:
    assert chosen(["image/png"], "mask") == ("image/png", "mask")
    assert chosen([NPY], "status") == (NPY, "status")
    with pytest.raises(InvalidParams, match="it has: image, mask, status"):
        chosen([NPY], "depth")


@pytest.mark.parametrize(
    ("accepted", "array", "kind", "words"),
    [
        (["text/html"], None, {}, "this service answers application/json"),
        ([JSON], None, {"shape": (90, 90)}, "application/x-safetensors"),
        (["image/png"], "status", {}, "is not a picture"),
        (["image/png"], None, {"dtype": "float64"}, "image/tiff"),
    ],
)
def test_where_none_can_the_reason_is_given(
    accepted: list[str], array: str | None, kind: dict[str, Any], words: str
) -> None:
    with pytest.raises(NotAcceptable, match=words):
        chosen(accepted, array, **kind)


def result(image: Any) -> Result:
    return Result(image=image, mask=np.array([[True, False]]), status=np.array([0, 1, 2], np.uint8))


def content(media_type: str, array: str | None, image: Any) -> bytes:
    answer = encode(result(image), Form(media_type, array), Settings())
    data = b"".join(bytes(chunk) for chunk in answer.chunks())
    assert len(data) == answer.length
    return data


def test_json_has_scalars_and_arrays_and_null_for_nan() -> None:
    found = json.loads(content(JSON, None, np.array([[1.5, np.nan]])))
    assert found == {"note": "ü", "image": [[1.5, None]], "mask": [[True, False]], "status": [0, 1, 2]}


def test_streams_are_collected_for_json_and_sent_in_blocks_elsewhere() -> None:
    whole = np.arange(6, dtype=np.float32).reshape(2, 3)
    stream = ArrayStream((2, 3), whole.dtype, lambda: iter([whole[:1], whole[1:]]))
    assert json.loads(content(JSON, None, stream))["image"] == whole.tolist()
    assert content(NPY, "image", stream) == content(NPY, "image", whole)
    assert content(SAFETENSORS, None, stream) == content(SAFETENSORS, None, whole)


def test_the_summary_of_one_array_names_the_others() -> None:
    answer = encode(result(np.zeros((1, 2), np.uint8)), Form("image/png", "mask"), Settings())
    assert answer.summary == {"note": "ü", "array": "mask", "other_arrays": ["image", "status"]}


@pytest.mark.parametrize(
    "array", [np.arange(6).reshape(2, 3).T, np.array(5.0), np.zeros((0, 3)), np.zeros((2, 2), bool)]
)
def test_memory_is_given_in_c_order(array: Any) -> None:
    assert bytes(raw_bytes(array)) == array.tobytes()


@pytest.mark.parametrize(
    ("accepted", "weighed", "media_type"),
    [
        (["*/*"], ["image/png", "*/*"], JSON),
        (["*/*"], ["image/*", "*/*"], JSON),
        (["*/*"], ["image/jpeg", "*/*"], "image/png"),
        (["*/*"], ["image/png", JSON, "*/*"], SAFETENSORS),
        (["image/*"], ["image/png", "image/*"], "image/tiff"),
        (["application/*"], [JSON, "application/*"], SAFETENSORS),
        (["image/png", "*/*"], ["image/png", "image/*", "*/*"], "image/png"),
        (["*/*", "image/png"], ["image/png", "*/*"], JSON),
    ],
)
def test_a_wildcard_does_not_stand_for_types_with_a_weight_of_their_own(
    accepted: list[str], weighed: list[str], media_type: str
) -> None:
    picture = call(came="image/png", dtype="uint16")
    assert choose_form(picture, accepted, None, Settings(), weighed=weighed).media_type == media_type


def test_where_every_type_is_refused_nothing_is_acceptable() -> None:
    with pytest.raises(NotAcceptable):
        choose_form(call(), ["*/*"], None, Settings(), weighed=["*/*", JSON, SAFETENSORS])
