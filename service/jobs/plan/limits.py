"""Limits of a job, checked by shapes before anything is allocated."""

from service.errors import TooLarge
from service.jobs.access import Access


def check_bytes(nbytes: int, access: Access) -> None:
    """Raise TooLarge for results above the limit."""
    most = access.settings.max_job_bytes
    if nbytes > most:
        raise TooLarge(f"the results would take {nbytes} bytes, more than the {most} of a job (EPIPOLE_MAX_JOB_BYTES)")


def check_memory(nbytes: int, access: Access) -> None:
    """Raise TooLarge where the decoded inputs, and what is held beside them, do not fit into memory."""
    most = access.settings.memory_budget
    if nbytes > most:
        raise TooLarge(
            f"this takes {nbytes} bytes of memory, more than the {most} that a process may hold (EPIPOLE_MEMORY_BUDGET)"
        )
