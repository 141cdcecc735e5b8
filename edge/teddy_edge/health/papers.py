"""Settings, provisioning and certificate: whether the bear knows who it is."""

from __future__ import annotations

import asyncio
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from teddy_edge.health.finding import Finding, note, unseen, well, wrong
from teddy_edge.health.patient import Patient
from teddy_shared.addresses import broker_address
from teddy_shared.errors import ConfigError
from teddy_shared.tls import Credentials, client_context

SOON: Final = timedelta(days=60)
AGAIN: Final = "provision the bear again"


async def settings(patient: Patient) -> Finding:
    if patient.unsettled is not None:
        return wrong(patient.unsettled, "mend that; what follows was looked at without the settings files")
    return well(f"data in {patient.data}")


async def provisioning(patient: Patient) -> Finding:
    file = patient.settings.link.provision
    if patient.unidentified is not None:
        return wrong(patient.unidentified, AGAIN)
    if file is None:
        if patient.settings.link.broker:
            return wrong("a broker is named, and no file from provisioning", "set link.provision")
        return note("there is no file from provisioning: the bear talks, and has no cloud")
    if await asyncio.to_thread(_open_to_others, file):
        return wrong(f"others on this machine may read the keys in {file}", f"chmod 600 {file}")
    return well(f"this is {patient.identity.bear}")


async def certificate(patient: Patient) -> Finding:
    credentials = patient.identity.credentials
    if credentials is None:
        return _without(patient)
    return await asyncio.to_thread(_judged, credentials, patient)


def _without(patient: Patient) -> Finding:
    if patient.unidentified is not None:
        return unseen("the file from provisioning cannot be read")
    try:
        secure = bool(patient.settings.link.broker) and broker_address(patient.settings.link.broker).secure
    except ConfigError:
        secure = False  # the broker's own check says what is wrong with it
    if secure:
        return wrong("the broker asks for a certificate, and this bear has none", AGAIN)
    return note("there is none, and none is needed for a broker on the same machine")


def _judged(credentials: Credentials, patient: Patient) -> Finding:
    from cryptography import x509  # here, since it takes a tenth of a second, which a bear's start has not
    from cryptography.x509.oid import NameOID

    try:
        client_context(credentials)
    except ConfigError as error:
        return wrong(str(error), AGAIN)
    found = x509.load_pem_x509_certificate(credentials.certificate.encode())
    names = [each.value for each in found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    bear, now = patient.identity.bear, datetime.fromtimestamp(patient.clock.wall(), UTC)
    begins, ends = found.not_valid_before_utc, found.not_valid_after_utc
    if names != [bear]:
        return wrong(f"it is for {', '.join(map(str, names))}, and this bear is {bear}", AGAIN)
    if now < begins:
        return wrong(
            f"by this bear's clock it is {now:%Y-%m-%d}, and the certificate counts from {begins:%Y-%m-%d}",
            "set the clock",
        )
    if now > ends:
        return wrong(f"it ran out on {ends:%Y-%m-%d}", f"look at the clock; if that is right, {AGAIN}")
    if ends - now < SOON:
        return note(f"it runs out on {ends:%Y-%m-%d}", AGAIN)
    return well(f"for {bear}, until {ends:%Y-%m-%d}")


def _open_to_others(file: Path) -> bool:
    return bool(file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
