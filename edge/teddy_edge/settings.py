"""What a technician may set on a bear: read once at start, frozen, handed down in pieces."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from teddy_shared.configuration import load
from teddy_shared.errors import ConfigError

PREFIX: Final = "TEDDY_BEAR"


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Listening(Section):
    """How the ear decides; in force until the parents' settings have arrived."""

    age: Annotated[int, Field(ge=3, le=10)] = 5  # years
    patience: Annotated[float, Field(ge=0, le=1)] = 0.3  # 0 answers quickly, 1 waits long
    # always: whatever is said is for the bear; name: what follows "hey teddy" or a squeeze, and the talk then
    waking: Literal["always", "name"] = "always"


class Sound(Section):
    clips: tuple[Path, ...] = ()  # recordings in place of the microphone
    microphone: str = ""  # a card by name or number; empty: the machine's own choice
    speaker: str = ""  # a card, a WAV file, or `none`; empty: a card, or none where recordings are played
    volume: Annotated[float, Field(ge=0, le=1)] = 0.7  # share of the ceiling, until the parents' settings
    ceiling: Annotated[float, Field(ge=0, le=1)] = 1.0  # share of full scale that the card never exceeds


Pin = Annotated[int, Field(ge=0, le=27)]


class Body(Section):
    """Pins by their BCM numbers; the board's profile names them. What is not named is not there."""

    paw: Pin | None = None  # a contact to ground
    mute: Pin | None = None  # a switch to ground; closed is mute
    light: tuple[()] | tuple[Pin] | tuple[Pin, Pin, Pin] = ()  # one colour, or red, green and blue
    pins: Literal["board", "mock"] = "board"  # mock: pins in memory, for a machine without any


class Models(Section):
    cache: Path = Path()  # empty: the user's cache folder
    threads: Annotated[int, Field(ge=1, le=4)] = 1  # a model
    profile: Literal["auto", "full", "small"] = "auto"  # how much is loaded; by the board's memory at start


class Link(Section):
    broker: str = (
        ""  # mqtts://host, or mqtt:// on this machine; empty: the bear talks, and keeps what it would send
    )
    provision: Path | None = None  # the bear's name and key, from the technician


class Outbox(Section):
    limit_mb: Annotated[int, Field(ge=16)] = 200  # beyond it the oldest events give way, telemetry first


class Health(Section):
    # Reboot and safe mode after crashes: where something starts the bear again by itself, anywhere, or never.
    ladder: Literal["supervised", "always", "never"] = "supervised"


class Logs(Section):
    form: Literal["lines", "json"] = "lines"
    level: Literal["debug", "info", "warning", "error"] = "info"


class Metrics(Section):
    port: Annotated[int, Field(ge=0, le=65535)] | None = None  # on loopback; 0 is any free one, none is off


class Settings(Section):
    data: Path = Path()  # folder for outbox, state and keys; empty: the user's data folder
    content: Path | None = None  # a folder of further stories, riddles and facts; see docs/CONTENT.md
    listening: Listening = Listening()
    sound: Sound = Sound()
    body: Body = Body()
    models: Models = Models()
    link: Link = Link()
    outbox: Outbox = Outbox()
    health: Health = Health()
    logs: Logs = Logs()
    metrics: Metrics = Metrics()


def read(
    *,
    files: tuple[Path, ...] = (),
    environment: Mapping[str, str] = os.environ,
    overrides: Mapping[str, Any] | None = None,
) -> Settings:
    """Defaults, then files, then `TEDDY_BEAR_SECTION__KEY`, then the command line. Raises ConfigError."""
    settings = load(Settings, files=files, environment=environment, prefix=PREFIX, overrides=overrides)
    home = Path(environment.get("HOME", "/root"))
    cache = Path(environment.get("XDG_CACHE_HOME") or home / ".cache")
    share = Path(environment.get("XDG_DATA_HOME") or home / ".local/share")
    return settings.model_copy(
        update={
            "data": share / "teddy" if settings.data == Path() else settings.data,
            "models": settings.models.model_copy(
                update={"cache": cache / "teddy/models"} if settings.models.cache == Path() else {}
            ),
        }
    )


def read_anyway(*, files: tuple[Path, ...], overrides: Mapping[str, Any]) -> tuple[Settings, str | None]:
    """And why they are not what somebody wrote: where a file is wrong, the command line still counts."""
    try:
        return read(files=files, overrides=overrides), None
    except ConfigError as error:
        try:
            return read(environment={}, overrides=overrides), str(error)
        except ConfigError:
            return read(environment={}), str(error)
