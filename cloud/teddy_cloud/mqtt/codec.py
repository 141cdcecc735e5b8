"""Packets to bytes, and bytes as they come to packets. No socket, no clock."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from teddy_cloud.mqtt import fields
from teddy_cloud.mqtt.fields import LARGEST_NUMBER, MalformedPacket, Reader
from teddy_cloud.mqtt.packets import (
    ConnAck,
    Connect,
    Disconnect,
    Packet,
    PingReq,
    PingResp,
    PubAck,
    Publish,
    SubAck,
    Subscribe,
    Subscription,
    Will,
)

LARGEST: Final = 4 * 1024 * 1024  # bytes of a packet; a peer that announces more is cut off

_PROTOCOL: Final = fields.text("MQTT") + b"\x05"
_WILDCARD: Final = re.compile(r"[#+]")


def encode(packet: Packet) -> bytes:
    """Raises ValueError for what cannot be said in MQTT."""
    match packet:
        case Publish():
            return _publish(packet)
        case PubAck(packet_id, 0, properties) if not properties:
            return b"\x40\x02" + fields.two(packet_id)
        case PubAck(packet_id, reason, properties):
            return _packed(0x40, fields.two(packet_id) + fields.byte(reason) + fields.properties(properties))
        case Connect():
            return _packed(0x10, _connect(packet))
        case ConnAck(present, reason, properties):
            return _packed(0x20, fields.byte(present) + fields.byte(reason) + fields.properties(properties))
        case Subscribe(packet_id, subscriptions, properties):
            wanted = b"".join(map(_subscription, subscriptions))
            return _packed(0x82, fields.two(packet_id) + fields.properties(properties) + wanted)
        case SubAck(packet_id, reasons, properties):
            return _packed(0x90, fields.two(packet_id) + fields.properties(properties) + bytes(reasons))
        case PingReq():
            return b"\xc0\x00"
        case PingResp():
            return b"\xd0\x00"
        case Disconnect(reason, properties):
            return _packed(0xE0, fields.byte(reason) + fields.properties(properties))


class Parser:
    """Takes bytes in pieces of any size and gives whole packets. After MalformedPacket it is of no use."""

    def __init__(self, *, largest: int = LARGEST) -> None:
        self._largest = largest
        self._buffer = bytearray()  # bounded: a packet larger than `largest` is refused by its first bytes

    def feed(self, data: bytes) -> list[Packet]:
        """What is complete by now. Raises MalformedPacket."""
        self._buffer += data
        packets: list[Packet] = []
        at = 0
        while (frame := self._frame(at)) is not None:
            begin, end = frame
            packets.append(_decode(self._buffer[at], bytes(self._buffer[begin:end])))
            at = end
        del self._buffer[:at]
        return packets

    def _frame(self, at: int) -> tuple[int, int] | None:
        """Where the body of the packet at this place begins and ends; None while it is not complete."""
        size = 0
        head = self._buffer[at + 1 : at + 5]
        for place, part in enumerate(head):
            size |= (part & 127) << (7 * place)
            if part < 128:
                if part == 0 and place:
                    raise MalformedPacket("a length is longer than it need be")
                if size > self._largest:
                    raise MalformedPacket(f"a packet of {size} bytes, and {self._largest} are allowed")
                begin = at + 2 + place
                return (begin, begin + size) if begin + size <= len(self._buffer) else None
        if len(head) == 4:
            raise MalformedPacket("a length has more than four bytes")
        return None


def _packed(first: int, body: bytes) -> bytes:
    return fields.byte(first) + fields.number(len(body)) + body


def _publish(packet: Publish) -> bytes:
    if packet.qos not in (0, 1) or (packet.qos == 1) != (0 < packet.packet_id < 65536):
        raise ValueError("a message of QoS 1 has a number, one of QoS 0 has none, and there is no QoS 2")
    if not packet.topic or _WILDCARD.search(packet.topic):
        raise ValueError("a message goes to one topic")
    first = 0x30 | packet.dup << 3 | packet.qos << 1 | packet.retain
    number = fields.two(packet.packet_id) if packet.qos else b""
    head = fields.text(packet.topic) + number + fields.properties(packet.properties)
    return fields.byte(first) + fields.number(len(head) + len(packet.payload)) + head + packet.payload


def _connect(packet: Connect) -> bytes:
    flags = packet.clean_start << 1
    tail = [fields.text(packet.client_id)]
    if (will := packet.will) is not None:
        flags |= 0x04 | will.qos << 3 | will.retain << 5
        tail += [fields.properties(will.properties), fields.text(will.topic), fields.data(will.payload)]
    if packet.username is not None:
        flags |= 0x80
        tail.append(fields.text(packet.username))
    if packet.password is not None:
        flags |= 0x40
        tail.append(fields.data(packet.password))
    head = _PROTOCOL + fields.byte(flags) + fields.two(packet.keepalive)
    return head + fields.properties(packet.properties) + b"".join(tail)


def _subscription(wanted: Subscription) -> bytes:
    options = (
        wanted.qos | wanted.no_local << 2 | wanted.retain_as_published << 3 | wanted.retain_handling << 4
    )
    return fields.text(wanted.topic) + fields.byte(options)


def _decode(first: int, body: bytes) -> Packet:
    kind, flags = first >> 4, first & 15
    if kind == 3:
        return _read_publish(flags, body)
    if kind not in _READERS:
        raise MalformedPacket(f"we do not speak packets of type {kind}")
    if flags != (2 if kind == 8 else 0):
        raise MalformedPacket(f"a packet of type {kind} with the flags {flags}")
    reader = Reader(body)
    packet = _READERS[kind](reader)
    if reader.more:
        raise MalformedPacket(f"a packet of type {kind} goes on behind its end")
    return packet


def _read_publish(flags: int, body: bytes) -> Publish:
    qos, retain, dup = flags >> 1 & 3, bool(flags & 1), bool(flags & 8)
    if qos > 1:
        raise MalformedPacket(f"a message of QoS {qos}")
    if dup and not qos:
        raise MalformedPacket("a message of QoS 0 that comes again")
    reader = Reader(body)
    topic = reader.text()
    if not topic or _WILDCARD.search(topic):
        raise MalformedPacket("a message that goes to no topic, or to many")
    packet_id = _numbered(reader) if qos else 0
    properties = reader.properties()
    return Publish(topic, reader.rest(), qos, packet_id, retain, dup, properties)


def _read_connect(reader: Reader) -> Connect:
    if reader.take(len(_PROTOCOL)) != _PROTOCOL:
        raise MalformedPacket("a client that does not speak MQTT 5")
    flags = reader.byte()
    keepalive, properties, client_id = reader.two(), reader.properties(), reader.text()
    will_qos = flags >> 3 & 3
    if flags & 1 or will_qos > 1 or (flags & 0x38 and not flags & 4):
        raise MalformedPacket(f"a client with the flags {flags}")
    will = None
    if flags & 4:
        will_properties, topic, payload = reader.properties(), reader.text(), reader.data()
        will = Will(topic, payload, will_qos, bool(flags & 0x20), will_properties)
    username = reader.text() if flags & 0x80 else None
    password = reader.data() if flags & 0x40 else None
    return Connect(client_id, bool(flags & 2), keepalive, will, username, password, properties)


def _read_connack(reader: Reader) -> ConnAck:
    flags = reader.byte()
    if flags > 1:
        raise MalformedPacket(f"an answer to a client with the flags {flags}")
    return ConnAck(bool(flags), reader.byte(), reader.properties())


def _read_puback(reader: Reader) -> PubAck:
    packet_id = _numbered(reader)
    reason = reader.byte() if reader.more else 0
    return PubAck(packet_id, reason, reader.properties() if reader.more else {})


def _read_subscribe(reader: Reader) -> Subscribe:
    packet_id, properties = _numbered(reader), reader.properties()
    wanted: list[Subscription] = []
    while reader.more or not wanted:
        topic, options = reader.text(), reader.byte()
        qos, handling = options & 3, options >> 4
        if qos > 2 or handling > 2:
            raise MalformedPacket(f"a subscription with the options {options}")
        wanted.append(Subscription(topic, qos, bool(options & 4), bool(options & 8), handling))
    return Subscribe(packet_id, tuple(wanted), properties)


def _read_suback(reader: Reader) -> SubAck:
    packet_id, properties = _numbered(reader), reader.properties()
    if not reader.more:
        raise MalformedPacket("an answer to no subscription")
    return SubAck(packet_id, tuple(reader.rest()), properties)


def _read_disconnect(reader: Reader) -> Disconnect:
    reason = reader.byte() if reader.more else 0
    return Disconnect(reason, reader.properties() if reader.more else {})


def _numbered(reader: Reader) -> int:
    packet_id = reader.two()
    if not packet_id:
        raise MalformedPacket("a packet with the number 0")
    return packet_id


_READERS: Final[Mapping[int, Callable[[Reader], Packet]]] = {
    1: _read_connect,
    2: _read_connack,
    4: _read_puback,
    8: _read_subscribe,
    9: _read_suback,
    12: lambda _: PingReq(),
    13: lambda _: PingResp(),
    14: _read_disconnect,
}

__all__ = ["LARGEST", "LARGEST_NUMBER", "MalformedPacket", "Parser", "encode"]
