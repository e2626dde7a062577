"""What docker/compose.yaml starts, without containers: processes on loopback that share a database and a store."""

import contextlib
import itertools
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.postgres import Postgres, running_postgres
from tests.running import Server
from tests.s3 import ACCESS_KEY, SECRET_KEY, S3Server, make_bucket, s3_server
from tests.topology.processes import Front, Scheduler, Worker, certificates, nginx


class Topology:
    """Two replicas of the API, a scheduler, workers, PostgreSQL, an S3 server, and nginx where it is installed."""

    def __init__(self, folder: Path, postgres: Postgres, store: S3Server, workers: int, **settings: Any) -> None:
        self.folder = folder
        self.postgres = postgres
        self.store = store
        self._certificates = certificates(folder)
        make_bucket(store.endpoint, "epipole")
        self.scheduler = Scheduler(folder, self._certificates)
        self.settings = {
            "engine": self.scheduler.address,
            "database": postgres.new_database(),
            "job_store": "s3://epipole/jobs",
            "s3_endpoint": store.endpoint,
            "s3_access_key": ACCESS_KEY,
            "s3_secret_key": SECRET_KEY,
            "compute_threads": 1,
            **settings,
        }
        self._numbers = itertools.count()
        self.workers: list[Worker] = []
        self.replicas: list[Server] = []
        self.front: Front | None = None
        try:
            for _ in range(workers):
                self.add_worker()
            for _ in range(2):
                self.add_replica()
            self._start_front()
        except BaseException:
            self.stop()
            raise

    def add_worker(self) -> Worker:
        """One more worker."""
        settings = {f"EPIPOLE_{name.upper()}": str(value) for name, value in self.settings.items()}
        environment = self._certificates | settings | {"EPIPOLE_DATA_DIR": str(self.folder / "data")}
        log = self.folder / f"worker-{next(self._numbers)}.log"
        self.workers.append(Worker(log, self.scheduler.address, environment))
        return self.workers[-1]

    def add_replica(self) -> Server:
        """One more replica of the API, ready."""
        self.replicas.append(Server(self.folder / "data", environment=self._certificates, **self.settings))
        return self.replicas[-1]

    def replace_replica(self, dead: Server) -> None:
        """Start a replica in place of one that was killed, and nginx again, which knows replicas by their ports."""
        self.replicas.remove(dead)
        _stop(dead)
        self.add_replica()
        self._start_front()

    def restart_scheduler(self) -> None:
        """Kill the scheduler and start another one at its address."""
        self.scheduler.kill()
        self.scheduler = Scheduler(self.folder, self._certificates, self.scheduler.port)

    def _start_front(self) -> None:
        if self.front is not None:
            self.front.stop()
        if nginx() is not None:
            self.front = Front(self.folder, [replica.address for replica in self.replicas])

    def stop(self) -> None:
        """End what this has started: first who works, last what they work with."""
        with ExitStack() as last:
            last.callback(self.scheduler.stop)
            for worker in self.workers:
                last.callback(worker.stop)
            for replica in self.replicas:
                last.callback(_stop, replica)
            if self.front is not None:
                last.callback(self.front.stop)


@contextmanager
def topology(workers: int = 2, **settings: Any) -> Iterator[Topology]:
    """All of it, stopped at the end. Skips a test where PostgreSQL is not installed."""
    with (
        tempfile.TemporaryDirectory(prefix="epipole-topology-") as folder,
        running_postgres() as postgres,
        s3_server() as store,
    ):
        running = Topology(Path(folder), postgres, store, workers, **settings)
        try:
            yield running
        finally:
            running.stop()


def _stop(server: Server) -> None:
    with contextlib.suppress(ProcessLookupError):
        server.stop()
