"""The order in which the operands of a contraction are multiplied: the cheapest, by exhaustive search."""

from collections.abc import Iterator, Mapping
from functools import cache
from math import prod
from typing import NamedTuple

from geometry.arrays.trilinear import MOST_ROWS

_TRAFFIC = 64
_FEW = 2**15


class Step(NamedTuple):
    """Multiply two or three operands, given by their numbers; the result is the next operand."""

    operands: tuple[int, ...]
    letters: tuple[str, ...]
    output: str

    def __str__(self) -> str:
        return f"{','.join(self.letters)}->{self.output}"


class Way(NamedTuple):
    """How to reduce a subset of the operands to one array."""

    price: float
    flops: float
    largest: int
    tree: tuple["Way", ...] | int
    letters: str


def find_path(operands: tuple[str, ...], output: str, sizes: Mapping[str, int], most: float) -> Way | None:
    """The cheapest way to multiply all operands whose intermediate arrays have at most `most` elements each.

    The price is the arithmetic, and the traffic of intermediates as arithmetic that could be done meanwhile. All orders
    of pairs are looked at, and products of three that share the letters they are summed over (see `trilinear`).
    """
    full = (1 << len(operands)) - 1

    def count(letters: set[str] | str) -> int:
        return prod(sizes[letter] for letter in letters)

    @cache
    def kept(subset: int) -> str:
        """Letters of a subset's product that something outside still needs."""
        outside = set(output).union(*(operands[n] for n in range(len(operands)) if not subset >> n & 1))
        inside = [letter for n in range(len(operands)) if subset >> n & 1 for letter in operands[n]]
        return "".join(dict.fromkeys(letter for letter in inside if letter in outside))

    @cache
    def best(subset: int) -> Way | None:
        letters = kept(subset)
        if subset.bit_count() == 1:
            n = subset.bit_length() - 1
            return Way(0.0, float(count(set(operands[n]))), 0, n, letters)
        size = 0 if subset == full else count(letters)
        if size > most:
            return None
        found = None
        for parts in (*_splits(subset, 2), *_splits(subset, 3)):
            ways = [best(part) for part in parts]
            whole = [way for way in ways if way is not None]
            if len(whole) < len(ways):
                continue
            joined = set().union(*(way.letters for way in whole))
            flops = 2.0 * count(joined)
            if len(parts) == 3:
                roles = trilinear_roles(tuple(way.letters for way in whole), letters)
                if roles is None:
                    continue
                rows = [count(role) for role in roles[:3]]
                if sum(rows) > MOST_ROWS or rows[0] * rows[1] * count(roles[3]) < _FEW:
                    continue
            price = flops + _TRAFFIC * size + sum(way.price for way in whole)
            if found is None or price < found.price:
                largest = max(size, *(way.largest for way in whole))
                found = Way(price, flops + sum(way.flops for way in whole), largest, tuple(whole), letters)
        return found

    return best(full)


def trilinear_roles(letters: tuple[str, ...], output: str) -> tuple[str, str, str, str] | None:
    """Letters that only a, only b and only c have, and those that all three share and the result does not have; None
    where there are others. In the result's order, where it has one.
    """
    shared = set(letters[0]) & set(letters[1]) & set(letters[2])
    alone = ["".join(letter for letter in own if letter not in shared) for own in letters]
    if not shared or shared & set(output) or not all(alone) or len(set("".join(alone))) < len("".join(alone)):
        return None
    if not set("".join(alone)) <= set(output):
        return None
    together = "".join(letter for letter in letters[0] if letter in shared)
    return alone[0], alone[1], alone[2], together


def path_steps(way: Way, count: int) -> list[Step]:
    """The products of a way over `count` operands, in an order in which what they need exists."""
    following = count
    steps: list[Step] = []

    def walk(node: Way) -> int:
        nonlocal following
        if isinstance(node.tree, int):
            return node.tree
        numbers = tuple(walk(part) for part in node.tree)
        steps.append(Step(numbers, tuple(part.letters for part in node.tree), node.letters))
        following += 1
        return following - 1

    walk(way)
    return steps


def _splits(subset: int, parts: int) -> Iterator[tuple[int, ...]]:
    """All ways to split a set, as bits, into that many; each way once."""
    first = subset & -subset
    rest = subset ^ first
    some = rest
    while some:
        some = (some - 1) & rest
        other = rest ^ some
        if other == 0:
            continue
        if parts == 2:
            yield first | some, other
        else:
            yield from ((first | some, *pair) for pair in _splits(other, 2))
        if some == 0:
            break
