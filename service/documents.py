"""The base of every parameter set and every result."""

from functools import cache
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

from service.arrays.fields import ArrayField
from service.arrays.pending import PendingArray
from service.errors import UnreadableBody


class Document(BaseModel):
    """A set of described fields, arrays among them; nothing unknown is accepted, nothing changes afterwards."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        arbitrary_types_allowed=True,
        allow_inf_nan=False,
        protected_namespaces=(),
    )

    @field_validator("*", mode="before")
    @classmethod
    def _read_whole_numbers(cls, value: Any, info: ValidationInfo) -> Any:
        """JSON does not tell 3.0 from 3; text and booleans, however, are not numbers."""
        return value if info.field_name in cls.array_fields() else _whole(value)

    @classmethod
    @cache
    def array_fields(cls) -> dict[str, ArrayField]:
        """The fields that hold arrays, in declaration order."""
        found = {}
        for name, info in cls.model_fields.items():
            for mark in info.metadata:
                if isinstance(mark, ArrayField):
                    found[name] = mark
            for argument in getattr(info.annotation, "__args__", ()):
                for mark in getattr(argument, "__metadata__", ()):
                    if isinstance(mark, ArrayField):
                        found[name] = mark
        return found

    def arrays(self) -> dict[str, Any]:
        """The arrays that are there, in declaration order."""
        values = {name: getattr(self, name) for name in type(self).array_fields()}
        return {name: value for name, value in values.items() if value is not None}

    def scalars(self) -> dict[str, Any]:
        """Everything that is not an array, as JSON-ready values."""
        return self.model_dump(mode="json", exclude=set(type(self).array_fields()))

    def decoded(self) -> Self:
        """The same document with every array's values read; runs in a worker thread."""
        pending = {name: array for name, array in self.arrays().items() if isinstance(array, PendingArray)}
        return (
            self.model_copy(update={name: _load(name, array) for name, array in pending.items()}) if pending else self
        )

    def input_bytes(self) -> int:
        """Memory that the decoded arrays take."""
        return sum(array.nbytes for array in self.arrays().values())

    def picture_type(self) -> str | None:
        """Media type of the first array that came as a picture."""
        for array in self.arrays().values():
            if isinstance(array, PendingArray) and array.media_type.startswith("image/"):
                return array.media_type
        return None


def _load(name: str, array: PendingArray) -> Any:
    try:
        return array.load()
    except UnreadableBody as error:
        raise UnreadableBody(f"{name}: {error.detail}") from error


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return [_whole(entry) for entry in value] if isinstance(value, list) else value
