"""MQTT 5 packets: read back as written, in pieces of any size; all other bytes are malformed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teddy_cloud.mqtt.codec import Parser, encode
from teddy_cloud.mqtt.fields import LARGEST_NUMBER, MalformedPacket, Reader, number
from teddy_cloud.mqtt.packets import (
    ConnAck,
    Connect,
    Disconnect,
    Packet,
    PingReq,
    PingResp,
    Property,
    PubAck,
    Publish,
    SubAck,
    Subscribe,
    Subscription,
    Will,
)

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
topics = st.text(st.characters(exclude_characters="\0+#", exclude_categories=["Cs"]), min_size=1, max_size=20)
blobs = st.binary(max_size=40)
bytes_ = st.integers(0, 255)
shorts = st.integers(0, 65535)
numbers = st.integers(1, 65535)

SHAPES = {
    "PAYLOAD_FORMAT MAXIMUM_QOS RETAIN_AVAILABLE WILDCARDS_AVAILABLE REQUEST_PROBLEM_INFORMATION": bytes_,
    "SERVER_KEEP_ALIVE RECEIVE_MAXIMUM TOPIC_ALIAS_MAXIMUM TOPIC_ALIAS": shorts,
    "MESSAGE_EXPIRY SESSION_EXPIRY WILL_DELAY MAXIMUM_PACKET_SIZE": st.integers(0, 2**32 - 1),
    "CONTENT_TYPE RESPONSE_TOPIC ASSIGNED_CLIENT_ID REASON_STRING SERVER_REFERENCE": texts,
    "CORRELATION_DATA AUTHENTICATION_DATA": blobs,
    "SUBSCRIPTION_IDENTIFIER": st.lists(st.integers(0, LARGEST_NUMBER), min_size=1, max_size=3).map(tuple),
    "USER_PROPERTY": st.lists(st.tuples(texts, texts), min_size=1, max_size=3).map(tuple),
}
properties = st.fixed_dictionaries(
    {}, optional={Property[name]: shape for names, shape in SHAPES.items() for name in names.split()}
)

publishes = st.one_of(
    st.builds(Publish, topics, blobs, st.just(0), st.just(0), st.booleans(), st.just(False), properties),
    st.builds(Publish, topics, blobs, st.just(1), numbers, st.booleans(), st.booleans(), properties),
)
wills = st.builds(Will, texts, blobs, st.integers(0, 1), st.booleans(), properties)
subscriptions = st.builds(
    Subscription, texts, st.integers(0, 2), st.booleans(), st.booleans(), st.integers(0, 2)
)
packets: st.SearchStrategy[Packet] = st.one_of(
    publishes,
    st.builds(
        *(Connect, texts, st.booleans(), shorts, st.none() | wills, st.none() | texts, st.none() | blobs),
        properties,
    ),
    st.builds(ConnAck, st.booleans(), bytes_, properties),
    st.builds(PubAck, numbers, bytes_, properties),
    st.builds(Subscribe, numbers, st.lists(subscriptions, min_size=1, max_size=3).map(tuple), properties),
    st.builds(SubAck, numbers, st.lists(bytes_, min_size=1, max_size=3).map(tuple), properties),
    st.just(PingReq()),
    st.just(PingResp()),
    st.builds(Disconnect, bytes_, properties),
)


@given(packet=packets)
def test_a_packet_is_read_back_as_it_was_written(packet: Packet) -> None:
    assert Parser().feed(encode(packet)) == [packet]


@given(sent=st.lists(packets, max_size=5), data=st.data())
def test_packets_may_come_in_pieces_of_any_size(sent: list[Packet], data: st.DataObject) -> None:
    whole = b"".join(map(encode, sent))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    parser = Parser()

    read = [
        packet
        for begin, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)
        for packet in parser.feed(whole[begin:end])
    ]

    assert read == sent


@given(data=st.binary(max_size=200))
def test_any_other_bytes_are_malformed_or_not_complete_and_nothing_worse(data: bytes) -> None:
    _fed(data)


@given(packet=packets, data=st.data())
def test_an_altered_packet_is_read_or_malformed_and_nothing_worse(
    packet: Packet, data: st.DataObject
) -> None:
    altered = bytearray(encode(packet))
    for _ in range(data.draw(st.integers(1, 3))):
        altered[data.draw(st.integers(0, len(altered) - 1))] = data.draw(bytes_)

    for found in _fed(bytes(altered)) or ():
        if not isinstance(found, Publish | PubAck | Disconnect):  # those may be written in two ways
            assert Parser().feed(encode(found)) == [found]


@given(value=st.integers(0, LARGEST_NUMBER))
def test_a_number_takes_as_few_bytes_as_it_can(value: int) -> None:
    written = number(value)

    assert Reader(written).number() == value
    assert len(written) == max(1, -(-value.bit_length() // 7))


def test_a_packet_that_is_larger_than_allowed_is_refused_by_its_first_bytes() -> None:
    with pytest.raises(MalformedPacket, match="1000 are allowed"):
        Parser(largest=1000).feed(b"\x30" + number(1001))


def test_what_mqtt_cannot_say_is_an_error_of_whoever_says_it() -> None:
    for wrong in (
        Publish("bears/+", b""),
        Publish("", b""),
        Publish("bears", b"", qos=2, packet_id=1),
        Publish("bears", b"", qos=1),
        Publish("bears\0", b""),
    ):
        with pytest.raises(ValueError, match=r"QoS|topic|NUL"):
            encode(wrong)


def _fed(data: bytes) -> list[Packet] | None:
    try:
        return Parser().feed(data)
    except MalformedPacket:
        return None
