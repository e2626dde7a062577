"""The request of a job: an operation, and what it is to be done with."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError

from service.errors import Fault, InvalidParams

PARAMS = (
    "Parameters of the operation, the same for all items. Arrays are lists, stored assets, files under configured "
    'roots, or several of these as one array: `{"stack": [{"uri": …}, …]}` or `{"stack": '
    '"room://frame-{frame:06d}.depth.png"}`.'
)
VARYING = (
    'Parameters that depend on the fields of an item. `{"by": "camera", "values": {"0": …, "1": …}}` looks '
    "a value up (a list of values is looked up by number; `by` may name several fields, and the tables are then "
    'nested); `{"uri": "rig://cam{camera:02d}/homography.npy"}` has the fields filled in; everything else is the same '
    "for all."
)

FileForm = Literal["npy", "png", "jpeg", "webp", "tiff"]
Selection = str | list[int | str]


_MESSAGES = {"extra_forbidden": "is not a field of a job", "missing": "is required"}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=True, protected_namespaces=())


class ItemPattern(_Strict):
    """Items found by the names of files."""

    pattern: dict[str, str] = Field(
        description=(
            'Array parameters and the files that they come from, one an item: `{"image": '
            '"footage://cam{camera:02d}/frame_{frame:06d}.jpg"}`. `{name:06d}` is a whole number of six digits, '
            "`{name:d}` one without leading zeros, `{name}` any text without a slash. Several patterns are joined on "
            "the fields that they share; items are sorted by their fields."
        ),
        min_length=1,
        max_length=16,
    )
    where: dict[str, Selection] = Field(
        default_factory=dict,
        description=(
            'Which values of a field to take: a list, or `"start:stop:step"` as in Python. Default: all that there are.'
        ),
    )
    params: dict[str, Any] = Field(default_factory=dict, description=VARYING)


class ItemAssets(_Strict):
    """Items made of stored assets."""

    assets: dict[str, list[str]] = Field(
        description=(
            "Array parameters and the assets that they come from, one an item; several lists have one length. The "
            "field `item` counts them, from 0."
        ),
        min_length=1,
        max_length=16,
    )
    params: dict[str, Any] = Field(default_factory=dict, description=VARYING)


def _spelling(items: Any) -> str | None:
    if isinstance(items, list):
        return "list"
    if isinstance(items, dict):
        return "assets" if "assets" in items else "pattern"
    return "pattern" if isinstance(items, ItemPattern) else "assets" if isinstance(items, ItemAssets) else None


Items = Annotated[
    Annotated[list[dict[str, Any]], Tag("list")]
    | Annotated[ItemPattern, Tag("pattern")]
    | Annotated[ItemAssets, Tag("assets")],
    Discriminator(
        _spelling,
        custom_error_type="items",
        custom_error_message="must be a list of parameters, or an object with `pattern` or with `assets`",
    ),
]


class JobDocument(_Strict):
    """What `POST /v1/jobs` takes."""

    operation: str = Field(description="Name of the operation, as in `POST /v1/{operation}`.", min_length=1)
    params: dict[str, Any] = Field(default_factory=dict, description=PARAMS)
    items: Items | None = Field(
        None,
        description=(
            "One execution for each item: a list of parameters that are put over `params`, or files, or assets. "
            "Default: one execution, in tiles where the operation has them."
        ),
    )
    arrays: list[str] | None = Field(
        None, description="Result arrays of items that are kept. Default: all.", min_length=1, max_length=64
    )
    files: FileForm | None = Field(
        None,
        description=(
            "Keep the result arrays of items as files of this form; those that a picture cannot hold become npy. "
            "Default: one Zarr array over all items, and npy files where their shapes differ."
        ),
    )
    tile: int | None = Field(
        None,
        ge=1,
        le=65_536,
        description=(
            "Length of a tile, in what the operation is cut along: cameras or pairs, pixels, pairs of views. Default: "
            "what takes about half a second. The result does not depend on it."
        ),
    )
    priority: int = Field(0, ge=-10, le=10, description="Of one owner's jobs, the greater first.")

    def to_json(self) -> str:
        """Canonical text: what says the same is the same."""
        return json.dumps(self.model_dump(exclude_defaults=True), sort_keys=True, separators=(",", ":"))

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> Self:
        """The document that parsed JSON spells. Raises InvalidParams that names every wrong place."""
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            faults = []
            for entry in error.errors(include_url=False, include_input=False):
                place = [str(step) for at, step in enumerate(entry["loc"]) if at != 1 or entry["loc"][0] != "items"]
                pointer = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in place)
                faults.append(Fault(pointer, _MESSAGES.get(entry["type"], entry["msg"])))
            raise InvalidParams(faults) from None
