"""How kernels are declared, compiled ahead of time and counted.

A kernel checks nothing, raises nothing and writes into its outputs; the wrapper below it in the same file checks,
converts and allocates. A kernel names every signature that its wrapper can produce; `warm_up` compiles (or loads) all
of them and then closes the door, so that a running service can never stall on the compiler.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import numba
import numpy as np
from llvmlite.binding import parse_assembly
from numba.core import event
from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile
from numba.core.compiler import Compiler
from numba.core.compiler_lock import global_compiler_lock

Function = Callable[..., Any]
"""Kernels carry no annotations: their types are the signatures declared for the compiler."""

FASTMATH = frozenset({"contract", "reassoc", "nsz", "arcp"})
"""What may be relaxed in sums: order and contraction, never NaN and infinity."""

CONTRACT = frozenset({"contract"})
"""Multiply and add in one rounding, in the order written."""


@dataclass
class DeclaredKernel:
    """A compiled function and the signatures it serves; once closed, no others."""

    dispatcher: Any
    signatures: tuple[str, ...]
    closed: bool = False

    def close(self) -> None:
        """Compile or load every signature, and refuse to compile any other."""
        if self.closed:
            return
        for signature in self.signatures:
            self.dispatcher.compile(signature)
        self.dispatcher.disable_compile()
        self.closed = True


@dataclass
class _Counter(event.Listener):
    """Counts what the compiler did since the process started."""

    compilations: int = 0
    names: list[str] = field(default_factory=list)

    def on_start(self, event: Any) -> None:
        self.compilations += 1
        self.names.append(event.data["dispatcher"].py_func.__qualname__)

    def on_end(self, event: Any) -> None:
        pass


_declared: list[DeclaredKernel] = []
_warming = threading.Lock()
_counter = _Counter()
event.register("numba:compile", _counter)  # type: ignore[no-untyped-call]


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _borrowed(function: Any, files: set[str], constants: dict[str, str]) -> None:
    """Collect the files of this package whose functions are compiled into a function, and the constants it uses."""
    files.add(function.__code__.co_filename)
    for name in _names(function.__code__):
        value = function.__globals__.get(name)
        called = getattr(value, "py_func", value)
        if isinstance(called, FunctionType) and called.__module__.split(".")[0] == __name__.split(".")[0]:
            known = f"{called.__module__}.{called.__qualname__}"
            if known not in constants:
                constants[known] = ""
                _borrowed(called, files, constants)
        elif isinstance(value, int | float | str | tuple | frozenset | np.generic):
            constants[f"{function.__module__}.{name}"] = repr(value)


@cache
def _content(file: str) -> str:
    """What stands for a source file: times change when a tree is copied or packed into an image."""
    return sha256(Path(file).read_bytes()).hexdigest()


class _Cache(FunctionCache):
    """Numba's cache on disk, which notices changes in every file that a kernel is made from, not only its own."""

    def __init__(self, function: Function) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        files: set[str] = set()
        constants: dict[str, str] = {}
        _borrowed(function, files, constants)
        stamp = [_content(file) for file in sorted(files)], sorted(constants.items())
        self._cache_file = IndexDataCacheFile(  # type: ignore[no-untyped-call]
            cache_path=self._cache_path, filename_base=self._impl.filename_base, source_stamp=stamp
        )

    def entries(self) -> int:
        """How many signatures are stored, for whatever processor."""
        return len(self._cache_file._load_index())  # type: ignore[no-untyped-call]  # noqa: SLF001


class _MachineCode(CompileResultCacheImpl):
    """What is stored of a kernel: its machine code, without the bitcode that other functions would be linked with.

    Nothing but Python calls a kernel. Reading the bitcode is most of the time that loading takes. Numba looks for the
    names of entry points in it, so that these stay.
    """

    def reduce(self, cres: Any) -> Any:
        (name, kind, (machine_code, _bitcode)), *others = super().reduce(cres)  # type: ignore[no-untyped-call]
        described = cres.fndesc
        entries = (described.llvm_func_name, described.llvm_cpython_wrapper_name)
        text = "\n".join(f'define void @"{entry}"() {{ ret void }}' for entry in entries)
        return (name, kind, (machine_code, bytes(parse_assembly(text).as_bitcode()))), *others


