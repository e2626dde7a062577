"""Vectors in kernels: innermost loops written lane by lane instead of left to the compiler's judgement.

A function marked `lanes` is a piece of a kernel whose values are vectors of LANES numbers (or single numbers, which are
repeated where they meet a vector). It runs when the kernel is compiled and leaves behind the instructions; Python's
loops in it are unrolled. Without the compiler it runs on numpy arrays and computes the same.

Vectors have numpy's dtypes; operands of one operation have one dtype, to which Python's numbers convert, or are
integers of one size, of which the first says how they are read. Integers wrap around. Every machine that LLVM knows can
be the target.
"""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic
from numba.np.numpy_support import as_dtype

LANES = 16

Operand = Any
"""A vector, a scalar, or a number: in the compiler `Vector`, without it whatever numpy computes with."""

BOOL = np.dtype(np.bool_)
INDEX = ir.IntType(32)


def ir_type(dtype: np.dtype[Any], count: int) -> ir.Type:
    """A vector of the compiler, or a scalar if count is 1."""
    if dtype.kind == "f":
        one = ir.FloatType() if dtype.itemsize == 4 else ir.DoubleType()
    else:
        one = ir.IntType(1 if dtype == BOOL else 8 * dtype.itemsize)
    return one if count == 1 else ir.VectorType(one, count)


class Vector:
    """Numbers of one dtype in a kernel that is being compiled; a scalar has count 1."""

    def __init__(self, builder: Any, value: Any, dtype: np.dtype[Any], count: int) -> None:
        self.builder, self.value, self.dtype, self.count = builder, value, dtype, count

    def like(self, value: Any, dtype: np.dtype[Any] | None = None) -> "Vector":
        """The result of an instruction: as many numbers, of the same dtype if no other is given."""
        return Vector(self.builder, value, self.dtype if dtype is None else dtype, self.count)

    def repeated(self, count: int) -> "Vector":
        """The scalar in every lane."""
        if count == self.count:
            return self
        kind = ir_type(self.dtype, count)
        first = self.builder.insert_element(ir.Constant(kind, ir.Undefined), self.value, ir.Constant(INDEX, 0))
        zeros = ir.Constant(ir.VectorType(INDEX, count), [0] * count)
        spread = self.builder.shuffle_vector(first, ir.Constant(kind, ir.Undefined), zeros)
        return Vector(self.builder, spread, self.dtype, count)

    def constant(self, number: Any) -> "Vector":
        """A number in every lane, of this vector's dtype."""
        kind = ir_type(self.dtype, self.count)
        plain = float(number) if self.dtype.kind == "f" else int(number)
        return self.like(ir.Constant(kind, plain if self.count == 1 else [plain] * self.count))

    def with_(self, other: Operand) -> tuple["Vector", "Vector"]:
        """Both operands with as many lanes."""
        other = other if isinstance(other, Vector) else self.constant(other)
        whole = {self.dtype.kind, other.dtype.kind} <= {"i", "u"} and self.dtype.itemsize == other.dtype.itemsize
        if other.dtype != self.dtype and not whole:
            raise TypeError(f"operands are {self.dtype} and {other.dtype}")
        count = max(self.count, other.count)
        return self.repeated(count), other.repeated(count)

    def _apply(self, other: Operand, real: str, whole: str, *, swapped: bool = False) -> "Vector":
        a, b = self.with_(other)
        a, b = (b, a) if swapped else (a, b)
        return a.like(getattr(self.builder, real if self.dtype.kind == "f" else whole)(a.value, b.value))

    def _compare(self, sign: str, other: Operand) -> "Vector":
        a, b = self.with_(other)
        kind = {"f": "fcmp_ordered", "i": "icmp_signed"}.get(self.dtype.kind, "icmp_unsigned")
        return a.like(getattr(self.builder, kind)(sign, a.value, b.value), BOOL)

    def __add__(self, other: Operand) -> "Vector":
        return self._apply(other, "fadd", "add")

    def __sub__(self, other: Operand) -> "Vector":
        return self._apply(other, "fsub", "sub")

    def __rsub__(self, other: Operand) -> "Vector":
        return self._apply(other, "fsub", "sub", swapped=True)

    def __mul__(self, other: Operand) -> "Vector":
        return self._apply(other, "fmul", "mul")

    def __truediv__(self, other: Operand) -> "Vector":
        return self._apply(other, "fdiv", "fdiv")

    def __rtruediv__(self, other: Operand) -> "Vector":
        return self._apply(other, "fdiv", "fdiv", swapped=True)

    def __and__(self, other: Operand) -> "Vector":
        return self._apply(other, "", "and_")

    def __or__(self, other: Operand) -> "Vector":
        return self._apply(other, "", "or_")

    def __xor__(self, other: Operand) -> "Vector":
        return self._apply(other, "", "xor")

    def __lshift__(self, other: Operand) -> "Vector":
        return self._apply(other, "", "shl")

    def __rshift__(self, other: Operand) -> "Vector":
        return self._apply(other, "", "ashr" if self.dtype.kind == "i" else "lshr")

    def __lt__(self, other: Operand) -> "Vector":
        return self._compare("<", other)

    def __gt__(self, other: Operand) -> "Vector":
        return self._compare(">", other)

    def __le__(self, other: Operand) -> "Vector":
        return self._compare("<=", other)

    def __ge__(self, other: Operand) -> "Vector":
        return self._compare(">=", other)

    def __eq__(self, other: Operand) -> "Vector":  # type: ignore[override]
        return self._compare("==", other)

    __hash__ = None  # type: ignore[assignment]
    __radd__, __rmul__ = __add__, __mul__


