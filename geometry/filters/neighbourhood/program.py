"""Straight-line programs for the machine: which instruction when, from where to where.

A program is symbolic in the layout of the tile that it will run on: an operand is a row of the table of constants, or
lies in a slot or an image of the tile, so many rows and columns from where the instruction begins.
"""

from typing import NamedTuple

import numpy as np

from geometry.filters.neighbourhood.fields import Fields, Operand, Place
from geometry.filters.neighbourhood.instructions import OPCODES
from geometry.inputs import Array

CONSTANT, SLOT, IMAGE = 1, 2, 3
"""What an operand is a part of; 0: there is none."""

_MOST_LISTED = 100

_COUNTED = {"less": "count_less", "less_equal": "count_less_equal", "equal": "count_equal", "near": "count_near"}
_SELECTED = {"less": "select_less", "less_equal": "select_less_equal", "equal": "select_equal"}
_TRIPLED = {"add": "add3", "minimum": "minimum3", "maximum": "maximum3"}


class Box(NamedTuple):
    """Rows and columns around a pixel at which a value is needed, first and last."""

    top: int
    bottom: int
    left: int
    right: int

    def joined(self, other: "Box | None") -> "Box":
        """The smallest box around both."""
        if other is None:
            return self
        return Box(
            min(self.top, other.top),
            max(self.bottom, other.bottom),
            min(self.left, other.left),
            max(self.right, other.right),
        )

    @property
    def middle(self) -> tuple[int, int]:
        """Row and column in the middle."""
        return (self.top + self.bottom) // 2, (self.left + self.right) // 2

    def moved(self, dy: int, dx: int) -> "Box":
        """The same box, further away."""
        return Box(self.top + dy, self.bottom + dy, self.left + dx, self.right + dx)


class Program(NamedTuple):
    """A compiled expression.

    `code` (n, 20): opcode, slot, rows and columns by which its run is longer than the tile; then for each of four
    operands what it is a part of, the number of that, rows and columns from there. `output` is such an operand.
    """

    code: Array
    constants: Array
    slots: int
    halo: Box
    output: tuple[int, int, int, int]
    listing: tuple[str, ...]

    @property
    def nbytes(self) -> int:
        """Memory that it takes."""
        return self.code.nbytes + self.constants.nbytes + sum(map(len, self.listing))


class _Step:
    """An instruction while the program is put together."""

    def __init__(self, instruction: str, operands: tuple[Operand, ...]) -> None:
        self.instruction, self.operands = instruction, operands


def compiled(fields: Fields, result: Operand) -> Program:
    """The program for one value of the graph: what it does not need is left out, pairs of instructions are fused."""
    steps = _steps(fields, result)
    _fuse(steps)
    for step in steps.values():
        if f"{step.instruction}_ordered" in OPCODES and not any(fields.bounds(o).special for o in step.operands):
            step.instruction = f"{step.instruction}_ordered"
    output = result if isinstance(result, Place) else Place(len(fields.all), 0, 0)
    needed = _needed(steps, output)
    return _allocated(steps, needed, output)


def _steps(fields: Fields, result: Operand) -> dict[int, _Step]:
    """What is needed, by its number, in an order in which it can be computed; images are not steps."""
    if not isinstance(result, Place):
        return {len(fields.all): _Step("move", (result,))}
    waiting, reached = [result.number], {result.number}
    while waiting:
        for operand in fields.all[waiting.pop()].operands:
            if isinstance(operand, Place) and operand.number not in reached:
                reached.add(operand.number)
                waiting.append(operand.number)
    chosen = [(number, fields.all[number]) for number in sorted(reached)]
    return {number: _Step(field.instruction, field.operands) for number, field in chosen if field.image < 0}


def _fuse(steps: dict[int, _Step]) -> None:
    """Let an instruction take over the one that makes an operand, where nothing else needs that."""
    uses: dict[int, int] = {}
    for step in steps.values():
        for operand in step.operands:
            if isinstance(operand, Place):
                uses[operand.number] = uses.get(operand.number, 0) + 1
    for number in list(steps):
        while (taken := _fused(steps, steps[number], uses)) is not None:
            del steps[taken]


