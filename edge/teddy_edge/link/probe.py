"""A short call to the broker that leaves no trace: no message, no subscription, nobody thrown out."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from typing import Final

from teddy_edge.link.trouble import Trouble, refused, trouble_of
from teddy_shared.addresses import BrokerAddress
from teddy_shared.envelope import BearId

PATIENCE: Final = 6.0  # seconds for the whole call
OBJECTION: Final = 0.7  # seconds in which a broker that does not like a certificate says so

BELIEVED: Final = "believes the bear's certificate; the bear that runs has the connection"

_CONNACK: Final = 0x20
_GOODBYE: Final = bytes.fromhex("e000")
# Session expiry of 30 days, as the link asks for: a shorter one would cut short what waits for the bear.
_KEPT: Final = bytes.fromhex("05 11") + (30 * 24 * 3600).to_bytes(4, "big")


@dataclass(frozen=True, slots=True)
class Seen:
    trouble: Trouble | None
    how_far: str = ""  # what was tried, where all went well


async def probe(address: BrokerAddress, tls: ssl.SSLContext | None, *, bear: BearId, runs: bool) -> Seen:
    """Behind TLS a broker takes whoever comes for the bear that the certificate names, and throws out
    the one that is there. So while a bear runs, only its certificate is shown.
    """
    where = f"{address.host}:{address.port}"
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection(address.host, address.port, ssl=tls)
            try:
                if tls is not None:
                    await _objections(reader)
                    if runs:
                        return Seen(None, BELIEVED)
                writer.write(_greeting(bear, known=tls is not None))
                code = await _answer(reader)
                writer.write(_GOODBYE)
            finally:
                writer.transport.abort()  # a farewell in TLS could take as long as the other end likes
                await asyncio.sleep(0)  # in which it is closed
    except (OSError, EOFError) as error:
        return Seen(trouble_of(error, where=where, secure=tls is not None))
    if code:
        return Seen(refused(code, where))
    return Seen(None, "lets the bear in")


async def _objections(reader: asyncio.StreamReader) -> None:
    """Raises what the broker says against the certificate: in TLS 1.3 that comes behind the handshake.

    Whoever speaks before has said it into a closing connection, which may swallow the objection.
    """
    try:
        async with asyncio.timeout(OBJECTION):
            if not await reader.read(1):
                raise EOFError
    except TimeoutError:
        return  # it waits for a greeting


async def _answer(reader: asyncio.StreamReader) -> int:
    """The reason code. Raises EOFError for what is no answer of a broker."""
    kind, length = await reader.readexactly(2)
    if kind != _CONNACK or not 3 <= length < 0x80:
        raise EOFError
    body = await reader.readexactly(length)
    return body[1]


def _greeting(bear: BearId, *, known: bool) -> bytes:
    """MQTT 5, 3.1. Behind TLS in the bear's own name, and its session stays as it is."""
    flags, properties, name = (0, _KEPT, bear) if known else (2, b"\0", f"{bear}-doctor")
    body = b"".join(
        (
            bytes.fromhex("0004 4d515454 05"),
            bytes([flags]),
            (20).to_bytes(2, "big"),
            properties,
            len(name).to_bytes(2, "big"),
            name.encode(),
        )
    )
    return bytes([0x10, len(body)]) + body
