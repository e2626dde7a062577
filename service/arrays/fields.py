"""The type of an array field: what may be in it, how it may be spelled, and how it is described in JSON Schema."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from service.arrays.lists import array_from_list
from service.arrays.pending import ArrayStream, PendingArray
from service.arrays.reference import Attachment, References
from service.errors import Fault, InvalidParams, ServiceError, UnsupportedMedia

FLOATS = ("float64", "float32")
PIXELS = ("uint8", "uint16", "int16", "int32", "float32", "float64")
NUMBERS = ("float64", "float32", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64")

Length = int | str


@dataclass(frozen=True)
class ArrayField:
    """Annotation of an array field: `Annotated[Array, ArrayField(...)]`.

    Attributes
    ----------
    meaning
        One sentence that says what the values are.
    shapes
        Alternatives; a number is an exact length, a word any length, the same word the same length; `"..."` first
        means any number of axes before.
    dtypes
        Accepted as they come. Lists become the first one.
    unit
        Of the values.
    images
        Whether encoded pictures (PNG, JPEG, WebP, TIFF) are accepted as well.
    finite
        Whether NaN and infinity are refused. Where they are not, `null` in a list means NaN.
    """

    meaning: str
    shapes: tuple[tuple[Length, ...], ...]
    dtypes: tuple[str, ...] = NUMBERS
    unit: str = ""
    images: bool = False
    finite: bool = True

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(
            self._validate,
            serialization=core_schema.plain_serializer_function_ser_schema(_as_list, when_used="json"),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        if handler.mode == "serialization":
            return {
                "description": self.describe(),
                "x-array": self.facts(),
                **_one_of([self._list_schema(shape, self.dtypes) for shape in self.shapes]),
            }
        lists = [self._list_schema(shape, self.dtypes[:1]) for shape in self.shapes]
        data = [self._list_schema(shape, self.dtypes) for shape in self.shapes]
        typed = {
            "type": "object",
            "title": "list with a dtype",
            "properties": {"data": _one_of(data), "dtype": {"enum": list(self.dtypes)}},
            "required": ["data", "dtype"],
            "additionalProperties": False,
        }
        references = [
            {
                "type": "object",
                "title": "stored asset",
                "properties": {"asset": {"type": "string", "pattern": "^sha256-[0-9a-f]{64}$"}},
                "required": ["asset"],
                "additionalProperties": False,
            },
            {
                "type": "object",
                "title": "file under a configured root",
                "properties": {
                    "uri": {
                        "type": "string",
                        "minLength": 1,
                        "examples": ["footage://cam01/frame_000001.png"],
                    }
                },
                "required": ["uri"],
                "additionalProperties": False,
            },
        ]
        return {
            "description": self.describe(),
            "x-array": self.facts(),
            "anyOf": [*lists, typed, *references],
        }

    def facts(self) -> dict[str, Any]:
        """Shape, dtypes and unit for a reader that is a program."""
        return {
            "shapes": [list(shape) for shape in self.shapes],
            "dtypes": list(self.dtypes),
            "unit": self.unit or None,
            "images": self.images,
            "finite": self.finite,
        }

    def describe(self) -> str:
        """Meaning, shape, dtype and unit for a reader that is a person."""
        shapes = " or ".join("(" + ", ".join(map(str, s)) + ("," if len(s) == 1 else "") + ")" for s in self.shapes)
        unit = f", {self.unit}" if self.unit else ""
        dtypes = "any real dtype" if self.dtypes == NUMBERS else ", ".join(self.dtypes)
        return f"{self.meaning} Shape {shapes}; {dtypes}{unit}."

    def _list_schema(self, shape: tuple[Length, ...], dtypes: Sequence[str]) -> dict[str, Any]:
        kinds = {np.dtype(dtype).kind for dtype in dtypes}
        number = "number" if "f" in kinds else "boolean" if kinds == {"b"} else "integer"
        schema: dict[str, Any] = {"type": number if self.finite or number != "number" else [number, "null"]}
        if shape and shape[0] == "...":
            return {"type": "array" if len(shape) > 1 else ["array", number], "title": "nested lists"}
        for length in reversed(shape):
            schema = {"type": "array", "items": schema}
            if isinstance(length, int):
                schema |= {"minItems": length, "maxItems": length}
        return schema

    def _validate(self, value: Any, info: core_schema.ValidationInfo) -> Any:
        try:
            array = self._read(value, info)
        except InvalidParams as error:
            fault = error.faults[0]
            raise PydanticCustomError("array", "{detail}", {"detail": fault.detail, "place": fault.pointer}) from None
        except ServiceError as error:
            raise PydanticCustomError("array", "{detail}", {"detail": error.detail, "refusal": error}) from None
        if not any(_fits(array.shape, shape) for shape in self.shapes):
            wanted = " or ".join("(" + ", ".join(map(str, s)) + ")" for s in self.shapes)
            raise PydanticCustomError(
                "array_shape",
                "must have shape {wanted}, came as {came}",
                {"wanted": wanted, "came": str(tuple(array.shape))},
            )
        if array.dtype.name not in self.dtypes:
            raise PydanticCustomError(
                "array_dtype",
                "must be {wanted}; came as {came}",
                {"wanted": ", ".join(self.dtypes), "came": array.dtype.name},
            )
        if isinstance(array, np.ndarray):
            self._check_values(array)
        elif isinstance(array, PendingArray) and self.finite and array.dtype.kind == "f":
            return PendingArray(
                array.shape,
                array.dtype,
                array.media_type,
                lambda: self._checked(array, info.field_name or ""),
            )
        return array

    def _read(self, value: Any, info: core_schema.ValidationInfo) -> Any:
        if isinstance(value, np.ndarray | PendingArray | ArrayStream):
            return value
        references = info.context if isinstance(info.context, References) else References()
        if isinstance(value, Attachment):
            return self._accept(references.open_attachment(value))
        if isinstance(value, dict):
            if set(value) == {"data", "dtype"}:
                if value["dtype"] not in self.dtypes:
                    raise PydanticCustomError(
                        "array_dtype", "dtype must be one of {wanted}", {"wanted": ", ".join(self.dtypes)}
                    )
                return self._from_list(value["data"], value["dtype"])
            return self._accept(references.open_reference(value))
        if isinstance(value, list):
            return self._from_list(value, self.dtypes[0])
        raise PydanticCustomError(
            "array_spelling",
            'must be a nested list, an attachment of this name, {{"asset": "sha256-…"}} or {{"uri": "…"}}',
            {},
        )

    def _from_list(self, value: Any, dtype: str) -> np.ndarray[Any, Any]:
        array = array_from_list(value, dtype, null_is_nan=not self.finite)
        if array.shape == (0,) and not any(_fits(array.shape, shape) for shape in self.shapes):
            # An empty list cannot show the lengths of the axes behind the first; the field may know them.
            for first, *others in self.shapes:
                if first != "..." and isinstance(first, str) and all(isinstance(length, int) for length in others):
                    return array.reshape(0, *others)
        return array

    def _accept(self, array: PendingArray) -> PendingArray:
        if array.media_type.startswith("image/") and not self.images:
            raise UnsupportedMedia("must be numbers (a list, npy or safetensors), came as a picture")
        return array

    def _check_values(self, array: np.ndarray[Any, Any]) -> None:
        if self.finite and array.dtype.kind == "f" and not np.isfinite(array).all():
            place = np.argwhere(~np.isfinite(np.atleast_1d(array)))[0]
            raise PydanticCustomError(
                "array_finite",
                "must be a finite number",
                {"place": "".join(f"/{index}" for index in place)},
            )

    def _checked(self, pending: PendingArray, name: str) -> np.ndarray[Any, Any]:
        array = pending.load()
        if not np.isfinite(array).all():
            place = np.argwhere(~np.isfinite(array))[0]
            raise InvalidParams([Fault("/" + "/".join([name, *map(str, place)]), "must be a finite number")])
        return array


def _fits(shape: Sequence[int], wanted: tuple[Length, ...]) -> bool:
    if wanted and wanted[0] == "...":
        wanted = wanted[1:]
        shape = shape[len(shape) - len(wanted) :] if len(shape) >= len(wanted) else ()
    named: dict[str, int] = {}
    return len(shape) == len(wanted) and all(
        have == (want if isinstance(want, int) else named.setdefault(want, have))
        for have, want in zip(shape, wanted, strict=True)
    )


def _one_of(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _as_list(array: Any) -> Any:
    return array.tolist() if isinstance(array, np.ndarray) else {"shape": list(array.shape), "dtype": array.dtype.name}
