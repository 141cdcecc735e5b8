"""Addresses of stores: one server, some behind sentinels, some of a cluster."""

from __future__ import annotations

import pytest

from teddy_shared.addresses import StoreAddress, StoreForm, store_address
from teddy_shared.errors import ConfigError


@pytest.mark.parametrize(
    "url", ["redis://one", "rediss://u:p@one:1/3?x=1", "unix:///run/redis.sock", "redis://[::1]:1"]
)
def test_one_server_is_addressed_as_it_stands(url: str) -> None:
    assert store_address(url) == StoreAddress(StoreForm.ONE, (url,))


def test_the_sentinels_share_name_password_and_options() -> None:
    address = store_address("rediss+sentinel://bear:secret@one:1,two/teddy?ssl_ca_certs=ca.pem")

    assert address.form is StoreForm.SENTINEL
    assert address.service == "teddy"
    assert address.urls == (
        "rediss://bear:secret@one:1?ssl_ca_certs=ca.pem",
        "rediss://bear:secret@two?ssl_ca_certs=ca.pem",
    )


def test_a_cluster_is_addressed_by_some_of_its_nodes() -> None:
    assert store_address("redis+cluster://one:1,[::1]:2") == StoreAddress(
        StoreForm.CLUSTER, ("redis://one:1", "redis://[::1]:2")
    )


@pytest.mark.parametrize(
    "url",
    [
        *(
            "localhost:6379",
            "http://one",
            "redis://",
            "unix://",
            "redis://[::1",
            "redis://one:0",
            "redis://one:port",
        ),
        *(
            "redis+ring://one",
            "redis+sentinel://one",
            "redis+cluster://one/teddy",
            "redis+cluster://one,,two",
        ),
        *("redis+cluster://one:99999", "unix+cluster:///run/redis.sock", "redis+cluster://"),
    ],
)
def test_what_cannot_be_an_address_is_said_so(url: str) -> None:
    with pytest.raises(ConfigError, match=r"store|port"):
        store_address(url)


def test_a_wrong_address_does_not_tell_its_password() -> None:
    with pytest.raises(ConfigError, match="…@one:port") as refused:
        store_address("redis://bear:secret@one:port")

    assert "secret" not in str(refused.value)
