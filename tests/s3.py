"""A server that speaks S3, on a free port of this machine; `python -m tests.s3` runs one by hand."""

import argparse
import select
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

START_SECONDS = 60
ACCESS_KEY, SECRET_KEY = "testing", "testing-secret"


def serve(port: int, buckets: list[str], with_parent: bool) -> None:
    """Serve S3 from memory, and say where on the first line of standard output."""
    import logging

    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", port, application, threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    for bucket in buckets:
        make_bucket(endpoint, bucket)
    print(endpoint, flush=True)
    if with_parent:
        sys.stdin.read()
    else:
        signal.pause()


def make_bucket(endpoint: str, name: str) -> None:
    """Make a bucket, which any access key may use."""
    with httpx.Client(trust_env=False) as client:
        client.put(f"{endpoint}/{name}").raise_for_status()


class S3Server:
    """A server process: it ends when told to, and when the process that started it ends."""

    def __init__(self, port: int = 0) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.s3", "--port", str(port), "--with-parent"],
            cwd=Path(__file__).parents[1],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], START_SECONDS)
        self.endpoint = self.process.stdout.readline().strip() if ready else ""
        if not self.endpoint:
            self.stop()
            raise RuntimeError("the S3 server did not start")

    def stop(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


@contextmanager
def s3_server(port: int = 0) -> Iterator[S3Server]:
    """A server, stopped at the end."""
    server = S3Server(port)
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    """One server for all tests of this process."""
    with s3_server() as server:
        yield server


@pytest.fixture
def s3_settings(s3: S3Server) -> dict[str, Any]:
    """Settings that keep the results of jobs in a bucket of the test's own."""
    bucket = f"test-{uuid.uuid4().hex}"
    make_bucket(s3.endpoint, bucket)
    return {
        "job_store": f"s3://{bucket}/results",
        "s3_endpoint": s3.endpoint,
        "s3_access_key": ACCESS_KEY,
        "s3_secret_key": SECRET_KEY,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--bucket", action="append", default=[], help="a bucket to make; may be repeated")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input does")
    arguments = parser.parse_args()
    serve(arguments.port, arguments.bucket, arguments.with_parent)


if __name__ == "__main__":
    main()
