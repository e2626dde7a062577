"""Every limit and switch of the service: from the environment (`EPIPOLE_…`), from a TOML file, else the default."""

import os
import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from service.machine import available_cores, available_memory

CONFIG_VARIABLE = "EPIPOLE_CONFIG"

MIB = 2**20
GIB = 2**30


class Settings(BaseSettings):
    """Settings of one process. The environment wins over the TOML file that `EPIPOLE_CONFIG` names."""

    model_config = SettingsConfigDict(env_prefix="EPIPOLE_", extra="forbid", frozen=True)

    host: str = Field(
        "127.0.0.1",
        description="Address to listen on. Anything but loopback needs API keys or EPIPOLE_AUTH=off.",
    )
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    data_dir: Path = Field(Path(".epipole"), description="Folder of the embedded stores: assets, jobs.")
    auth: Literal["keys", "off"] = Field(
        "keys", description="`off` says aloud that everybody who reaches the port may use the service."
    )
    api_keys: Annotated[dict[str, str], NoDecode] = Field(
        default_factory=dict,
        description=(
            "Keys as owner=sha256 hex, comma-separated; `epipole key OWNER` makes one. Empty: no key needed on "
            "loopback."
        ),
    )
    roots: Annotated[dict[str, str], NoDecode] = Field(
        default_factory=dict,
        description=(
            'Folders and buckets that {"uri": "name://path"} may read, as name=/folder or name=s3://bucket/prefix, '
            "comma-separated. Empty: URIs are off."
        ),
    )
    max_body_bytes: int = Field(256 * MIB, ge=1, description="Largest request body, and largest asset or file read.")
    max_pixels: int = Field(100_000_000, ge=1, description="Most pixels of one encoded picture.")
    max_output_bytes: int = Field(
        2 * GIB, ge=1, description="Most bytes that a result may hold in memory; streamed results are exempt."
    )
    max_json_bytes: int = Field(
        16 * MIB, ge=1, description="Largest JSON answer; larger ones are 406 and name the binary types."
    )
    small_json_bytes: int = Field(
        1 * MIB,
        ge=0,
        description="Answers to `Accept: */*` up to this size are JSON, larger ones safetensors.",
    )
    max_flops: float = Field(2e12, gt=0, description="Most arithmetic of one synchronous call, by its cost model.")
    memory_budget: int = Field(
        default_factory=lambda: available_memory() // 2,
        ge=1,
        description="Bytes that all requests together may hold. Default: half of RAM or of the cgroup's limit.",
    )
    compute_threads: int = Field(
        default_factory=available_cores,
        ge=1,
        description="Threads that compute. Default: cores, cgroup-aware.",
    )
    spare_bytes: int = Field(
        256 << 20,
        ge=0,
        description="Bytes of freed results that wait to be used again; new memory is slow at first touch. 0: none.",
    )
    queue_size: int = Field(64, ge=0, description="Requests that may wait for a compute slot; beyond it 503.")
    request_timeout: float = Field(
        60.0, gt=0, description="Seconds from the end of the body to the start of the answer."
    )
    header_timeout: float = Field(
        10.0, gt=0, description="Seconds in which the headers of a request must come, or the connection is closed."
    )
    body_timeout: float = Field(
        30.0,
        gt=0,
        description="Seconds without progress after which a slow body or a slow reader is dropped.",
    )
    rate_limit: float | None = Field(None, gt=0, description="Requests per second and owner; off by default.")
    asset_retention: float = Field(
        7 * 86_400.0, gt=0, description="Seconds after its last upload that an asset is kept."
    )
    database: str = Field(
        "",
        description=(
            "Job database: `postgresql://…`, or `sqlite:///…`. Empty: SQLite under EPIPOLE_DATA_DIR. "
            "Replicas share one."
        ),
    )
    job_store: str = Field(
        "",
        description=(
            "Results of jobs: `s3://bucket/prefix` or `file:///folder`. Empty: a folder under EPIPOLE_DATA_DIR."
        ),
    )
    s3_endpoint: str = Field("", description="Address of the S3 server, where it is not Amazon's.")
    s3_region: str = Field("us-east-1", description="Region of the S3 buckets.")
    s3_access_key: str = Field("", description="Access key of S3. Empty: what the environment of the machine offers.")
    s3_secret_key: str = Field("", description="Secret key of S3.", repr=False)
    engine: str = Field(
        "embedded",
        description=(
            "Where jobs are computed: `embedded` (worker processes of this machine), `off` (this process takes none: "
            "others that share the database do), or the address of a dask scheduler, `tls://host:8786`."
        ),
    )
    job_workers: int = Field(1, ge=1, description="Worker processes of the embedded engine; each uses all threads.")
    running_jobs: int = Field(4, ge=1, description="Jobs that one process runs at a time.")
    max_job_document_bytes: int = Field(
        16 * MIB, ge=1, description="Largest request of a job; larger arrays are uploaded as assets first."
    )
    max_job_items: int = Field(1_000_000, ge=1, description="Most items, or tiles, of one job.")
    max_job_bytes: int = Field(1024 * GIB, ge=1, description="Most bytes of one job's results.")
    max_owner_jobs: int = Field(
        1000, ge=1, description="Jobs of one owner that may be waiting or running at a time; beyond it 429."
    )
    job_retention: float = Field(7 * 86_400.0, gt=0, description="Seconds that the results of a job are kept.")
    record_retention: float = Field(30 * 86_400.0, gt=0, description="Seconds that the record of a job is kept.")
    drain_timeout: int = Field(30, ge=0, description="Seconds that running requests get after SIGTERM.")
    jpeg_quality: int = Field(95, ge=1, le=100, description="Quality of JPEG and WebP answers.")
    png_level: int = Field(1, ge=0, le=9, description="Deflate level of PNG answers.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severity that is logged."
    )
    log_format: Literal["json", "console"] = Field("json", description="Logs for machines or for people.")

    @field_validator("api_keys", "roots", mode="before")
    @classmethod
    def _named_pairs(cls, value: Any) -> Any:
        """Read `a=1,b=2` from the environment; TOML gives a table."""
        if not isinstance(value, str):
            return value
        pairs = [entry.partition("=") for entry in value.split(",") if entry.strip()]
        if any(not separator for _, separator, _ in pairs):
            raise ValueError("must be name=value pairs, separated by commas")
        return {name.strip(): text.strip() for name, _, text in pairs}

    @field_validator("api_keys")
    @classmethod
    def _owners_and_hashes(cls, keys: dict[str, str]) -> dict[str, str]:
        for owner, hashed in keys.items():
            if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", owner) is None:
                raise ValueError(f"owner {owner!r} must be letters, digits, - and _, at most 64")
            if re.fullmatch(r"[0-9A-Fa-f]{64}", hashed) is None:
                raise ValueError(f"{owner}: must be the SHA-256 of the key in hexadecimal, not the key itself")
        return keys

    @field_validator("database")
    @classmethod
    def _known_database(cls, address: str) -> str:
        if address and not address.startswith(("sqlite:///", "postgresql://", "postgres://", "postgresql+psycopg://")):
            raise ValueError("must be postgresql://user@host/name or sqlite:///path")
        return address

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = os.environ.get(CONFIG_VARIABLE)
        if file is not None and not Path(file).is_file():
            raise FileNotFoundError(f"{CONFIG_VARIABLE} names {file}, which is not a file")
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=file)

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the service."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def shown(self, name: str) -> str:
        """The value of a setting as people may see it: secrets are left out."""
        value = getattr(self, name)
        if name == "api_keys" and value:
            return ", ".join(value) + " (owners)"
        if not type(self).model_fields[name].repr:
            return "(set)" if value else ""
        return re.sub(r"(?<=://)([^/@:]*):[^/]*@", r"\1:…@", value) if name == "database" else str(value)

    def exposure_fault(self) -> str | None:
        """Why it would be unsafe to listen with these settings; None where it is not."""
        if self.loopback or self.api_keys or self.auth == "off":
            return None
        return (
            f"refusing to listen on {self.host} without authentication: set EPIPOLE_API_KEYS (make one with "
            f"`epipole key OWNER`), "
            "or say EPIPOLE_AUTH=off if everybody who reaches this port may use it"
        )
