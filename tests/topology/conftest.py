from collections.abc import Iterator

import pytest

from tests.topology.topology import Topology, topology


@pytest.fixture(scope="module")
def cluster() -> Iterator[Topology]:
    """A whole topology; whoever breaks a part replaces it."""
    with topology() as running:
        yield running
