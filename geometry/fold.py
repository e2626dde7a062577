"""Loops of pieces that are written as vectors: what goes from round to round stays in registers."""

from collections.abc import Callable, Sequence

from llvmlite import ir

from geometry.lanes import Operand, Vector

Round = Callable[[Operand, list[Operand]], list[Operand]]


def fold(count: Operand, values: Sequence[Operand], body: Round) -> list[Operand]:
    """What `values` have become after `values = body(number, values)` for number = 0, 1, … below `count`.

    For use in functions marked `lanes`; `body` is one, too, and returns as many values of the same types.
    """
    if not isinstance(count, Vector):
        kept = list(values)
        for number in range(count):
            kept = body(number, kept)
        return kept
    builder, kind, before = count.builder, count.value.type, count.builder.block
    inside, after = builder.append_basic_block("round"), builder.append_basic_block("folded")
    builder.cbranch(builder.icmp_signed(">", count.value, ir.Constant(kind, 0)), inside, after)
    builder.position_at_end(inside)
    number = builder.phi(kind)
    carried = [builder.phi(value.value.type) for value in values]
    results = body(count.like(number), [value.like(phi) for value, phi in zip(values, carried, strict=True)])
    following, end = builder.add(number, ir.Constant(kind, 1)), builder.block
    builder.cbranch(builder.icmp_signed("<", following, count.value), inside, after)
    number.add_incoming(ir.Constant(kind, 0), before)
    number.add_incoming(following, end)
    builder.position_at_end(after)
    folded = [builder.phi(value.value.type) for value in values]
    for value, phi, result, final in zip(values, carried, results, folded, strict=True):
        for place in (phi, final):
            place.add_incoming(value.value, before)
            place.add_incoming(result.value, end)
    return [value.like(final) for value, final in zip(values, folded, strict=True)]
