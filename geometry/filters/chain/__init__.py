"""Filters one after the other, as one."""

from geometry.filters.chain.chain import filter_chain
from geometry.filters.chain.plan import ChainPlan, ChainStage, chain_plan

__all__ = ["ChainPlan", "ChainStage", "chain_plan", "filter_chain"]
