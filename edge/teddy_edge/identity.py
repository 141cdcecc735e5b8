"""Who this bear is: its name and link key from provisioning, and the keys that it makes itself."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any, Final

from teddy_shared.envelope import NAME, BearId
from teddy_shared.errors import ConfigError
from teddy_shared.seal import KEY_BYTES, KeyRing
from teddy_shared.tls import Credentials

SOFTWARE: Final = version_of("teddy")
UNPROVISIONED: Final = BearId("bear-without-a-name")
VERSIONS: Final = (1, 2)  # 1 has no certificate: for a broker on the same machine


@dataclass(frozen=True, slots=True)
class Identity:
    bear: BearId
    link_key: bytes | None = field(repr=False)  # opens the settings that the cloud seals for this bear
    credentials: Credentials | None = None  # with which the bear meets a broker over a network


def read_identity(path: Path | None) -> Identity:
    """Without a file the bear talks but has no cloud. Raises ConfigError for a file that does not fit."""
    if path is None:
        return Identity(UNPROVISIONED, None)
    try:
        found = tomllib.loads(path.read_text())
        version, bear, key = found["version"], str(found["bear"]), bytes.fromhex(found["link_key"])
        credentials = _credentials(found) if version == 2 else None
    except FileNotFoundError:
        raise ConfigError(f"there is no provisioning file {path}; provision the bear first") from None
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError) as error:  # not TOML, not text, a field gone or of another type
        kind = type(error).__name__
        raise ConfigError(f"{path} is not a provisioning file ({kind}); provision the bear again") from None
    if version not in VERSIONS or not NAME.fullmatch(bear) or len(key) != KEY_BYTES:
        known = " or ".join(map(str, VERSIONS))
        raise ConfigError(f"{path} is no provisioning file of version {known}; provision the bear again")
    return Identity(BearId(bear), key, credentials)


def _credentials(found: dict[str, Any]) -> Credentials:
    parts = {name: found[name] for name in ("authority", "certificate", "key")}
    if not all(isinstance(part, str) for part in parts.values()):
        raise TypeError
    return Credentials(**parts)


class BearKeys:
    """The bear's own keys, and beside them the link key that provisioning gave it."""

    def __init__(self, *, own: KeyRing, identity: Identity) -> None:
        self._own = own
        self._identity = identity

    def key(self, owner: str) -> bytes:
        if self._identity.link_key is not None and owner == f"bear:{self._identity.bear}":
            return self._identity.link_key
        return self._own.key(owner)

    def create(self, owner: str) -> None:
        self._own.create(owner)

    def erase(self, owner: str) -> None:
        self._own.erase(owner)

    def at_hand(self) -> Mapping[str, bytes] | None:
        own = self._own.at_hand()
        if own is None or self._identity.link_key is None:
            return own
        return {**own, f"bear:{self._identity.bear}": self._identity.link_key}
