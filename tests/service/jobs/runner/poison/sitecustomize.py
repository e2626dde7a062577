"""Put on the path of a worker process, this ends it whenever it computes an item of one certain value."""

import os
import signal
import sys

if "service.jobs.cluster.worker" in sys.orig_argv:
    from service.jobs.plan import item_tiles

    _compute = item_tiles.compute

    def _die_or_compute(call: object) -> object:
        if getattr(call.params, "sigma_color", None) == float(os.environ["POISON"]):  # type: ignore[attr-defined]
            os.kill(os.getpid(), signal.SIGKILL)
        return _compute(call)  # type: ignore[arg-type]

    item_tiles.compute = _die_or_compute  # type: ignore[assignment]
