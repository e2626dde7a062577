"""Einstein summation with a known cost: cheapest order, bounded intermediates, exact integers."""

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import ArrayLike

from geometry.arrays.expression import OPERANDS, Expression, letter_sizes, parse_expression
from geometry.arrays.pair import multiply_pair
from geometry.arrays.path import Step, Way, find_path, path_steps, trilinear_roles
from geometry.arrays.trilinear import trilinear
from geometry.bands import threads
from geometry.errors import Degenerate, InvalidInput
from geometry.inputs import Array, choice

OUTPUT_DTYPES = ("same", "float32", "float64")
_LIMIT = 4 << 30
_PACKING = 48 << 20
_EXACT = 2**53
_LARGEST = 2**63


class ContractionPlan(NamedTuple):
    """What a contraction will do and take, from shapes alone."""

    steps: tuple[str, ...]
    """Products in their order, each as an expression; empty for one operand."""
    shape: tuple[int, ...]
    """Of the result."""
    dtype: str
    """Of the result."""
    flops: float
    """Multiplications and additions."""
    scratch: int
    """Bytes held besides operands and result, at most."""


class _Work(NamedTuple):
    expression: Expression
    sizes: dict[str, int]
    dtype: np.dtype[np.generic]
    way: Way
    steps: list[Step]


def contraction_plan(
    expression: str,
    shapes: Sequence[tuple[int, ...]],
    dtypes: Sequence[np.dtype[np.generic] | str],
    *,
    output_dtype: str = "same",
    memory_limit: int = _LIMIT,
) -> ContractionPlan:
    """Say what `contract` will do for operands of these shapes and dtypes, and what it takes.

    Raises
    ------
    InvalidInput
        As `contract`.
    """
    work = _plan(expression, shapes, [np.dtype(dtype) for dtype in dtypes], output_dtype, memory_limit)

    def count(letters: str) -> int:
        return prod(work.sizes[letter] for letter in letters)

    shape = tuple(work.sizes[letter] for letter in work.expression.output)
    whole = work.dtype.kind == "i"
    packing = _PACKING * threads() if any(len(step.operands) == 3 for step in work.steps) else 0
    if not whole and len(work.steps) == 1 and packing:
        operands = sum(map(count, work.steps[0].letters)) if _joins_letters(work.steps[0]) else 0
        held = prod(shape) * (1 + _turned(work)) + operands
        packing += threads() * 64 * 8 * max(map(count, work.expression.output))
    else:
        held = 2 * prod(shape) + sum(map(count, work.expression.operands))
        held += sum(sum(map(count, step.letters)) + count(step.output) for step in work.steps)
    flops = work.way.flops * (8 if whole else 1)
    scratch = held * (16 if whole else 8) + packing
    return ContractionPlan(tuple(map(str, work.steps)), shape, work.dtype.name, flops, scratch)


def contract(expression: str, *operands: ArrayLike, output_dtype: str = "same", memory_limit: int = _LIMIT) -> Array:
    """Multiply arrays and sum over the letters that the result does not have.

    `contract("ij,jk->ik", a, b)[i, k] = Σ_j a[i, j] b[j, k]`

    Parameters
    ----------
    expression
        A letter for each axis, operands between commas, the result's letters behind `->`. A letter twice in one operand
        takes its diagonal. Without the arrow: the letters that occur once, in alphabetical order.
    operands
        One to six arrays of real numbers, finite. In errors their names are a, b, c, d, e, f.
    output_dtype
        `"same"`: float32 where numpy's promotion of the operands gives it, int64 where all are whole (bool included),
        float64 otherwise. Products and sums are made in that dtype; whole ones are exact. `"float32"`, `"float64"`:
        computed in that.
    memory_limit
        Bytes that the result, and any intermediate array, may take.

    Returns
    -------
    Array
        Axes as behind the arrow; C-contiguous.

    Raises
    ------
    InvalidInput
        The expression cannot be read or does not fit the operands; an operand is not finite or not real; every order of
        products needs more than `memory_limit`, of which the figure is told.
    Degenerate
        `overflow`: sums of magnitudes exceed int64, or the result exceeds the floats.

    Notes
    -----
    The order of products is the cheapest of all, intermediates counted. Three operands that are summed over letters of
    all three (`im,jm,km->ijk`) are multiplied at once, without the product of two of them; where they hold the same
    numbers, what follows by symmetry is not computed.
    """
    arrays = [_operand(operand, name) for operand, name in zip(operands, OPERANDS, strict=False)]
    if len(operands) > len(OPERANDS):
        raise InvalidInput("expression", f"has {len(operands)} operands, {len(OPERANDS)} are the most")
    work = _plan(expression, [a.shape for a in arrays], [a.dtype for a in arrays], output_dtype, memory_limit)
    if work.dtype.kind == "i":
        return _contract_whole(work, arrays)
    result = _run(work, arrays, work.dtype)
    if not np.isfinite(result).all():
        for array, name in zip(arrays, OPERANDS, strict=False):
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                place = np.argwhere(~np.isfinite(array))[0]
                raise InvalidInput("/".join([name, *map(str, place)]), "must be a finite number")
        raise Degenerate("overflow", f"the result exceeds the range of {work.dtype}")
    return result


