from collections.abc import Iterator

import pytest

from tests.faults.machine import Machine, rig_document


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A service that every test leaves running."""
    machine = Machine(tmp_path_factory.mktemp("machine"))
    try:
        yield machine
    finally:
        machine.stop()


@pytest.fixture(scope="module")
def undisturbed(machine: Machine) -> dict[str, str]:
    """Digests of the arrays of the rig's job when nothing goes wrong."""
    job = machine.submit(rig_document())
    assert machine.wait(job)["state"] == "successful"
    return machine.digests(job)
