"""`python -m tests.topology`: start a cluster on loopback, say where everything is, and end it on Ctrl-C."""

import argparse
import signal

from tests.topology.topology import topology


def main() -> None:
    """Run until told to end."""
    parser = argparse.ArgumentParser(prog="python -m tests.topology", description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.getsignal(signal.SIGINT))
    try:
        with topology(options.workers) as running:
            for number, replica in enumerate(running.replicas, 1):
                print(f"API {number}      {replica.address}  (process {replica.process.pid})")
            print(f"nginx      {running.front.address if running.front else 'is not installed'}")
            print(f"scheduler  {running.scheduler.address}  (process {running.scheduler.process.pid})")
            for number, worker in enumerate(running.workers, 1):
                print(f"worker {number}   process {worker.process.pid}, log in {worker.log}")
            print(f"database   {running.settings['database']}")
            print(f"store      {running.settings['job_store']} at {running.store.endpoint}", flush=True)
            signal.pause()
    except KeyboardInterrupt:
        print("stopped")


if __name__ == "__main__":
    main()
