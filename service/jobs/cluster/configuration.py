"""How dask is set up in every process of ours that speaks to it."""

import logging
import math
from typing import Any

import dask

_CONFIGURATION: dict[str, Any] = {
    # A tile that ends its worker is not tried again behind our back: the runner counts, and runs suspects alone.
    "distributed.scheduler.allowed-failures": 0,
    # Windows are small, so all of it may lie at the workers, where it waits for nobody.
    "distributed.scheduler.worker-saturation": math.inf,
    "distributed.scheduler.worker-ttl": "60s",
    "distributed.scheduler.active-memory-manager.start": False,
    # Tasks return a few hundred bytes a tile: there is nothing to spill, and limits are the planner's concern.
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.limit": "30s",
    "distributed.diagnostics.nvml": False,
}


def configure_dask() -> None:
    """Set dask up for this process, and let its loggers write where everything else does."""
    dask.config.set(_CONFIGURATION)
    for name in ("distributed", "distributed.client"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.WARNING)
