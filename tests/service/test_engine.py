import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import Field

from service.arrays.pending import ArrayStream
from service.arrays.types.cameras import ResultRig
from service.arrays.types.images import Image
from service.documents import Document
from service.engine import Answering, Engine, Request
from service.errors import Abandoned, DeadlinePassed, InvalidParams, NotAcceptable, Overloaded, TooLarge
from service.operation import Cost, Operation, OutputArray
from service.settings import Settings
from service.stop import Stop


class Params(Document):
    image: Image = Field(description="Pixels.")


class Result(Document):
    blocks: ResultRig = Field(description="Blocks.")


def run(params: Params) -> Result:
    def blocks() -> Iterator[Any]:
        for number in range(3):
            yield np.full((1, 3, 3), number, np.float64)

    return Result(blocks=ArrayStream((3, 3, 3), np.dtype("float64"), blocks))  # type: ignore[arg-type]


STREAMED = Operation(
    "stream",
    "none",
    "Stream",
    Params,
    Result,
    run,
    lambda _: Cost((OutputArray("blocks", (3, 3, 3), "float64", streamed=True),), 1000, 1.0),
    (),
)


def request(**changes: Any) -> Request:
    known: dict[str, Any] = {
        "operation": STREAMED,
        "document": lambda: {"image": [[1.0]]},
        "attachments": {},
        "accepted": ["application/x-npy"],
        "array": None,
        "owner": "local",
    }
    return Request(**known | changes)


def with_engine(folder: Path, scenario: Any, **settings: Any) -> None:
    async def whole() -> None:
        engine = Engine(Settings(data_dir=folder, **settings))
        engine.ready = True
        try:
            await scenario(engine)
            gate = engine.admission
            assert (gate.held, gate.running, gate.waiting) == (0, 0, 0)
        finally:
            await engine.stop()

    asyncio.run(asyncio.wait_for(whole(), 30))


async def first_chunks(answering: Answering, count: int) -> list[bytes]:
    chunks = []
    async for chunk in answering.chunks():
        chunks.append(bytes(chunk))
        if len(chunks) == count:
            break
    return chunks


def test_a_stream_computes_block_by_block_and_holds_its_scratch_until_closed(tmp_path: Path) -> None:
    async def scenario(engine: Engine) -> None:
        answering = await engine.answer(request(), Stop(60))
        assert (engine.admission.held > 0, engine.admission.running) == (True, 0)
        header, *blocks = await first_chunks(answering, 9)
        assert len(header) + sum(map(len, blocks)) == answering.answer.length
        assert [np.frombuffer(block)[0] for block in blocks] == [0.0, 1.0, 2.0]
        answering.close()
        answering.close()

    with_engine(tmp_path, scenario)


def test_a_reader_that_leaves_ends_the_stream(tmp_path: Path) -> None:
    async def scenario(engine: Engine) -> None:
        stop = Stop(60)
        answering = await engine.answer(request(), stop)
        stop.abandon()
        answering_chunks = answering.chunks()
        await anext(answering_chunks)
        try:
            # A stream without bands of its own is not asked between blocks; the next request for a slot is.
            async for _ in answering_chunks:
                pass
        except Abandoned:
            pass
        finally:
            answering.close()

    with_engine(tmp_path, scenario)


def test_the_deadline_ends_with_the_beginning_of_the_answer(tmp_path: Path) -> None:
    async def scenario(engine: Engine) -> None:
        stop = Stop(60)
        answering = await engine.answer(request(), stop)
        assert stop.remaining() == float("inf")
        answering.close()

    with_engine(tmp_path, scenario)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"document": dict}, InvalidParams),
        ({"accepted": ["text/html"]}, NotAcceptable),
        ({"array": "mask"}, InvalidParams),
        ({"json_bytes": 2**60}, TooLarge),
        ({"body_bytes": 2**60}, TooLarge),
    ],
)
def test_a_refused_request_holds_nothing(tmp_path: Path, changes: dict[str, Any], error: type[Exception]) -> None:
    async def scenario(engine: Engine) -> None:
        with pytest.raises(error):
            await engine.answer(request(**changes), Stop(60))

    with_engine(tmp_path, scenario)


def test_deadlines_and_departures_are_seen_before_the_work_begins(tmp_path: Path) -> None:
    async def scenario(engine: Engine) -> None:
        left = Stop(60)
        left.abandon()
        with pytest.raises(Abandoned):
            await engine.answer(request(), left)
        with pytest.raises(DeadlinePassed):
            await engine.answer(request(), Stop(0))

    with_engine(tmp_path, scenario)


def test_a_client_that_leaves_gives_up_its_place_in_the_queue(tmp_path: Path) -> None:
    async def scenario(engine: Engine) -> None:
        lease = await engine.admission.enter(1)
        stop = Stop(60)
        waiting = asyncio.create_task(engine.answer(request(), stop))
        while engine.admission.waiting == 0:
            await asyncio.sleep(0.001)
        stop.abandon()
        with pytest.raises(Abandoned):
            await waiting
        assert engine.admission.waiting == 0
        lease.release()

    with_engine(tmp_path, scenario, compute_threads=1)


def test_before_it_is_ready_everything_is_refused(tmp_path: Path) -> None:
    async def scenario(engine: Engine) -> None:
        engine.ready = False
        with pytest.raises(Overloaded):
            await engine.answer(request(), Stop(60))

    with_engine(tmp_path, scenario)


def test_it_warms_up_and_expires_assets_in_the_background(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from geometry.kernel import WarmUp

    monkeypatch.setattr("service.engine.load_kernels", lambda: WarmUp(0, 0, 0.0))

    async def scenario(engine: Engine) -> None:
        engine.ready = False
        upload = engine.assets.upload("local")
        upload.write(b"abc")
        upload.commit()
        engine.start()
        while not engine.ready or [path for path in engine.assets.folder.rglob("*") if path.is_file()]:
            await asyncio.sleep(0.01)

    with_engine(tmp_path, scenario, asset_retention=1e-9)


def test_kernels_that_cannot_be_loaded_are_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError("no compiler")

    monkeypatch.setattr("service.engine.load_kernels", broken)

    async def scenario(engine: Engine) -> None:
        engine.ready = False
        engine.start()
        while not engine.failed:
            await asyncio.sleep(0.01)
        assert not engine.ready

    with_engine(tmp_path, scenario)
