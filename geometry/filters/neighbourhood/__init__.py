"""Expressions over the window around every pixel."""

from geometry.filters.neighbourhood.cache import ProgramCache
from geometry.filters.neighbourhood.expression import (
    NeighbourhoodProgram,
    neighbourhood,
    neighbourhood_program,
    program_cache,
)

__all__ = ["NeighbourhoodProgram", "ProgramCache", "neighbourhood", "neighbourhood_program", "program_cache"]