def _operand(value: ArrayLike, name: str) -> Array:
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise InvalidInput(name, f"is not a rectangular array: {error}") from None
    if array.dtype.kind not in "biuf":
        raise InvalidInput(name, f"must hold real numbers, came as {array.dtype}")
    return array


def _plan(
    text: str,
    shapes: Sequence[tuple[int, ...]],
    dtypes: Sequence[np.dtype[np.generic]],
    output_dtype: str,
    memory_limit: int,
) -> _Work:
    expression = parse_expression(text, len(shapes))
    sizes = letter_sizes(expression, shapes)
    if choice(output_dtype, "output_dtype", OUTPUT_DTYPES) != "same":
        dtype = np.dtype(output_dtype)
    elif all(kind.kind in "biu" for kind in dtypes):
        dtype = np.dtype(np.int64)
    else:
        dtype = np.dtype(np.float64 if np.result_type(*dtypes).itemsize > 4 else np.float32)
    nbytes = prod(sizes[letter] for letter in expression.output) * dtype.itemsize
    if nbytes > memory_limit:
        raise InvalidInput("expression", f"gives a result of {nbytes} bytes, more than the {memory_limit} allowed")
    way = find_path(expression.operands, expression.output, sizes, memory_limit / dtype.itemsize)
    if way is None:
        cheapest = find_path(expression.operands, expression.output, sizes, float("inf"))
        needed = 0 if cheapest is None else cheapest.largest * dtype.itemsize
        raise InvalidInput(
            "expression",
            f"the cheapest order of products has an intermediate array of {needed} bytes, and no order keeps to the "
            f"{memory_limit} allowed",
        )
    return _Work(expression, sizes, dtype, way, path_steps(way, len(shapes)))


def _turned(work: _Work) -> bool:
    """Whether the result of a single product of three has to be copied into its order."""
    (step,) = work.steps
    roles = trilinear_roles(step.letters, step.output)
    return roles is None or "".join(_in_order(roles, work.expression.output)[:3]) != work.expression.output


def _joins_letters(step: Step) -> bool:
    """Whether several letters make up the rows or columns of a matrix, which may then have to be copied."""
    return max(map(len, step.letters)) > 2


def _in_order(roles: tuple[str, str, str, str], output: str) -> tuple[str, str, str, str]:
    """The roles a, b and c as the result has them."""
    a, b, c = sorted(roles[:3], key=lambda letters: min(output.index(letter) for letter in letters))
    return a, b, c, roles[3]


