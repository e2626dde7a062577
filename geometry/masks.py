"""Chosen lanes: memory read and written in some of them only, and masks as numbers that a loop can go through."""

import numpy as np
from llvmlite import ir

from geometry.lanes import (
    BOOL,
    INDEX,
    LANES,
    Memory,
    Operand,
    Vector,
    intrinsic_function,
    ir_type,
    type_suffix,
)


def load_where(mask: Operand, array: Operand, index: Operand, otherwise: Operand) -> Operand:
    """`load`, but only the lanes of a mask; the others need not lie in the array."""
    if not isinstance(array, Memory):
        numbers = otherwise.copy()
        numbers[mask] = array.reshape(-1)[int(index) + np.flatnonzero(mask)]
        return numbers
    kind = ir_type(array.dtype, mask.count)
    name, pointer = f"llvm.masked.load.{type_suffix(array.dtype, mask.count)}.p0", array.pointer(index, kind)
    function = intrinsic_function(
        array.builder, ir.FunctionType(kind, [pointer.type, INDEX, mask.value.type, kind]), name
    )
    operands = [pointer, ir.Constant(INDEX, array.dtype.itemsize), mask.value, otherwise.value]
    return Vector(array.builder, array.builder.call(function, operands), array.dtype, mask.count)


def store_where(mask: Operand, array: Operand, index: Operand, value: Operand) -> None:
    """`store`, but only the lanes of a mask; the others need not lie in the array."""
    if not isinstance(array, Memory):
        array.reshape(-1)[int(index) + np.flatnonzero(mask)] = value[mask]
        return
    pointer = array.pointer(index, value.value.type)
    kind = ir.FunctionType(ir.VoidType(), [value.value.type, pointer.type, INDEX, mask.value.type])
    function = intrinsic_function(array.builder, kind, f"llvm.masked.store.{type_suffix(value.dtype, mask.count)}.p0")
    operands = [value.value, pointer, ir.Constant(INDEX, array.dtype.itemsize), mask.value]
    array.builder.call(function, operands)


def mask_bits(mask: Operand) -> Operand:
    """A mask as a number, uint32, whose lowest bit is the first lane."""
    if not isinstance(mask, Vector):
        return np.uint32(sum(1 << lane for lane in np.flatnonzero(mask)))
    bits = mask.builder.bitcast(mask.value, ir.IntType(mask.count))
    return Vector(mask.builder, mask.builder.zext(bits, ir.IntType(32)), np.dtype(np.uint32), 1)


def mask_of(bits: Operand) -> Operand:
    """The mask of LANES lanes whose number this is."""
    if not isinstance(bits, Vector):
        return (int(bits) >> np.arange(LANES) & 1).astype(np.bool_)
    narrow = bits.builder.trunc(bits.value, ir.IntType(LANES))
    return Vector(bits.builder, bits.builder.bitcast(narrow, ir_type(BOOL, LANES)), BOOL, LANES)


def first_lane(bits: Operand) -> Operand:
    """The lowest bit that is set in a number that is not 0; int32."""
    if not isinstance(bits, Vector):
        return np.int32((int(bits) & -int(bits)).bit_length() - 1)
    return Vector(bits.builder, bits.builder.cttz(bits.value, ir.Constant(ir.IntType(1), 1)), np.dtype(np.int32), 1)