class _KernelCache(_Cache):
    """The cache of a kernel, which no other function calls."""

    _impl_class = _MachineCode  # type: ignore[assignment]  # declared as None


class _Packing(Compiler):
    """Numba's compiler with a pass switched on that it leaves off by default; the switch is global, hence the lock."""

    def compile_extra(self, func: Any) -> Any:
        config: Any = numba.config
        with global_compiler_lock:
            before, config.SLP_VECTORIZE = config.SLP_VECTORIZE, 1
            try:
                return super().compile_extra(func)  # type: ignore[no-untyped-call]
            finally:
                config.SLP_VECTORIZE = before


def kernel(
    *signatures: str, types: Sequence[str] = (), fastmath: bool = False, packed: bool = False
) -> Callable[[Function], Function]:
    """Declare a kernel with the signatures that its wrapper calls.

    Parameters
    ----------
    signatures
        Numba signature strings, such as `"void(f4[:,:,::1], f8[:,::1], i8, i8)"`. `{T}` stands for each of `types`.
    types
        Numba element type names that replace `{T}`: `("u1", "f4")`.
    fastmath
        Allow the reorderings in `FASTMATH`.
    packed
        Join like operations on neighbouring elements outside of loops into vectors, too.
    """

    def declare(function: Function) -> Function:
        compiled = _compiled(function, fastmath, packed=packed, cached=_KernelCache)
        expanded = tuple(s.replace("{T}", t) for s in signatures for t in (types if "{T}" in s else ("",)))
        if hasattr(compiled, "compile"):
            _declared.append(DeclaredKernel(compiled, expanded))
        return compiled

    return declare


def inline(function: Function, *, fastmath: bool | frozenset[str] = False) -> Function:
    """Compile a function that only kernels call; it becomes a part of them, at every place that calls it."""
    return _compiled(function, fastmath, forceinline=True)


def routine(function: Function) -> Function:
    """Compile a function that only kernels call, rarely: it stays apart, which keeps them small."""
    return _compiled(function, fastmath=False)


def _compiled(
    function: Function,
    fastmath: bool | frozenset[str],
    *,
    packed: bool = False,
    forceinline: bool = False,
    cached: type[_Cache] = _Cache,
) -> Function:
    allowed = FASTMATH if fastmath is True else fastmath
    njit: Any = numba.njit  # its stubs do not know every option
    compiled = njit(
        nogil=True,
        error_model="numpy",
        boundscheck=False,
        fastmath=set(allowed) if allowed else False,
        pipeline_class=_Packing if packed else Compiler,
        forceinline=forceinline,
        no_cfunc_wrapper=True,
    )(function)
    if hasattr(compiled, "compile"):
        compiled._cache = cached(function)  # noqa: SLF001  # numba has no other place for a cache of one's own
    return compiled  # type: ignore[no-any-return]


@dataclass(frozen=True)
class WarmUp:
    """What `warm_up` did: number of signatures, how many of them the compiler had to make, seconds."""

    signatures: int
    compiled: int
    seconds: float


def compilations() -> int:
    """How often the compiler ran in this process; loading from the cache does not count."""
    return _counter.compilations


def compiled_names() -> tuple[str, ...]:
    """Names of the functions that the compiler made in this process, in order."""
    return tuple(_counter.names)


def kernels_to_compile() -> list[int]:
    """Numbers of the kernels that the cache does not seem to hold, those with the most signatures first."""
    caches = [declared.dispatcher._cache for declared in _declared]  # noqa: SLF001
    absent = [
        number
        for number, (declared, cache) in enumerate(zip(_declared, caches, strict=True))
        if cache.entries() < len(declared.signatures)
    ]
    return sorted(absent, key=lambda number: -len(_declared[number].signatures))


def compile_kernel(number: int) -> None:
    """Compile one kernel into the cache, for another process to load."""
    _declared[number].close()


def warm_up(progress: Callable[[str], None] | None = None) -> WarmUp:
    """Compile every declared signature, or load it from the cache, and refuse any other from then on."""
    started, before = time.perf_counter(), _counter.compilations
    with _warming:
        for declared in _declared:
            if progress is not None:
                progress(declared.dispatcher.py_func.__qualname__)
            declared.close()
    signatures = sum(len(declared.signatures) for declared in _declared)
    return WarmUp(signatures, _counter.compilations - before, time.perf_counter() - started)
