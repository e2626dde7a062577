"""One number for every window, and the way back."""

from geometry.filters.pooling.pool import Pooled, pool, pooled_shape
from geometry.filters.pooling.switches import pool_switches
from geometry.filters.pooling.unpool import unpool

__all__ = ["Pooled", "pool", "pool_switches", "pooled_shape", "unpool"]
