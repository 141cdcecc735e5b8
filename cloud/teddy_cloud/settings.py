"""What the operator may set for the cloud, read once and handed down in pieces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from teddy_shared import configuration
from teddy_shared.addresses import broker_address, store_address
from teddy_shared.envelope import Name
from teddy_shared.errors import ConfigError
from teddy_shared.logs import Form

PREFIX: Final = "TEDDY_CLOUD"


class Role(StrEnum):
    """What a process of the cloud does. One process may have all of them, or many processes share them."""

    PROJECTOR = "projector"  # keeps read models
    INGEST = "ingest"  # takes what bears send
    DISPATCHER = "dispatcher"  # sends to bears what families wish and the cloud orders
    PROCESSES = "processes"  # sagas, event handlers, house-keeping
    WEB = "web"  # answers parents


def _split(given: object) -> object:
    """An environment variable names several with commas."""
    return [each.strip() for each in given.split(",")] if isinstance(given, str) else given


def _broker(url: str) -> str:
    try:
        broker_address(url)
    except ConfigError as error:
        raise ValueError(str(error)) from None
    return url


def _store(url: str) -> str:
    try:
        store_address(url)
    except ConfigError as error:
        raise ValueError(str(error)) from None
    return url


class WebSettings(BaseModel):
    """Where the parents' page listens."""

    model_config = ConfigDict(frozen=True)

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 0  # any free one
    behind_proxy: bool = False  # believe X-Forwarded-For and -Proto of a proxy on this machine


class TlsSettings(BaseModel):
    """What this process shows to the broker. All empty: made by the authority in the data folder."""

    model_config = ConfigDict(frozen=True)

    authority: Path | None = None  # PEM files
    certificate: Path | None = None
    key: Path | None = None


class Settings(BaseModel):
    """All of them. `teddy_shared.configuration` refuses unknown keys with a hint."""

    model_config = ConfigDict(frozen=True)

    broker: Annotated[str, AfterValidator(_broker)] = "mqtt://127.0.0.1:1883"
    store: Annotated[str, AfterValidator(_store)] = "redis://127.0.0.1:6379"
    data: Path = Path("/var/lib/teddy-cloud")  # keys, and the archive; nothing else is kept outside the store
    # This process's name at the broker: of the same role, two of one name throw each other out.
    worker: Name = "1"
    roles: Annotated[frozenset[Role], BeforeValidator(_split), Field(min_length=1)] = frozenset(Role)
    web: WebSettings = WebSettings()
    tls: TlsSettings = TlsSettings()
    logs: Form = "lines"


def load(
    *,
    environment: Mapping[str, str],
    files: Iterable[Path] = (),
    overrides: Mapping[str, Any] | None = None,
) -> Settings:
    """Files, then `TEDDY_CLOUD_…` variables, then the command line. Raises ConfigError."""
    return configuration.load(
        Settings, files=files, environment=environment, prefix=PREFIX, overrides=overrides
    )


def master_key(settings: Settings) -> Path:
    return settings.data / "keys" / "master"


def key_file(settings: Settings) -> Path:
    return settings.data / "keys" / "ring.json"


def archive_folder(settings: Settings) -> Path:
    return settings.data / "archive"


def prepared_data_folder(settings: Settings) -> Path:
    """The data folder, made if need be. Raises ConfigError where it cannot be written."""
    try:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(
            f"the data folder {settings.data} cannot be made ({error.strerror}); choose another with --data"
        ) from None
    return settings.data