class Memory:
    """An array in a kernel that is being compiled."""

    def __init__(self, builder: Any, data: Any, dtype: np.dtype[Any]) -> None:
        self.builder, self.data, self.dtype = builder, data, dtype

    def pointer(self, index: Operand, kind: ir.Type) -> Any:
        plain = index.value if isinstance(index, Vector) else ir.Constant(ir.IntType(64), int(index))
        at = self.builder.gep(self.data, [plain])
        return self.builder.bitcast(at, kind.as_pointer())


def intrinsic_function(builder: Any, kind: ir.FunctionType, name: str) -> Any:
    """A function that LLVM knows by name."""
    return cgutils.get_or_insert_function(builder.module, kind, name)  # type: ignore[no-untyped-call]


def _bytes(array: Any, index: Operand, size: int) -> Any:
    """The memory at an element of a numpy array, as bytes."""
    begin = int(index) * array.itemsize
    return array.reshape(-1).view(np.uint8)[begin : begin + size]


def load(array: Operand, index: Operand, count: int = LANES, dtype: Any = None) -> Operand:
    """`count` numbers from memory at `array[index]` on, read as `dtype` (the array's by default), aligned or not."""
    kind = np.dtype(array.dtype if dtype is None else dtype)
    if isinstance(array, Memory):
        loaded = array.builder.load(array.pointer(index, ir_type(kind, count)))
        loaded.align = min(kind.itemsize, array.dtype.itemsize)
        return Vector(array.builder, loaded, kind, count)
    numbers = _bytes(array, index, count * kind.itemsize).copy().view(kind)
    return numbers if count > 1 else numbers[0]


def store(array: Operand, index: Operand, value: Operand) -> None:
    """Write a vector or a scalar to memory at `array[index]` on."""
    if isinstance(array, Memory):
        stored = array.builder.store(value.value, array.pointer(index, ir_type(value.dtype, value.count)))
        stored.align = min(value.dtype.itemsize, array.dtype.itemsize)
    else:
        numbers = np.atleast_1d(value)
        _bytes(array, index, numbers.nbytes)[:] = numbers.view(np.uint8)


def prefetch(array: Operand, index: Operand, *, write: bool = False) -> None:
    """Ask for the cache line of `array[index]`, to be read or written; it may lie outside."""
    if isinstance(array, Memory):
        at = array.pointer(index, ir.IntType(8))
        flags = [ir.Constant(INDEX, flag) for flag in (int(write), 3, 1)]  # to be kept, data
        kind = ir.FunctionType(ir.VoidType(), [at.type, INDEX, INDEX, INDEX])
        array.builder.call(intrinsic_function(array.builder, kind, "llvm.prefetch.p0"), [at, *flags])


