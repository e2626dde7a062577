"""What a chain is made of: filters by name, their options, and images between them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from inspect import signature
from typing import Any, NamedTuple

import numpy as np

from geometry.errors import InvalidInput
from geometry.filters.chain.catalogue import FILTERS, Filter
from geometry.filters.chain.form import Form, Options
from geometry.inputs import Array, rectangular

MOST_STEPS = 64

_ARRAYS = ("kernel", "mask", "element", "heights", "guide", "second")


class Step(NamedTuple):
    """A filter and all its options; `places` are the steps of the chain that it stands for."""

    places: tuple[int, ...]
    filter: Filter
    options: Options

    def after(self, form: Form) -> Form:
        """What it makes of an image.

        Raises
        ------
        InvalidInput
            An option that has no meaning for such an image; a result of another height or width.
        """
        with self.named():
            self._check_companions(form)
            shape, dtype = self.filter.shape(form, self.options), self.filter.dtype(form, self.options)
        if shape[:2] != form.shape[:2]:
            (height, width), (before, across) = shape[:2], form.shape[:2]
            raise InvalidInput(
                self.place,
                f"must keep the image's height and width, {before} × {across}, would make them {height} × {width}",
            )
        return Form(shape, dtype)

    def settled(self, form: Form) -> "Step":
        """The step with what depends on the size of the image decided."""
        with self.named():
            return self._replace(options=self.filter.settled(form, self.options))

    def reach(self, form: Form) -> int | None:
        """How many rows above and below a row count for it; none where more than those do."""
        with self.named():
            return self.filter.reach(form, self.options)

    def apply(self, image: Array, rows: slice | None = None) -> Array:
        """The filtered image; `rows` are those of the whole image that it holds."""
        options = self.options
        if rows is not None and self.filter.companions:
            options = {
                name: value[rows] if name in self.filter.companions and value is not None else value
                for name, value in options.items()
            }
        with self.named():
            return self.filter.apply(image, **options)

    @property
    def place(self) -> str:
        """Where it is among the arguments."""
        return f"steps/{self.places[0]}"

    @contextmanager
    def named(self) -> Iterator[None]:
        """Let errors say which step they concern."""
        try:
            yield
        except InvalidInput as error:
            name, *below = error.argument.split("/")
            if name in ("image", "image_shape", "image_dtype"):
                raise InvalidInput(self.place, f"the image that it is given {error.detail}") from None
            raise InvalidInput("/".join([self.place, name, *below]), error.detail) from None

    def _check_companions(self, form: Form) -> None:
        for name in self.filter.companions:
            value = self.options[name]
            if value is not None and value.shape[:2] != form.shape[:2]:
                raise InvalidInput(name, f"must have the image's size {form.shape[:2]}, came as {value.shape[:2]}")


def chain_steps(steps: Sequence[Mapping[str, Any]]) -> list[Step]:
    """Read the steps of a chain.

    Raises
    ------
    InvalidInput
        Not from 1 to 64 of them; a filter that is not one of a chain; an option that it does not have, or lacks.
    """
    if isinstance(steps, str | bytes) or not isinstance(steps, Sequence) or not 1 <= len(steps) <= MOST_STEPS:
        raise InvalidInput("steps", f"must be a list of 1 to {MOST_STEPS} steps")
    return [_step(number, step) for number, step in enumerate(steps)]


def _step(number: int, given: Mapping[str, Any]) -> Step:
    place = f"steps/{number}"
    if not isinstance(given, Mapping) or not isinstance(given.get("filter"), str):
        raise InvalidInput(place, 'must be a mapping that names its "filter" and the options of it')
    name = given["filter"].replace("_", "-")
    if name not in FILTERS:
        raise InvalidInput(f"{place}/filter", f"must be one of {', '.join(FILTERS)}; came as {given['filter']!r}")
    options = {key: value for key, value in given.items() if key != "filter"}
    parameters = signature(FILTERS[name].apply).parameters
    for key in options:
        if key not in parameters or key == "image":
            raise InvalidInput(f"{place}/{key}", f"is not an option of {name} in a chain")
    for key, parameter in parameters.items():
        if key != "image" and key not in options and parameter.default is parameter.empty:
            raise InvalidInput(f"{place}/{key}", f"is required for {name}")
    bound = signature(FILTERS[name].apply).bind(None, **options)
    bound.apply_defaults()
    complete = {key: _read(f"{place}/{key}", key, value) for key, value in bound.arguments.items() if key != "image"}
    return Step((number,), FILTERS[name], complete)


def _read(place: str, name: str, value: Any) -> Any:
    """Lists of arrays become arrays once, not for every strip."""
    if name not in _ARRAYS or value is None or isinstance(value, np.ndarray):
        return value
    return rectangular(value, place)