def _fused(steps: dict[int, _Step], step: _Step, uses: dict[int, int]) -> int | None:
    """Fuse one pair; the number of the instruction that is no longer needed."""
    for at, operand in enumerate(step.operands):
        if not isinstance(operand, Place) or operand.number not in steps or uses[operand.number] > 1:
            continue
        inner = steps[operand.number]
        others = step.operands[:at] + step.operands[at + 1 :]
        within = tuple(o.moved(operand.dy, operand.dx) if isinstance(o, Place) else o for o in inner.operands)
        joined: tuple[str, tuple[Operand, ...]] | None = None
        match step.instruction, inner.instruction:
            case "add", "multiply":
                joined = "multiply_add", (*within, *others)
            case "add", "less" | "less_equal" | "equal" | "near":
                joined = _COUNTED[inner.instruction], (*others, *within)
            case ("add" | "minimum" | "maximum") as outer, same if outer == same:
                joined = _TRIPLED[outer], (*within, *others)
            case "absolute", "subtract":
                joined = "distance", within
            case "less", "distance" if at == 0:
                joined = "near", (*within, *others)
            case "select", "less" | "less_equal" | "equal" if at == 0:
                joined = _SELECTED[inner.instruction], (*within, *others)
        if joined is not None:
            step.instruction, step.operands = joined
            return operand.number
    return None


def _needed(steps: dict[int, _Step], output: Place) -> dict[int, Box]:
    """Where each value is needed."""
    needed = {output.number: Box(output.dy, output.dy, output.dx, output.dx)}
    for number in reversed(steps):
        for operand in steps[number].operands:
            if isinstance(operand, Place):
                there = needed[number].moved(operand.dy, operand.dx)
                needed[operand.number] = there.joined(needed.get(operand.number))
    return needed


def _allocated(steps: dict[int, _Step], needed: dict[int, Box], output: Place) -> Program:
    """Give every value a slot until its last use."""
    images = {number: box for number, box in needed.items() if number not in steps}
    halo = Box(0, 0, 0, 0) if not images else _joined(list(images.values()))
    last = {o.number: number for number, step in steps.items() for o in step.operands if isinstance(o, Place)}
    last[output.number] = -1
    constants: dict[float, int] = {}
    slots: dict[int, int] = {}
    free: list[int] = []
    count = 0
    rows: list[list[int]] = []
    lines: list[str] = []
    for number, step in steps.items():
        box = needed[number]
        parts: list[tuple[int, int, int, int]] = []
        for operand in step.operands:
            if not isinstance(operand, Place):
                parts.append((CONSTANT, constants.setdefault(operand, len(constants)), 0, 0))
                continue
            origin = needed[operand.number] if operand.number in steps else halo
            away = (box.top + operand.dy - origin.top, box.left + operand.dx - origin.left)
            kind = SLOT if operand.number in steps else IMAGE
            parts.append((kind, slots[operand.number] if kind == SLOT else operand.number, *away))
        dying = {o.number for o in step.operands if isinstance(o, Place) and last[o.number] == number} & slots.keys()
        ready = [slots.pop(one) for one in dying]
        # Where an operand is read exactly as it lies, the result may overwrite it; otherwise it must stay until after.
        over = next((s for s in ready if all(p[2:] == (0, 0) for p in parts if p[:2] == (SLOT, s))), None)
        if over is None and not free:
            free.append(count)
            count += 1
        slots[number] = slot = free.pop() if over is None else over
        free += [s for s in ready if s != over]
        padded = [*parts, *[(0, 0, 0, 0)] * (4 - len(parts))]
        rows.append([OPCODES[step.instruction], slot, box.bottom - box.top, box.right - box.left, *sum(padded, ())])
        if len(lines) < _MOST_LISTED:
            lines.append(_line(step, slot, parts, box, needed))
    if len(steps) > _MOST_LISTED:
        lines.append(f"… {len(steps) - _MOST_LISTED} more")
    if output.number in steps:
        end = (SLOT, slots[output.number], 0, 0)
    else:
        end = (IMAGE, output.number, output.dy - halo.top, output.dx - halo.left)
    return Program(np.array(rows, np.int64).reshape(-1, 20), np.array(list(constants)), count, halo, end, tuple(lines))


def _joined(boxes: list[Box]) -> Box:
    whole = boxes[0]
    for box in boxes[1:]:
        whole = whole.joined(box)
    return whole


def _line(step: _Step, slot: int, parts: list[tuple[int, int, int, int]], box: Box, needed: dict[int, Box]) -> str:
    """An instruction as people read it: what a slot holds counts from the middle of where it is needed."""
    words = []
    for operand, (kind, number, _, _) in zip(step.operands, parts, strict=True):
        if not isinstance(operand, Place):
            words.append(f"{operand:g}")
            continue
        origin = needed[operand.number].middle if kind == SLOT else (0, 0)
        dy, dx = (at + step - zero for at, step, zero in zip(box.middle, operand[1:], origin, strict=True))
        words.append(f"r{number}[{dy}, {dx}]" if kind == SLOT else f"{'wv'[number]}[{dy}, {dx}]")
    rows, columns = box.bottom - box.top + 1, box.right - box.left + 1
    span = "" if rows == columns == 1 else f"  ({rows} × {columns})"
    return f"r{slot} = {step.instruction.removesuffix('_ordered')} {', '.join(words)}{span}"
