"""Who this bear is: the file that a technician's provisioning leaves on it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from teddy_shared.envelope import NAME, BearId
from teddy_shared.errors import ConfigError
from teddy_shared.seal import KEY_BYTES

UNPROVISIONED: Final = BearId("bear-without-a-name")


@dataclass(frozen=True, slots=True)
class Identity:
    bear: BearId
    link_key: bytes | None = field(repr=False)  # opens the settings that the cloud seals for this bear


def read_identity(path: Path | None) -> Identity:
    """Without a file the bear talks but has no cloud. Raises ConfigError for a file that does not fit."""
    if path is None:
        return Identity(UNPROVISIONED, None)
    try:
        found = tomllib.loads(path.read_text())
        bear, key = str(found["bear"]), bytes.fromhex(found["link_key"])
    except FileNotFoundError:
        raise ConfigError(f"there is no provisioning file {path}; provision the bear first") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{path} is not a provisioning file ({type(error).__name__}); provision again") from None
    if found.get("version") != 1 or not NAME.fullmatch(bear) or len(key) != KEY_BYTES:
        raise ConfigError(f"{path} is no provisioning file of version 1; provision the bear again")
    return Identity(BearId(bear), key)
