"""`python -m tests.benchmarks.job_rig --cameras N`: all pairs of a rig as a job.

Its speed, the memory of every process, and every block read back over HTTP by a plain Zarr client and compared with the
library's.
"""

import argparse
import json
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil

from geometry.relations.rig import Rig
from tests.benchmarks.inputs import rig
from tests.benchmarks.load import free_port, running

_ROLES = {"service.jobs.cluster.worker": "worker", "service.jobs.runner": "runner", "api.command": "API"}


@dataclass
class Memory:
    """The largest resident size that each process of a tree has had, by what it does: MB."""

    peaks: dict[str, float] = field(default_factory=dict)

    def look(self, root: int) -> None:
        """Look at all of them now."""
        try:
            processes = [psutil.Process(root), *psutil.Process(root).children(recursive=True)]
        except psutil.NoSuchProcess:
            return
        for process in processes:
            try:
                command = " ".join(process.cmdline())
                status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
            except (OSError, psutil.Error):
                continue
            role = next((role for name, role in _ROLES.items() if name in command), None)
            highest = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
            if role is not None and highest:
                name = f"{role} {process.pid}"
                self.peaks[name] = max(self.peaks.get(name, 0.0), int(highest[0]) / 1024)

    @contextmanager
    def watching(self, root: int) -> Iterator[None]:
        """Look twice a second."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(0.5):
                self.look(root)

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def run(client: httpx.Client, projections: np.ndarray, options: dict[str, Any]) -> tuple[str, dict[str, Any], float]:
    """Submit the job and wait for its end: its id, its last status, the seconds from request to end."""
    stored = client.post("/v1/assets", content=_npy(projections), headers={"Content-Type": "application/x-npy"})
    stored.raise_for_status()
    document = {
        "operation": "fundamental-all",
        "params": {"projections": {"asset": stored.json()["asset"]}, **options},
    }
    started = time.perf_counter()
    answer = client.post("/v1/jobs", json=document)
    answer.raise_for_status()
    job = answer.json()["id"]
    while True:
        status = client.get(f"/v1/jobs/{job}").json()
        print(json.dumps({k: status[k] for k in ("state", "progress", "rate", "eta_seconds")}), flush=True)
        if status["state"] in ("successful", "failed", "dismissed"):
            return job, status, time.perf_counter() - started
        time.sleep(2.0)


def compare(url: str, projections: np.ndarray, block: int) -> tuple[int, float]:
    """Read every block of cameras over HTTP and compare it with the library's, bit by bit: blocks and seconds."""
    import zarr
    from obstore.store import HTTPStore
    from zarr.storage import ObjectStore

    store = ObjectStore(HTTPStore.from_url(url, client_options={"allow_http": True}), read_only=True)
    array: Any = zarr.open_array(store, mode="r")
    cameras = len(projections)
    prepared = Rig(projections)
    assert array.shape == (cameras, cameras, 3, 3)
    spans = [(a, min(a + block, cameras)) for a in range(0, cameras, block)]
    started = time.perf_counter()
    for rows in spans:
        for columns in spans:
            ours = prepared.fundamental_block(rows, columns, dtype=array.dtype.name)
            theirs = array[rows[0] : rows[1], columns[0] : columns[1]]
            if not np.array_equal(ours, theirs):
                raise AssertionError(f"cameras {rows} × {columns} differ")
    return len(spans) ** 2, time.perf_counter() - started


def main() -> None:
    """Run the job and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.job_rig", description=__doc__)
    parser.add_argument("--cameras", type=int, default=20_000)
    parser.add_argument("--dtype", choices=["float64", "float32"], default="float64")
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="a folder of the disk that results go to")
    parser.add_argument("--block", type=int, default=1000, help="cameras of a block that is compared at a time")
    options = parser.parse_args()
    size = options.cameras**2 * 9 * np.dtype(options.dtype).itemsize
    if shutil.disk_usage(options.folder).free < 1.1 * size:
        parser.error(f"the result takes {size / 1e9:.1f} GB, which {options.folder} has no room for")
    projections = rig(options.cameras)
    port, memory = free_port(), Memory()
    with (
        tempfile.TemporaryDirectory(dir=options.folder) as folder,
        running(
            ["-m", "api.command", "serve", "--port", str(port)],
            port,
            EPIPOLE_DATA_DIR=folder,
            EPIPOLE_LOG_LEVEL="warning",
        ) as server,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120, trust_env=False) as client,
        memory.watching(server.pid),
    ):
        job, status, seconds = run(client, projections, {"layout": "full", "dtype": options.dtype})
        assert status["state"] == "successful", status
        after_job = dict(memory.peaks)
        url = f"http://127.0.0.1:{port}/v1/jobs/{job}/results/fundamental.zarr"
        blocks, reading = compare(url, projections, options.block)
        memory.look(server.pid)
    print("\n| what | measured |\n|---|---:|")
    print(f"| cameras, pairs, bytes | {options.cameras:,}, {options.cameras**2:,}, {size / 1e9:.1f} GB |")
    print(f"| from the request to `successful` | {seconds:.1f} s |")
    began, ended = (datetime.fromisoformat(status[name]) for name in ("started", "finished"))
    busy = (ended - began).total_seconds()
    print(f"| of these, after the workers had started | {busy:.1f} s: {size / busy / 1e6:.0f} MB/s |")
    print(f"| throughput | {size / seconds / 1e6:.0f} MB/s, {options.cameras**2 / seconds / 1e6:.1f} million pairs/s |")
    print(f"| tiles | {status['tiles_total']:,} |")
    for name, peak in sorted(memory.peaks.items()):
        print(f"| peak memory of {name.split()[0]} | {peak:.0f} MB ({after_job.get(name, 0):.0f} MB before reading) |")
    print(f"| read back over HTTP and compared bit by bit | {blocks} blocks in {reading:.1f} s, all equal |")


def _npy(array: np.ndarray) -> bytes:
    import io

    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


if __name__ == "__main__":
    main()
