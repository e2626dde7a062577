"""How processes of ours know that they speak to each other: certificates for as long as one scheduler lives."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from distributed.security import Security

    from service.jobs.cluster.workers import Station

_NICENESS = 10  # requests that somebody waits for go first


def temporary_security() -> "Security":
    """A certificate that only this process has, and those that it hands it to: others may reach the port in vain."""
    from distributed.security import Security

    security: Security = Security.temporary()
    return security


def station_of(scheduler: str, security: "Security") -> "Station":
    """What a worker of this machine needs to join `scheduler`."""
    from service.jobs.cluster.workers import Station

    texts = security.get_tls_config_for_role("worker")
    return Station(
        scheduler,
        "127.0.0.1",
        niceness=_NICENESS,
        ca=texts["ca_file"],
        certificate=texts["cert"],
        key=texts["key"],
    )


def security_of(station: "Station") -> "Security":
    """The certificates of a station; where it has none, those of dask's configuration."""
    from distributed.security import Security

    if not station.certificate:
        return Security()
    return Security(
        require_encryption=True,
        tls_ca_file=station.ca,
        tls_worker_cert=station.certificate,
        tls_worker_key=station.key,
    )
