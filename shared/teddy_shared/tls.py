"""How the ends of the link know each other: TLS 1.3, our own authorities, a certificate at each end."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from teddy_shared.addresses import BrokerAddress
from teddy_shared.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Credentials:
    """What one end shows, and whom it believes. All of it PEM."""

    authority: str  # who signs the other end's certificates
    certificate: str
    key: str = field(repr=False)


def client_context(credentials: Credentials) -> ssl.SSLContext:
    """For any number of connections, each of which compares the broker's name. Blocks.

    Raises ConfigError where the credentials are none, or are not a pair.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # it believes nobody yet, and asks for names
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    try:
        context.load_verify_locations(cadata=credentials.authority)
        with _file_in_memory(credentials.certificate + credentials.key) as path:
            context.load_cert_chain(path, password=_none)
    except (ssl.SSLError, ValueError, TypeError) as error:
        reason = getattr(error, "reason", None) or type(error).__name__
        raise ConfigError(f"certificate, key and authority do not fit together ({reason})") from None
    return context


def context_for(address: BrokerAddress, credentials: Credentials | None) -> ssl.SSLContext | None:
    """None for a broker on this machine that asks for nothing. Blocks. Raises ConfigError."""
    if not address.secure:
        return None
    if credentials is None:
        raise ConfigError(f"the broker {address.host} asks for a certificate, and there is none")
    return client_context(credentials)


@contextmanager
def _file_in_memory(text: str) -> Iterator[Path]:
    """A key never lies on a disk for this: `ssl` reads certificates from files alone."""
    descriptor = os.memfd_create("credentials")
    try:
        with os.fdopen(descriptor, "w", closefd=False) as file:
            file.write(text)
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


def _none() -> str:
    """The password of a key. Without this, one that has a password would be asked for at a terminal."""
    return ""
