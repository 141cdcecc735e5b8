"""The pieces that packets are made of: numbers, texts and properties, to bytes and back."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Final, cast

from teddy_cloud.mqtt.packets import Properties, Property, Value
from teddy_shared.errors import LinkError

LARGEST_NUMBER: Final = 268_435_455  # of four bytes with seven bits each


class MalformedPacket(LinkError):
    """The peer sent what is no MQTT 5, or what we do not speak. The connection is of no use any more."""


def byte(value: int) -> bytes:
    return struct.pack("B", value)


def two(value: int) -> bytes:
    return struct.pack(">H", value)


def four(value: int) -> bytes:
    return struct.pack(">I", value)


def number(value: int) -> bytes:
    """A variable byte integer (1.5.5)."""
    if not 0 <= value <= LARGEST_NUMBER:
        raise ValueError(f"{value} does not fit into four bytes")
    out = bytearray()
    while True:
        value, low = divmod(value, 128)
        out.append(low | 128 if value else low)
        if not value:
            return bytes(out)


def data(value: bytes) -> bytes:
    return two(len(value)) + value


def text(value: str) -> bytes:
    if "\0" in value:
        raise ValueError("MQTT texts hold no NUL")
    return data(value.encode())


class Reader:
    """Takes the pieces out of a packet's body, one after the other. Raises MalformedPacket."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    @property
    def more(self) -> bool:
        return self._at < len(self._body)

    def take(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._body):
            raise MalformedPacket(f"a packet of {len(self._body)} bytes ends too early")
        taken = self._body[self._at : end]
        self._at = end
        return taken

    def rest(self) -> bytes:
        return self.take(len(self._body) - self._at)

    def byte(self) -> int:
        return self.take(1)[0]

    def two(self) -> int:
        return int.from_bytes(self.take(2), "big")

    def four(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def number(self) -> int:
        value = 0
        for place in range(4):
            part = self.byte()
            value |= (part & 127) << (7 * place)
            if part < 128:
                if part == 0 and place:
                    raise MalformedPacket("a number is longer than it need be")
                return value
        raise MalformedPacket("a number has more than four bytes")

    def data(self) -> bytes:
        return self.take(self.two())

    def text(self) -> str:
        try:
            found = self.data().decode()
        except UnicodeDecodeError:
            raise MalformedPacket("a text is not UTF-8") from None
        if "\0" in found:
            raise MalformedPacket("a text holds a NUL")
        return found

    def properties(self) -> Properties:
        inner = Reader(self.take(self.number()))
        found: dict[Property, Value] = {}
        while inner.more:
            name = _property(inner.number())
            if name in _REPEATED:
                before = cast(tuple[object, ...], found.get(name, ()))
                found[name] = cast(Value, (*before, _REPEATED[name][1](inner)))
            elif name in found:
                raise MalformedPacket(f"{name.name} comes twice")
            else:
                found[name] = _SINGLE[name][1](inner)
        return found


def properties(given: Properties) -> bytes:
    if not given:
        return b"\0"
    parts = []
    for name, value in given.items():
        if name in _REPEATED:
            write = _REPEATED[name][0]
            parts += [byte(name) + write(each) for each in cast(tuple[object, ...], value)]
        else:
            parts.append(byte(name) + _SINGLE[name][0](value))
    body = b"".join(parts)
    return number(len(body)) + body


def _property(found: int) -> Property:
    try:
        return Property(found)
    except ValueError:
        raise MalformedPacket(f"there is no property {found}") from None


def _pair(value: tuple[str, str]) -> bytes:
    return text(value[0]) + text(value[1])


def _read_pair(reader: Reader) -> tuple[str, str]:
    return reader.text(), reader.text()


# How each property is written and read. The casts stand here, since the table cannot be typed.
_Write = Callable[[object], bytes]
_BYTE: Final = (cast(_Write, byte), Reader.byte)
_TWO: Final = (cast(_Write, two), Reader.two)
_FOUR: Final = (cast(_Write, four), Reader.four)
_TEXT: Final = (cast(_Write, text), Reader.text)
_DATA: Final = (cast(_Write, data), Reader.data)

_SINGLE: Final[Mapping[Property, tuple[_Write, Callable[[Reader], Value]]]] = {
    Property.PAYLOAD_FORMAT: _BYTE,
    Property.MESSAGE_EXPIRY: _FOUR,
    Property.CONTENT_TYPE: _TEXT,
    Property.RESPONSE_TOPIC: _TEXT,
    Property.CORRELATION_DATA: _DATA,
    Property.SESSION_EXPIRY: _FOUR,
    Property.ASSIGNED_CLIENT_ID: _TEXT,
    Property.SERVER_KEEP_ALIVE: _TWO,
    Property.AUTHENTICATION_METHOD: _TEXT,
    Property.AUTHENTICATION_DATA: _DATA,
    Property.REQUEST_PROBLEM_INFORMATION: _BYTE,
    Property.WILL_DELAY: _FOUR,
    Property.REQUEST_RESPONSE_INFORMATION: _BYTE,
    Property.RESPONSE_INFORMATION: _TEXT,
    Property.SERVER_REFERENCE: _TEXT,
    Property.REASON_STRING: _TEXT,
    Property.RECEIVE_MAXIMUM: _TWO,
    Property.TOPIC_ALIAS_MAXIMUM: _TWO,
    Property.TOPIC_ALIAS: _TWO,
    Property.MAXIMUM_QOS: _BYTE,
    Property.RETAIN_AVAILABLE: _BYTE,
    Property.MAXIMUM_PACKET_SIZE: _FOUR,
    Property.WILDCARDS_AVAILABLE: _BYTE,
    Property.SUBSCRIPTION_IDENTIFIERS_AVAILABLE: _BYTE,
    Property.SHARED_SUBSCRIPTIONS_AVAILABLE: _BYTE,
}
_REPEATED: Final[Mapping[Property, tuple[_Write, Callable[[Reader], object]]]] = {
    Property.SUBSCRIPTION_IDENTIFIER: (cast(_Write, number), Reader.number),
    Property.USER_PROPERTY: (cast(_Write, _pair), _read_pair),
}
