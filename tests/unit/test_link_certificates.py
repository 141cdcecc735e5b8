"""Certificates: who is believed, what is a pair, what no longer counts, and what no bear may be called."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from teddy_cloud import settings
from teddy_cloud.fleet.authority import Authorities, has_authorities, open_authorities
from teddy_cloud.fleet.credentials import context_of, group_secret
from teddy_cloud.fleet.household import link_owner
from teddy_cloud.fleet.provisioning import write_provision
from teddy_cloud.settings import Role
from teddy_edge.identity import read_identity
from teddy_shared import topics
from teddy_shared.addresses import BrokerAddress, broker_address
from teddy_shared.clock import SeededChance, SystemChance, SystemClock
from teddy_shared.envelope import BearId
from teddy_shared.errors import ConfigError
from teddy_shared.seal import MemoryKeyRing
from teddy_shared.tls import Credentials, client_context, context_for

BEAR = BearId("bear-1")
OTHER = BearId("bear-2")


def authorities(folder: Path, *, seed: int = 1) -> Authorities:
    return open_authorities(folder, clock=SystemClock(), chance=SeededChance(seed))


def read(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def revoked(pem: str) -> set[int]:
    return {each.serial_number for each in x509.load_pem_x509_crl(pem.encode())}


def test_a_bears_certificate_bears_its_name_and_is_good_for_nothing_else(tmp_path: Path) -> None:
    found = read(authorities(tmp_path).enrol(BEAR).certificate)

    names = found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert [each.value for each in names] == [BEAR]
    usage = found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert found.not_valid_before_utc < datetime.now(UTC) < found.not_valid_after_utc


def test_bears_and_the_cloud_are_signed_by_authorities_that_do_not_vouch_for_each_other(
    tmp_path: Path,
) -> None:
    house = authorities(tmp_path)
    bears, cloud = read(house.of_bears), read(house.of_cloud)

    read(house.enrol(BEAR).certificate).verify_directly_issued_by(bears)
    read(house.client("teddy-cloud-1").certificate).verify_directly_issued_by(cloud)
    read(house.broker(["localhost"]).certificate).verify_directly_issued_by(cloud)
    with pytest.raises(ValueError, match="does not match"):
        read(house.enrol(BEAR).certificate).verify_directly_issued_by(cloud)
    assert house.enrol(BEAR).authority == house.of_cloud  # whom the bear believes


def test_authorities_are_made_once_and_their_keys_are_for_one_users_eyes(tmp_path: Path) -> None:
    folder = tmp_path / "authority"
    assert not has_authorities(folder)

    first, second = authorities(folder), authorities(folder, seed=2)

    assert has_authorities(folder)
    assert (first.of_bears, first.of_cloud) == (second.of_bears, second.of_cloud)
    assert {each.stat().st_mode & 0o077 for each in folder.glob("*.key")} == {0}
    assert folder.stat().st_mode & 0o077 == 0


def test_keys_and_serials_are_never_the_same_twice(tmp_path: Path) -> None:
    house = authorities(tmp_path)

    issued = [house.enrol(BEAR) for _ in range(50)]

    assert len({each.key for each in issued}) == 50
    assert len({read(each.certificate).serial_number for each in issued}) == 50


def test_what_is_withdrawn_is_listed_for_ever_and_what_comes_later_counts(tmp_path: Path) -> None:
    house = authorities(tmp_path)
    mine = [read(house.enrol(BEAR).certificate).serial_number for _ in range(2)]
    house.enrol(OTHER)

    listed = house.withdraw(BEAR)
    again = house.withdraw(BEAR)
    house.enrol(BEAR)
    later = authorities(tmp_path).withdrawn()

    assert revoked(listed.revocations) == revoked(again.revocations) == set(mine)
    assert listed.bears == [BEAR]
    assert (revoked(later.revocations), later.bears) == (set(mine), [])
    x509.load_pem_x509_crl(later.revocations.encode()).is_signature_valid(read(house.of_bears).public_key())  # type: ignore[arg-type]  # an EC key


def test_a_bear_that_nobody_enrolled_cannot_be_revoked_in_silence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="bear-2 never had a certificate"):
        authorities(tmp_path).withdraw(OTHER)


@pytest.mark.parametrize("name", ["teddy-cloud", "teddy-cloud-1", "teddy-cloudy"])
def test_no_bear_goes_by_a_name_of_the_cloud(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the cloud's own"):
        authorities(tmp_path).enrol(BearId(name))


def test_a_line_that_a_power_cut_left_unfinished_counts_for_nothing(tmp_path: Path) -> None:
    house = authorities(tmp_path)
    serial = read(house.enrol(BEAR).certificate).serial_number
    with (tmp_path / "register.jsonl").open("ab") as register:
        register.write(b'{"fact":"revo')

    assert revoked(house.withdrawn().revocations) == set()
    assert revoked(house.withdraw(BEAR).revocations) == {serial}


def test_a_damaged_register_or_a_missing_key_is_said_and_nothing_is_made_anew(tmp_path: Path) -> None:
    house = authorities(tmp_path)
    (tmp_path / "register.jsonl").write_bytes(b"nonsense\n")
    with pytest.raises(ConfigError, match="register"):
        house.withdrawn()
    (tmp_path / "bears.key").unlink()

    with pytest.raises(ConfigError, match="missing beside its certificate"):
        authorities(tmp_path)

    (tmp_path / "bears.key").write_bytes((tmp_path / "cloud.key").read_bytes())
    with pytest.raises(ConfigError, match="are no authority"):
        authorities(tmp_path)


def test_a_client_speaks_tls_1_3_and_compares_names(tmp_path: Path) -> None:
    context = client_context(authorities(tmp_path).enrol(BEAR))

    assert context.minimum_version is ssl.TLSVersion.TLSv1_3
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_what_is_no_pair_is_refused_in_a_sentence(tmp_path: Path) -> None:
    house = authorities(tmp_path)
    mine, other = house.enrol(BEAR), house.enrol(OTHER)

    for wrong in (
        replace(mine, key=other.key),
        replace(mine, certificate="nonsense"),
        replace(mine, authority=""),
        replace(mine, authority="\u00e4"),
        replace(mine, key=""),
    ):
        with pytest.raises(ConfigError, match="do not fit together"):
            client_context(wrong)


def test_a_broker_behind_tls_asks_for_credentials_and_one_on_this_machine_does_not() -> None:
    assert context_for(BrokerAddress("localhost", 1883), None) is None
    with pytest.raises(ConfigError, match="asks for a certificate"):
        context_for(BrokerAddress("broker.example", 8883, secure=True), None)


def test_a_key_is_shown_in_no_log(tmp_path: Path) -> None:
    house = authorities(tmp_path)

    assert "PRIVATE" not in f"{house.enrol(BEAR)!r} {house.broker(['localhost'])!r}"


def test_a_name_that_is_none_gets_no_certificate(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="neither the name nor the number"):
        authorities(tmp_path).broker(["bröker"])


@pytest.mark.parametrize(
    ("url", "means"),
    [
        ("mqtts://broker.example", BrokerAddress("broker.example", 8883, secure=True)),
        ("mqtts://10.0.0.1:1234", BrokerAddress("10.0.0.1", 1234, secure=True)),
        ("mqtt://localhost", BrokerAddress("localhost", 1883)),
        ("mqtt://[::1]:1884", BrokerAddress("::1", 1884)),
    ],
)
def test_addresses_say_whether_the_way_is_secure(url: str, means: BrokerAddress) -> None:
    assert broker_address(url) == means


@pytest.mark.parametrize("host", ["broker.example", "10.0.0.1", "localhost.evil.example", "0.0.0.0"])
def test_nothing_crosses_a_network_in_the_open(host: str) -> None:
    with pytest.raises(ConfigError, match=f"it is mqtts://{host}"):
        broker_address(f"mqtt://{host}")


def test_the_kernels_chance_makes_authorities_too(tmp_path: Path) -> None:
    made = open_authorities(tmp_path, clock=SystemClock(), chance=SystemChance())

    assert client_context(made.client("teddy-cloud-1")).check_hostname


# --- the file from provisioning ---------------------------------------------------------------------------


def written(folder: Path, credentials: Credentials | None) -> Path:
    keys = MemoryKeyRing(chance=SeededChance(2))
    keys.create(link_owner(BEAR))
    write_provision(folder / "bear.toml", BEAR, keys, credentials)
    return folder / "bear.toml"


def test_what_is_written_for_a_bear_is_what_it_reads(tmp_path: Path) -> None:
    credentials = authorities(tmp_path / "authority").enrol(BEAR)

    second, first = read_identity(written(tmp_path, credentials)), read_identity(written(tmp_path, None))

    assert (second.bear, second.credentials) == (BEAR, credentials)
    assert (first.bear, first.credentials, first.link_key) == (BEAR, None, second.link_key)
    assert "PRIVATE" not in repr(second)
    assert second.link_key is not None
    assert second.link_key.hex() not in repr(second)


@pytest.mark.parametrize(
    "harm",
    [
        lambda text: text.replace("version = 2", "version = 3"),
        lambda text: text.replace("authority = ", "authorities = "),
        lambda text: text[: text.index("key = '''")] + "key = 5\n",
        lambda text: text[:-20],
    ],
    ids=["another version", "a part gone", "of another type", "cut off"],
)
def test_a_file_that_does_not_fit_is_refused_in_a_sentence(
    harm: Callable[[str], str], tmp_path: Path
) -> None:
    file = written(tmp_path, authorities(tmp_path / "authority").enrol(BEAR))
    file.write_text(harm(file.read_text()))

    with pytest.raises(ConfigError, match="provision the bear again"):
        read_identity(file)


# --- what the cloud itself shows --------------------------------------------------------------------------


def shown(folder: Path, **overrides: str | Path) -> ssl.SSLContext | None:
    named = {"data": folder, "broker": "mqtts://broker.example"}
    where = settings.load(environment={}, overrides={**named, **overrides})
    return context_of(where, Role.INGEST, clock=SystemClock(), chance=SeededChance(1))


def test_the_cloud_makes_a_certificate_for_itself_or_shows_one_that_it_is_given(tmp_path: Path) -> None:
    assert shown(tmp_path, broker="mqtt://127.0.0.1") is None
    with pytest.raises(ConfigError, match="teddy cloud broker-config"):
        shown(tmp_path)
    given = authorities(tmp_path / "authority").client("teddy-cloud-ingest")
    assert shown(tmp_path) is not None

    files = {}
    for name in ("authority", "certificate", "key"):
        files[f"tls.{name}"] = tmp_path / f"{name}.pem"
        files[f"tls.{name}"].write_text(getattr(given, name))
    assert shown(tmp_path / "elsewhere", **files) is not None


def test_half_of_what_the_cloud_needs_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"tls.certificate is missing"):
        shown(tmp_path, **{"tls.authority": __file__})
    with pytest.raises(ConfigError, match="cannot read"):
        shown(
            tmp_path, **{f"tls.{name}": tmp_path / "nothing" for name in ("authority", "certificate", "key")}
        )


def test_workers_that_share_keys_meet_in_one_group_and_nobody_else_finds_it() -> None:
    ours, others = MemoryKeyRing(chance=SeededChance(1)), MemoryKeyRing(chance=SeededChance(2))

    mine = topics.hidden(topics.INGEST_EVENTS, group_secret(ours))

    assert mine == topics.hidden(topics.INGEST_EVENTS, group_secret(ours))
    assert mine != topics.hidden(topics.INGEST_EVENTS, group_secret(others))
    assert mine.endswith(topics.INGEST_EVENTS.removeprefix("$share/ingest"))
    assert topics.hidden(topics.EVERY_STATUS, "x") == topics.EVERY_STATUS
