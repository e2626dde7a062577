"""The answer of a call that became a job and was done while its caller still waited: that of the call itself."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import anyio.to_thread

from api.sending import RESULT_HEADER, StreamResponse, result_header
from service.engine import Engine
from service.errors import TooLarge
from service.execution import price, validate
from service.jobs.access import Access
from service.jobs.records import Job
from service.media import npy
from service.media.answer import JSON, Answer, Form, choose_form, encode
from service.media.document import read_json
from service.operation import Operation

_MOST_BYTES = 256 << 20
_SCALARS = "files/result.json"


@dataclass(frozen=True)
class Asked:
    """A call, and the form in which its answer is asked for."""

    operation: Operation[Any, Any]
    params: Mapping[str, Any]
    owner: str
    accepted: Sequence[str]
    weighed: Collection[str]
    array: str | None

    def form(self, engine: Engine) -> tuple[Form, int] | None:
        """The form of the answer, and bytes of the arrays; None where they are too many to be read back at once.

        Raises what a call would raise before it is computed.
        """
        access = Access(engine.settings)
        params = validate(self.operation, self.params, access.references(self.owner))
        try:
            call = price(self.operation, params, access.unhurried)
        except TooLarge:
            return None
        nbytes = sum(output.nbytes for output in call.cost.outputs)
        form = choose_form(call, self.accepted, self.array, engine.settings, weighed=self.weighed)
        return (form, nbytes) if nbytes <= _MOST_BYTES else None


@dataclass(frozen=True)
class _Kept:
    """A result as a job keeps it."""

    stored: dict[str, Any]
    told: dict[str, Any]

    def arrays(self) -> Mapping[str, Any]:
        return self.stored

    def scalars(self) -> dict[str, Any]:
        return self.told


async def answer_of(
    engine: Engine, job: Job, asked: Asked, form: Form, nbytes: int, headers: Mapping[str, str]
) -> StreamResponse:
    """Read the result of a finished job, and answer with it as the call would have."""
    hold = engine.admission.hold()
    try:
        hold.grow(2 * nbytes)
        kept = await _read(engine, job, asked)
        answer = await anyio.to_thread.run_sync(partial(encode, kept, form, engine.settings))
    except BaseException:
        hold.release()
        raise
    more = {"Content-Length": str(answer.length), "Vary": "Accept"}
    if answer.media_type != JSON:
        more[RESULT_HEADER] = result_header(answer)
    return StreamResponse(
        _chunks(answer),
        engine.settings.body_timeout,
        media_type=answer.media_type,
        headers={**headers, **more},
        finished=hold.release,
    )


async def _read(engine: Engine, job: Job, asked: Asked) -> _Kept:
    jobs, result = engine.jobs, asked.operation.result
    manifest = await jobs.manifest(job.id, asked.owner)
    stacked = {layout.name for layout in manifest.arrays}
    arrays: dict[str, Any] = {}
    for name in result.array_fields():
        if name in stacked:
            arrays[name] = await jobs.slice(job.id, asked.owner, name, "...")
        elif (data := await _file(engine, job, asked.owner, f"files/{name}.npy")) is not None:
            arrays[name] = await anyio.to_thread.run_sync(npy.open_npy(memoryview(data)).load)
    scalars = read_json(await _file(engine, job, asked.owner, _SCALARS) or b"{}", "a stored result", objects=True)
    return _Kept(arrays, {name: scalars[name] for name in result.model_fields if name in scalars})


async def _file(engine: Engine, job: Job, owner: str, key: str) -> bytes | None:
    manifest = await engine.jobs.manifest(job.id, owner)
    entry = await anyio.to_thread.run_sync(manifest.objects.get, key)
    return None if entry is None else await engine.jobs.object(job.id, owner, key, 0, entry[1])


async def _chunks(answer: Answer) -> AsyncGenerator[bytes | memoryview, None]:
    chunks = answer.chunks()
    while (chunk := await anyio.to_thread.run_sync(next, chunks, None)) is not None:
        yield chunk
