"""What a process of the cloud shows to the broker, and under which names the broker knows its workers."""

from __future__ import annotations

import hashlib
import ssl
from pathlib import Path
from typing import Final

from teddy_cloud.fleet.authority import OWN, Authorities, has_authorities, open_authorities
from teddy_cloud.settings import Role, Settings, TlsSettings
from teddy_shared.addresses import broker_address
from teddy_shared.clock import Chance, Clock
from teddy_shared.errors import ConfigError
from teddy_shared.seal import KeyRing
from teddy_shared.tls import Credentials, context_for

GROUPS: Final = "cloud:groups"  # whose key hides the names of shared subscriptions


def authority_folder(settings: Settings) -> Path:
    return settings.data / "authority"


def kept_authorities(settings: Settings, *, clock: Clock, chance: Chance) -> Authorities | None:
    """None where the cloud has none: then bears get no certificates. Blocks. Raises ConfigError."""
    folder = authority_folder(settings)
    return open_authorities(folder, clock=clock, chance=chance) if has_authorities(folder) else None


def context_of(settings: Settings, role: Role, *, clock: Clock, chance: Chance) -> ssl.SSLContext | None:
    """None for a broker on this machine that asks for nothing. Blocks. Raises ConfigError."""
    address = broker_address(settings.broker)
    if not address.secure:
        return None
    if settings.tls != TlsSettings():
        return context_for(address, _given(settings.tls))
    authorities = kept_authorities(settings, clock=clock, chance=chance)
    if authorities is None:
        raise ConfigError(
            f"the broker {address.host} asks for a certificate: set tls.authority, tls.certificate and "
            f"tls.key, or make the cloud's own authority by `teddy cloud broker-config`"
        )
    return context_for(address, authorities.client(f"{OWN}-{role}"))


def group_secret(keys: KeyRing) -> str:
    """The same for all workers that share the keys; nobody else can guess it. Blocks."""
    keys.create(GROUPS)
    return hashlib.sha256(keys.key(GROUPS)).hexdigest()[:32]


def _given(tls: TlsSettings) -> Credentials:
    files = {"authority": tls.authority, "certificate": tls.certificate, "key": tls.key}
    texts = {}
    for name, file in files.items():
        if file is None:
            raise ConfigError(f"tls.{name} is missing: authority, certificate and key go together")
        try:
            texts[name] = file.read_text()
        except (OSError, UnicodeDecodeError):
            raise ConfigError(f"cannot read {file}, which tls.{name} names") from None
    return Credentials(**texts)