def ramp(start: Operand) -> Operand:
    """start, start + 1, …, one a lane; int32."""
    steps = np.arange(LANES, dtype=np.int32)
    if isinstance(start, Vector):
        first = cast(start, np.int32).repeated(LANES)
        return first + Vector(
            first.builder, ir.Constant(ir_type(first.dtype, LANES), steps.tolist()), first.dtype, LANES
        )
    return np.int32(start) + steps


def cast(value: Operand, dtype: Any) -> Operand:
    """Convert numbers; floats to integers are rounded towards zero and must fit."""
    kind = np.dtype(dtype)
    if not isinstance(value, Vector):
        return np.asarray(value).astype(kind)[()]
    builder, here, there = value.builder, value.dtype, ir_type(kind, value.count)
    if here.kind == "f":
        if kind.kind == "f":
            step = "fptrunc" if kind.itemsize < here.itemsize else "fpext" if kind.itemsize > here.itemsize else None
        else:
            step = "fptosi" if kind.kind == "i" else "fptoui"
    elif kind.kind == "f":
        step = "sitofp" if here.kind == "i" else "uitofp"
    elif kind.itemsize == here.itemsize and here != BOOL:
        step = None
    else:
        grows = "sext" if here.kind == "i" else "zext"
        step = "trunc" if kind.itemsize < here.itemsize else grows
    converted = value.value if step is None else getattr(builder, step)(value.value, there)
    return Vector(builder, converted, kind, value.count)


def reinterpret(value: Operand, dtype: Any) -> Operand:
    """The same bits read as other numbers, more of them or fewer."""
    kind = np.dtype(dtype)
    if not isinstance(value, Vector):
        return value.view(kind)
    count = value.count * value.dtype.itemsize // kind.itemsize
    return Vector(value.builder, value.builder.bitcast(value.value, ir_type(kind, count)), kind, count)


def pick(value: Operand, lanes_: Sequence[int]) -> Operand:
    """Lanes of a vector by their numbers, in that order; a scalar if it is one."""
    if not isinstance(value, Vector):
        return value[list(lanes_)] if len(lanes_) > 1 else value[lanes_[0]]
    if len(lanes_) == 1:
        single = value.builder.extract_element(value.value, ir.Constant(INDEX, lanes_[0]))
        return Vector(value.builder, single, value.dtype, 1)
    order = ir.Constant(ir.VectorType(INDEX, len(lanes_)), list(lanes_))
    undefined = ir.Constant(value.value.type, ir.Undefined)
    picked = value.builder.shuffle_vector(value.value, undefined, order)
    return Vector(value.builder, picked, value.dtype, len(lanes_))


def shuffle(a: Operand, b: Operand, lanes_: Sequence[int]) -> Operand:
    """Lanes of two vectors by their numbers; those of the second count on from the first's."""
    if not isinstance(a, Vector):
        return np.concatenate([a, b])[list(lanes_)]
    order = ir.Constant(ir.VectorType(INDEX, len(lanes_)), list(lanes_))
    return Vector(a.builder, a.builder.shuffle_vector(a.value, b.value, order), a.dtype, len(lanes_))


def interleave(vectors: Sequence[Operand]) -> Operand:
    """The first lanes of all vectors, then the second lanes, and so on; as many vectors as a power of two."""
    first = vectors[0]
    if not isinstance(first, Vector):
        return np.stack(list(vectors), axis=1).reshape(-1)
    joined, lanes_ = list(vectors), first.count
    while len(joined) > 1:
        order = ir.Constant(ir.VectorType(INDEX, 2 * joined[0].count), list(range(2 * joined[0].count)))
        joined = [
            Vector(a.builder, a.builder.shuffle_vector(a.value, b.value, order), a.dtype, 2 * a.count)
            for a, b in zip(joined[::2], joined[1::2], strict=True)
        ]
    return pick(joined[0], [vector * lanes_ + lane for lane in range(lanes_) for vector in range(len(vectors))])


