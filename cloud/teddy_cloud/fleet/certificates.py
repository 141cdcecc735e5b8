"""Certificates for bears, brokers and the cloud itself, and the list of those that no longer count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from teddy_shared.clock import Chance, Clock
from teddy_shared.errors import ConfigError

CURVE: Final = ec.SECP256R1()
ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of that curve
SERIAL_BYTES: Final = 16  # RFC 5280 allows 20; unguessable, and never twice

DAY: Final = timedelta(days=1)
BACKDATED: Final = DAY  # a bear without a battery for its clock lives in the past until it has a network
AUTHORITY_LIVES: Final = 30 * 365 * DAY
BEAR_LIVES: Final = 10 * 365 * DAY  # as long as a bear may: nothing renews it over the link yet
BROKER_LIVES: Final = 2 * 365 * DAY
CLOUD_LIVES: Final = 2 * 365 * DAY  # made anew at every start
LIST_LIVES: Final = 10 * 365 * DAY  # a broker whose list has run out refuses every bear


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate with its key, PEM, and what the register notes of it."""

    name: str
    serial: int
    until: datetime
    certificate: str
    key: str = field(repr=False)


class Authority:
    """Signs certificates. One authority signs bears and nothing else, another the cloud's own."""

    def __init__(
        self, *, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey, clock: Clock, chance: Chance
    ) -> None:
        self._certificate = certificate
        self._key = key
        self._clock = clock
        self._chance = chance

    @property
    def certificate(self) -> str:
        return _pem(self._certificate)

    @property
    def key(self) -> str:
        return _key_pem(self._key)

    def bear(self, name: str) -> Issued:
        """With which a bear of this name may speak to a broker, and do nothing else."""
        return self._issue(name, [x509.DNSName(name)], ExtendedKeyUsageOID.CLIENT_AUTH, BEAR_LIVES)

    def cloud(self, name: str) -> Issued:
        """With which a part of the cloud may speak to a broker."""
        return self._issue(name, [x509.DNSName(name)], ExtendedKeyUsageOID.CLIENT_AUTH, CLOUD_LIVES)

    def broker(self, hosts: Sequence[str]) -> Issued:
        """For a broker that is dialled by these names or numbers. Raises ConfigError."""
        names = [_host(each) for each in hosts]
        return self._issue(hosts[0][:64], names, ExtendedKeyUsageOID.SERVER_AUTH, BROKER_LIVES)

    def revocations(self, revoked: Mapping[int, datetime]) -> str:
        """The list of certificates that no longer count, PEM, from their serials and since when."""
        now = _now(self._clock)
        listed = (
            x509.CertificateRevocationListBuilder(
                issuer_name=self._certificate.subject,
                last_update=now - BACKDATED,
                next_update=now + LIST_LIVES,
            )
            .add_extension(self._signed_by(), critical=False)
            .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
        )
        for serial, at in sorted(revoked.items()):
            one = x509.RevokedCertificateBuilder(serial_number=serial, revocation_date=at).build()
            listed = listed.add_revoked_certificate(one)
        return listed.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()

    def _issue(
        self, name: str, hosts: Sequence[x509.GeneralName], use: x509.ObjectIdentifier, lives: timedelta
    ) -> Issued:
        key, now = _new_key(self._chance), _now(self._clock)
        certificate = (
            _certificate(name, self._certificate.subject, key, now, lives, self._chance)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([use]), critical=True)
            .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
            .add_extension(self._signed_by(), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return Issued(
            name,
            certificate.serial_number,
            certificate.not_valid_after_utc,
            _pem(certificate),
            _key_pem(key),
        )

    def _signed_by(self) -> x509.AuthorityKeyIdentifier:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())


def new_authority(name: str, *, clock: Clock, chance: Chance) -> Authority:
    """One that signs itself."""
    key = _new_key(chance)
    certificate = (
        _certificate(name, _named(name), key, _now(clock), AUTHORITY_LIVES, chance)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(certificate=certificate, key=key, clock=clock, chance=chance)


def kept_authority(certificate: bytes, key: bytes, *, clock: Clock, chance: Chance) -> Authority:
    """From PEM. Raises ValueError for what is none."""
    found = serialization.load_pem_private_key(key, password=None)
    if not isinstance(found, ec.EllipticCurvePrivateKey):
        raise ValueError("a key of another kind")
    signed = x509.load_pem_x509_certificate(certificate)
    if signed.public_key() != found.public_key():
        raise ValueError("the key of another certificate")
    return Authority(certificate=signed, key=found, clock=clock, chance=chance)


def _certificate(
    name: str,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    now: datetime,
    lives: timedelta,
    chance: Chance,
) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(
        subject_name=_named(name),
        issuer_name=issuer,
        public_key=key.public_key(),
        serial_number=1 + chance.below(1 << (8 * SERIAL_BYTES)),
        not_valid_before=now - BACKDATED,
        not_valid_after=now + lives,
    ).add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)


def _usage(*, signs: bool) -> x509.KeyUsage:
    """An authority signs certificates and lists; everybody else signs handshakes."""
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _new_key(chance: Chance) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(1 + chance.below(ORDER - 1), CURVE)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        pass  # then it is a name
    try:
        return x509.DNSName(text)
    except ValueError:
        raise ConfigError(f"{text} is neither the name nor the number of a machine") from None


def _now(clock: Clock) -> datetime:
    return datetime.fromtimestamp(clock.wall(), UTC).replace(microsecond=0)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
