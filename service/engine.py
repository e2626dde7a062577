"""The part of a process that computes: admission, worker threads, stores, warm-up."""

import asyncio
import contextvars
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import structlog

from geometry.bands import interruptible, use_threads
from geometry.kernel import WarmUp
from geometry.memory import use_spare_bytes
from service.admission import Admission, Lease
from service.arrays.pending import ArrayStream, PendingArray
from service.arrays.reference import Attachment, References
from service.assets import AssetStore
from service.errors import Overloaded
from service.execution import Call, compute, price, validate
from service.jobs.jobs import Jobs
from service.kernels import load_kernels
from service.keys import KeyRing
from service.media.answer import Answer, choose_form, encode, raw_bytes
from service.media.exercise import exercise_codecs
from service.metrics import Metrics
from service.operation import Operation
from service.roots import Roots
from service.settings import Settings
from service.stop import Stop

T = TypeVar("T")

_EXPIRY_SECONDS = 3600.0
_VALIDATORS = 4
PARSED_JSON = 32  # bytes of Python objects that a byte of JSON can become, as in [{},{},{}]
_log = structlog.get_logger()


@dataclass(frozen=True)
class Request:
    """What a face hands over: the operation, where its parameters are, and which forms of answer are welcome.

    `body_bytes` is what the face holds in memory for it; `json_bytes` of them are to be parsed.
    `weighed` are the forms that wildcards among `accepted` do not stand for.
    """

    operation: Operation[Any, Any]
    document: Callable[[], Mapping[str, Any]]
    attachments: Mapping[str, Attachment | PendingArray]
    accepted: Sequence[str]
    array: str | None
    owner: str
    body_bytes: int = 0
    json_bytes: int = 0
    weighed: Collection[str] = ()


@dataclass
class Answering:
    """An answer and the resources that it holds until `close`."""

    answer: Answer
    lease: Lease
    engine: "Engine"
    stop: Stop

    async def chunks(self) -> AsyncIterator[bytes | memoryview]:
        """The answer's bytes; blocks of a streamed array are computed one at a time, each in a compute slot."""
        for part in self.answer.parts:
            if not isinstance(part, ArrayStream):
                yield part
                continue
            blocks = part.blocks()
            while True:
                await self.lease.resume_computing()
                block = await self.engine.in_worker(partial(self._next, blocks))
                self.lease.finish_computing(self.lease.nbytes)
                if block is None:
                    break
                yield block
                del block

    def close(self) -> None:
        """Give everything back."""
        self.lease.release()

    def _next(self, blocks: Any) -> memoryview | None:
        with interruptible(self.stop.check):
            block = next(blocks, None)
        return None if block is None else raw_bytes(block)


class Engine:
    """Everything that requests share in one process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.admission = Admission(settings.memory_budget, settings.compute_threads, settings.queue_size)
        self.metrics = Metrics(self.admission)
        self.assets = AssetStore(settings.data_dir / "assets")
        self.keys = KeyRing(settings)
        self.jobs = Jobs(settings, self.metrics)
        self.ready = False
        self.failed = False
        self.draining = False
        self._roots = Roots.of(settings)
        self._workers = ThreadPoolExecutor(settings.compute_threads, thread_name_prefix="compute")
        self._validators = ThreadPoolExecutor(_VALIDATORS, thread_name_prefix="validate")
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to warm up and to expire assets, in the background; `ready` tells when the kernels are there."""
        use_threads(self.settings.compute_threads)
        use_spare_bytes(self.settings.spare_bytes)
        self._tasks = [asyncio.create_task(self._warm()), asyncio.create_task(self._expire())]

    async def stop(self) -> None:
        """End background work and threads."""
        self.draining = True
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError, Exception):
                await task
        await self.jobs.stop()
        self._workers.shutdown(wait=False, cancel_futures=True)
        self._validators.shutdown(wait=False, cancel_futures=True)

    async def answer(self, request: Request, stop: Stop) -> Answering:
        """Validate, price, wait for admission, compute and encode.

        Raises the refusals of each step; nothing is held then. The caller closes what is returned.
        """
        if not self.ready:
            raise Overloaded("the kernels are still being loaded; see /readyz", 2)
        name = request.operation.name
        with self.admission.hold() as parsed:
            parsed.grow(PARSED_JSON * request.json_bytes)
            call, form = await self._in(self._validators, partial(self._prepare, request))
        entered = time.perf_counter()
        try:
            async with asyncio.timeout(stop.remaining()):
                lease = await self.admission.enter(call.nbytes, request.body_bytes, stop)
        except TimeoutError:
            raise stop.passed() from None
        started = time.perf_counter()
        self.metrics.queue_seconds.labels(name).observe(started - entered)
        try:
            answer = await self.in_worker(partial(self._compute, call, form, stop))
        except BaseException:
            lease.release()
            raise
        finally:
            seconds = time.perf_counter() - started
            self.metrics.compute_seconds.labels(name).observe(seconds)
            self.admission.note_seconds(seconds)
        streamed = any(isinstance(part, ArrayStream) for part in answer.parts)
        held = sum(part.held if isinstance(part, ArrayStream) else len(part) for part in answer.parts)
        lease.finish_computing(min(lease.nbytes, held + (call.cost.scratch if streamed else 0)))
        stop.lift_deadline()
        return Answering(answer, lease, self, stop)

    async def in_worker(self, work: Callable[[], T]) -> T:
        """Run in a compute thread; the caller holds a slot."""
        return await self._in(self._workers, work)

    async def _in(self, executor: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(executor, partial(context.run, work))

    def _prepare(self, request: Request) -> tuple[Call, Any]:
        references = References(
            open_asset=lambda asset: self.assets.open(asset, request.owner),
            open_uri=self._roots.open,
            max_pixels=self.settings.max_pixels,
            attachments=request.attachments,
        )
        params = validate(request.operation, request.document(), references)
        call = price(request.operation, params, self.settings)
        form = choose_form(call, request.accepted, request.array, self.settings, weighed=request.weighed)
        return call, form

    def _compute(self, call: Call, form: Any, stop: Stop) -> Answer:
        with interruptible(stop.check):
            stop.check()
            result = compute(call)
            stop.check()
            return encode(result, form, self.settings)

    async def _warm(self) -> None:
        try:
            done: WarmUp = await self._in(self._validators, load_kernels)
        except Exception as error:
            _log.error("the kernels cannot be loaded", exc_info=error)
            self.failed = True
            raise
        self.ready = True
        _log.info("ready", signatures=done.signatures, compiled=done.compiled, seconds=round(done.seconds, 3))
        await self._in(self._validators, exercise_codecs)
        self.jobs.start()

    async def _expire(self) -> None:
        while True:
            expired = await self._in(self._validators, partial(self.assets.expire, self.settings.asset_retention))
            if expired:
                _log.info("assets expired", count=expired)
            await asyncio.sleep(_EXPIRY_SECONDS)