def select(condition: Operand, yes: Operand, no: Operand) -> Operand:
    """One or the other, lane by lane."""
    if not isinstance(condition, Vector):
        return np.where(condition, yes, no)
    a, b = yes.with_(no) if isinstance(yes, Vector) else no.with_(yes)[::-1]
    a, b = a.repeated(condition.count), b.repeated(condition.count)
    return a.like(condition.builder.select(condition.value, a.value, b.value))


def type_suffix(dtype: np.dtype[Any], count: int) -> str:
    """How LLVM abbreviates a type."""
    one = f"{'f' if dtype.kind == 'f' else 'i'}{8 * dtype.itemsize}"
    return one if count == 1 else f"v{count}{one}"


def _call(name: str, *operands: Vector) -> Vector:
    builder, kind = operands[0].builder, operands[0].value.type
    name = f"llvm.{name}.{type_suffix(operands[0].dtype, operands[0].count)}"
    function = intrinsic_function(builder, ir.FunctionType(kind, [kind] * len(operands)), name)
    return operands[0].like(builder.call(function, [operand.value for operand in operands]))


def across(operation: str, value: Operand) -> Operand:
    """The least or greatest of the lanes of whole numbers, or their sum: "min", "max", "add"."""
    if not isinstance(value, Vector):
        return getattr(value, {"add": "sum"}.get(operation, operation))().astype(value.dtype)
    sign = "" if operation == "add" else "s" if value.dtype.kind == "i" else "u"
    name = f"llvm.vector.reduce.{sign}{operation}.{type_suffix(value.dtype, value.count)}"
    kind = ir.FunctionType(ir_type(value.dtype, 1), [value.value.type])
    function = intrinsic_function(value.builder, kind, name)
    return Vector(value.builder, value.builder.call(function, [value.value]), value.dtype, 1)


def floor(value: Operand) -> Operand:
    """The greatest whole number not above, as a float."""
    return _call("floor", value) if isinstance(value, Vector) else np.floor(value)


def nearest_whole(value: Operand) -> Operand:
    """The nearest whole number, of two the even one, as a float."""
    return _call("rint", value) if isinstance(value, Vector) else np.rint(value)


def square_root(value: Operand) -> Operand:
    """The square root; NaN of what is below 0."""
    return _call("sqrt", value) if isinstance(value, Vector) else np.sqrt(value)


def multiply_add(a: Operand, b: Operand, c: Operand) -> Operand:
    """A b + c, in one rounding where the machine can."""
    compiled = [operand for operand in (a, b, c) if isinstance(operand, Vector)]
    if not compiled:
        return a * b + c
    widest = max(compiled, key=lambda operand: operand.count)
    return _call("fmuladd", *(widest.with_(operand)[1] for operand in (a, b, c)))


def _operand(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    if isinstance(kind, types.Array):
        data = cgutils.create_struct_proxy(kind)(context, builder, value=value).data  # type: ignore[no-untyped-call]
        return Memory(builder, data, np.dtype(as_dtype(kind.dtype)))
    return Vector(builder, value, np.dtype(as_dtype(kind)), 1)


def lanes(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function on vectors callable from kernels.

    Parameters
    ----------
    function
        Takes arrays and scalars, reads with `load`, writes with `store`; returns nothing, or one uint32 (its
        annotation says so).
    """
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        return np.errstate(all="ignore")(function)  # as in compiled code
    silent = inspect.signature(function).return_annotation in (None, inspect.Signature.empty)

    def typed(typing_context: Any, *arguments: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            answer = function(
                *(_operand(context, builder, kind, value) for kind, value in zip(arguments, values, strict=True))
            )
            return context.get_dummy_value() if silent else answer.value

        return (types.void if silent else types.uint32)(*arguments), generate

    parameters = inspect.signature(function).parameters.values()
    context = inspect.Parameter("typing_context", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    typed.__signature__ = inspect.Signature([context, *parameters])  # type: ignore[attr-defined]
    typed.__name__ = typed.__qualname__ = function.__name__
    compiled: Callable[..., None] = intrinsic(typed)
    compiled.py_func = function  # type: ignore[attr-defined]
    return compiled
