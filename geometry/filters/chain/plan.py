"""How a chain is computed: which steps are merged, and which rows go through several steps at once."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from geometry.bands import threads
from geometry.errors import InvalidInput
from geometry.filters.chain.form import Form
from geometry.filters.chain.linear import merged_steps
from geometry.filters.chain.steps import Step, chain_steps
from geometry.inputs import PIXEL_DTYPES, choice

LARGE_BYTES = 64 << 20
"""Smaller images between steps stay in the cache, and are not worth the calls that strips take."""
STRIP_BYTES = 8 << 20
_OVERLAPS = 4


class Stage(NamedTuple):
    """One step of the merged chain, between two images."""

    step: Step
    before: Form
    after: Form
    reach: int | None


class Pass(NamedTuple):
    """Steps that a strip of rows goes through before the next one; a single strip is the whole image."""

    stages: tuple[Stage, ...]
    strips: int

    @property
    def overlap(self) -> int:
        """Rows above and below that the first step is given besides a strip's own."""
        return sum(stage.reach or 0 for stage in self.stages)

    @property
    def scratch_bytes(self) -> int:
        """What all threads hold of images between the steps."""
        if self.strips == 1:
            return 0
        rows = -(-self.stages[0].before.shape[0] // self.strips) + 2 * self.overlap
        return 2 * rows * _widest(self.stages) * min(threads(), self.strips)


class ChainStage(NamedTuple):
    """Steps of a chain that are computed as one."""

    steps: tuple[int, ...]
    """Their numbers, from 0; more than one are merged into one convolution."""
    kernel: tuple[int, int] | None
    """Size of the merged kernel; none of a step that is computed as it is."""
    strips: int
    """How many strips of rows go through it and its neighbours one after the other; 1: the whole image."""


class ChainPlan(NamedTuple):
    """What `filter_chain` does for an image of some shape and dtype.

    Attributes
    ----------
    shape, dtype
        Of the result.
    stages
        What is computed, in order.
    scratch_bytes
        Memory of all images between the steps that are held at the same time, besides the chain's own image and result.
    """

    shape: tuple[int, ...]
    dtype: str
    stages: tuple[ChainStage, ...]
    scratch_bytes: int


def chain_plan(
    image_shape: Sequence[int],
    image_dtype: DTypeLike,
    steps: Sequence[Mapping[str, Any]],
    *,
    merge: bool = True,
    strip_rows: int | None = None,
) -> ChainPlan:
    """Say how `filter_chain` computes a chain, from the image's shape and dtype alone; other arguments as there.

    Parameters
    ----------
    image_shape
        (H, W) or (H, W, C).
    image_dtype
        One that `filter_chain` takes.

    Raises
    ------
    InvalidInput
        As `filter_chain`, but for what only pixels show.
    """
    shape = tuple(image_shape)
    if len(shape) not in (2, 3) or min(shape) < 1:
        raise InvalidInput("image_shape", f"must be (H, W) or (H, W, C), all ≥ 1, came as {shape}")
    dtype = np.dtype(choice(np.dtype(image_dtype).name, "image_dtype", PIXEL_DTYPES))
    passes = chain_passes(Form(shape, dtype), chain_steps(steps), merge=merge, strip_rows=strip_rows)
    last = passes[-1].stages[-1].after
    stages = tuple(_shown(stage, one.strips) for one in passes for stage in one.stages)
    return ChainPlan(last.shape, last.dtype.name, stages, _held(passes))


def chain_passes(form: Form, steps: Sequence[Step], *, merge: bool, strip_rows: int | None) -> list[Pass]:
    """Check every step and gather what is computed together.

    Raises
    ------
    InvalidInput
        A step that cannot follow the ones before; `strip_rows` is not a whole number ≥ 1.
    """
    if strip_rows is not None and (int(strip_rows) != strip_rows or strip_rows < 1):
        raise InvalidInput("strip_rows", f"must be a whole number ≥ 1, came as {strip_rows}")
    if merge:
        steps = merged_steps(steps, form)
    passes: list[Pass] = []
    together: list[Stage] = []
    for step in steps:
        after = step.after(form)
        settled = step.settled(form)
        stage = Stage(settled, form, after, settled.reach(form))
        if stage.reach is None:
            passes += [*_passes(together, strip_rows), Pass((stage,), 1)]
            together = []
        else:
            together.append(stage)
        form = after
    return passes + _passes(together, strip_rows)


def _passes(stages: list[Stage], strip_rows: int | None) -> list[Pass]:
    """One pass in strips, or one for each stage where that is not worth it."""
    strips = _strips(stages, strip_rows) if len(stages) > 1 else 1
    return [Pass(tuple(stages), strips)] if strips > 1 else [Pass((stage,), 1) for stage in stages]


def _strips(stages: list[Stage], strip_rows: int | None) -> int:
    height, row_bytes = stages[0].before.shape[0], _widest(stages)
    least = max(1, _OVERLAPS * sum(stage.reach or 0 for stage in stages))
    if strip_rows is not None:
        return max(1, height // strip_rows)
    if height * row_bytes < LARGE_BYTES:
        return 1
    return max(1, height // max(least, STRIP_BYTES // row_bytes))


def _widest(stages: Sequence[Stage]) -> int:
    return max(form.row_bytes for stage in stages for form in (stage.before, stage.after))


def _held(passes: Sequence[Pass]) -> int:
    """The most that one pass holds: what it reads and writes, unless that is the chain's own, and its strips."""
    most = 0
    for number, one in enumerate(passes):
        read = one.stages[0].before.nbytes if number > 0 else 0
        written = one.stages[-1].after.nbytes if number < len(passes) - 1 else 0
        most = max(most, read + written + one.scratch_bytes)
    return most


def _shown(stage: Stage, strips: int) -> ChainStage:
    places = stage.step.places
    height, width = np.shape(stage.step.options["kernel"]) if len(places) > 1 else (0, 0)
    return ChainStage(places, (height, width) if len(places) > 1 else None, strips)