def _contract_whole(work: _Work, arrays: list[Array]) -> Array:
    """Whole numbers: as floats where all sums are exact in them, else in int64 where no sum can exceed it."""
    maxima = []
    for array, name in zip(arrays, OPERANDS, strict=False):
        largest = max(int(array.max()), -int(array.min())) if array.size else 0
        if array.dtype == np.uint64 and largest >= _LARGEST:
            raise InvalidInput(name, "holds whole numbers beyond int64")
        maxima.append(max(1, largest))
    summed = set("".join(work.expression.operands)) - set(work.expression.output)
    bound = prod(maxima) * prod(work.sizes[letter] for letter in summed)
    if bound < _EXACT:
        return _run(work, arrays, np.dtype(np.float64)).astype(np.int64)
    if bound >= _LARGEST:
        magnitudes = _run(work, [np.abs(array.astype(np.float64)) for array in arrays], np.dtype(np.float64))
        reached = float(magnitudes.max()) if magnitudes.size else 0.0
        if reached > _LARGEST * (1 - 2.0**-20):  # far more than the rounding of sums of positive terms
            raise Degenerate(
                "overflow", f"magnitudes add up to {reached:.3g}, beyond int64; output_dtype float64 holds that"
            )
    return _run(work, arrays, work.dtype)


def _run(work: _Work, arrays: list[Array], dtype: np.dtype[np.generic]) -> Array:
    operands = [
        _reduced(array, letters, "".join(dict.fromkeys(letters)), _kept(work.way, number), dtype)
        for number, (array, letters) in enumerate(zip(arrays, work.expression.operands, strict=True))
    ]
    names = [_kept(work.way, number) for number in range(len(arrays))]
    with np.errstate(all="ignore"):
        for step in work.steps:
            parts = [operands[number] for number in step.operands]
            output = work.expression.output if step is work.steps[-1] else step.output
            if len(parts) == 2:
                operands.append(multiply_pair(parts[0], parts[1], (step.letters[0], step.letters[1]), output, dtype))
            else:
                operands.append(_triple(parts, step, output, dtype))
            names.append(output)
    final = operands[-1].transpose([names[-1].index(letter) for letter in work.expression.output])
    return np.ascontiguousarray(final, dtype).reshape(final.shape)


def _kept(way: Way, number: int) -> str:
    """Letters of an operand after what it alone has was summed."""
    if isinstance(way.tree, int):
        return way.letters if way.tree == number else ""
    return "".join(_kept(part, number) for part in way.tree)


def _reduced(array: Array, letters: str, distinct: str, kept: str, dtype: np.dtype[np.generic]) -> Array:
    """Diagonals where a letter is repeated, then sums over letters that nothing else has."""
    if distinct != letters:
        strides = [
            sum(step for own, step in zip(letters, array.strides, strict=True) if own == letter) for letter in distinct
        ]
        lengths = [array.shape[letters.index(letter)] for letter in distinct]
        array = as_strided(array, lengths, strides, writeable=False)
    alone = tuple(axis for axis, letter in enumerate(distinct) if letter not in kept)
    if alone:
        with np.errstate(all="ignore"):
            array = np.asarray(array.sum(axis=alone, dtype=dtype))
    left = [letter for letter in distinct if letter in kept]
    return array.transpose([left.index(letter) for letter in kept])


def _triple(parts: list[Array], step: Step, output: str, dtype: np.dtype[np.generic]) -> Array:
    found = trilinear_roles(step.letters, step.output)
    assert found is not None
    roles = _in_order(found, output)
    lengths = {
        letter: n
        for part, own in zip(parts, step.letters, strict=True)
        for letter, n in zip(own, part.shape, strict=True)
    }
    matrices = []
    for role in roles[:3]:
        at = found.index(role)
        arranged = parts[at].transpose([step.letters[at].index(letter) for letter in role + roles[3]])
        matrices.append(arranged.reshape(prod(lengths[letter] for letter in role), -1))
    a, b, c = matrices
    if dtype.kind == "f":
        product = trilinear(a, b, c, dtype)
    else:
        product = np.empty((a.shape[0], b.shape[0], c.shape[0]), dtype)
        for i, row in enumerate(a):
            product[i] = multiply_pair(b.astype(dtype) * row.astype(dtype), c, ("jm", "km"), "jk", dtype)
    together = "".join(roles[:3])
    return product.reshape([lengths[letter] for letter in together]).transpose(
        [together.index(letter) for letter in output]
    )
