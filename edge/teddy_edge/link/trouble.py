"""Why the bear is not connected, in words for whoever stands beside it. Pure."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

AGAIN: Final = "provision the bear again"


class Cause(StrEnum):
    """One for each thing that a person would do something else about."""

    NAME = "name"  # nobody knows the broker's name
    AWAY = "away"  # the way there is closed
    SILENT = "silent"  # it does not answer
    NO_TLS = "no_tls"  # it answers, but does not speak TLS
    WANTS_TLS = "wants_tls"  # it hangs up, as those do that speak TLS alone
    STRANGER = "stranger"  # it shows a certificate that this bear does not believe
    OTHER_NAME = "other_name"  # it shows a certificate for another name
    TOO_EARLY = "too_early"  # its certificate counts from a day that this bear has not reached
    TOO_LATE = "too_late"  # its certificate has run out
    NO_PAPERS = "no_papers"  # it wants a certificate
    REVOKED = "revoked"
    NOT_BELIEVED = "not_believed"  # it does not believe this bear's certificate
    HUNG_UP = "hung_up"  # it closes without a word
    TWIN = "twin"  # somebody else came with the papers of this bear
    UNSTEADY = "unsteady"  # connections come about and end at once, one after the other
    SENT_AWAY = "sent_away"  # it ended a connection that stood, and said why
    REFUSED = "refused"  # it says no to the greeting
    MUTED = "muted"  # it takes nothing of what this bear says
    DEAF = "deaf"  # it refuses to tell the bear what it must hear


NETWORK: Final = frozenset({Cause.NAME, Cause.AWAY, Cause.SILENT})
REFUSALS: Final = frozenset({Cause.NO_PAPERS, Cause.REVOKED, Cause.NOT_BELIEVED})


@dataclass(frozen=True, slots=True)
class Trouble:
    cause: Cause
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.what}: {self.remedy}"


# OpenSSL's numbers for what is wrong with the other end's certificate.
_CERTIFICATE: Final = {
    9: Trouble(
        Cause.TOO_EARLY,
        "the broker's certificate does not count yet by this bear's clock",
        "set the clock; a bear without a network lives in the past",
    ),
    10: Trouble(
        Cause.TOO_LATE,
        "the broker's certificate has run out, or this bear's clock is ahead",
        "look at the clock; then run `teddy cloud broker-config` again",
    ),
    62: Trouble(
        Cause.OTHER_NAME,
        "the broker's certificate is for another name than the one that this bear dials",
        "dial it by a name in its certificate, or add this one by `teddy cloud broker-config --name`",
    ),
}
_CERTIFICATE_ELSE: Final = Trouble(
    Cause.STRANGER,
    "whoever answers shows a certificate that this bear's cloud did not sign",
    f"make sure that it is the right broker; after a change of authority {AGAIN}",
)

# OpenSSL's words for what the other end said before it closed.
_ALERTS: Final = {
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": Trouble(
        Cause.NO_PAPERS, "the broker wants a certificate, and this bear has none", AGAIN
    ),
    "SSLV3_ALERT_CERTIFICATE_REVOKED": Trouble(
        Cause.REVOKED, "this bear's papers were taken back", f"if that was a mistake, {AGAIN}"
    ),
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": Trouble(
        Cause.NOT_BELIEVED, "this bear's certificate has run out", AGAIN
    ),
    "TLSV1_ALERT_PROTOCOL_VERSION": Trouble(
        Cause.NO_TLS, "the broker does not speak TLS 1.3", "use a broker with the generated configuration"
    ),
}
_NOT_BELIEVED: Final = Trouble(
    Cause.NOT_BELIEVED, "the broker does not believe this bear's certificate", f"{AGAIN} for this cloud"
)
_NO_TLS: Final = Trouble(
    Cause.NO_TLS, "whoever answers does not speak TLS", "look at the port: bears usually dial 8883"
)

ORDINARY: Final = frozenset({0x00, 0x8B, 0x8D})
"""Why a broker ends a connection without anything being wrong: it stops, or the network was away."""

_SAID: Final = {  # MQTT 5, 3.2.2.2
    0x84: "it does not speak MQTT 5",
    0x85: "it does not like the bear's name",
    0x86: "it does not know this name and password",
    0x87: "this bear may not connect",
    0x88: "it has no room for now",
    0x89: "it is busy",
    0x8A: "it has banned this bear",
    0x97: "this bear has used up what it may",
    0x9F: "too many connect at once",
}


def trouble_of(error: BaseException, *, where: str, secure: bool) -> Trouble:
    """What an attempt to connect ended with. `where` is the broker as the settings name it."""
    match error:
        case socket.gaierror():
            return Trouble(
                Cause.NAME, f"nobody knows where {where} is", "look at link.broker and at the bear's network"
            )
        case ssl.SSLCertVerificationError():
            code = {64: 62}.get(error.verify_code, error.verify_code)  # a number is a name too
            return _CERTIFICATE.get(code, _CERTIFICATE_ELSE)
        case ssl.SSLError() if error.reason and "ALERT" in error.reason:
            return _ALERTS.get(error.reason, _NOT_BELIEVED)
        case ssl.SSLError():
            return _NO_TLS
        case ConnectionResetError() | BrokenPipeError() | EOFError() | ConnectionAbortedError():
            return _hung_up(where, secure=secure)
        case TimeoutError():
            return Trouble(
                Cause.SILENT,
                f"{where} does not answer",
                "look whether the broker runs, and whether a firewall swallows what the bear says",
            )
        case OSError():
            return Trouble(
                Cause.AWAY,
                f"the way to {where} is closed ({error.strerror or error})",
                "look whether the broker runs there, and at the bear's network",
            )
    return Trouble(Cause.SILENT, f"{where} did not let the bear in ({error})", "look at the broker's log")


def refused(code: int, where: str) -> Trouble:
    """The broker answered the greeting with a reason code that is a refusal."""
    said = _SAID.get(code, f"its reason has the number {code}")
    return Trouble(Cause.REFUSED, f"{where} refuses the bear: {said}", "look at the broker's log")


def sent_away(code: int, where: str) -> Trouble:
    """The broker ended a connection that stood, with a reason code."""
    if code == 0x8E:  # MQTT 5, 3.14.2.1: session taken over
        return Trouble(
            Cause.TWIN,
            "somebody else came with the papers of this bear",
            "two bears never share a file from provisioning: provision one of them again",
        )
    return Trouble(
        Cause.SENT_AWAY, f"{where} sent the bear away (its reason has the number {code})", "look at its log"
    )


def unsteady(where: str) -> Trouble:
    """Of mosquitto 2.0.11, which does not say why it ends a connection."""
    return Trouble(
        Cause.UNSTEADY,
        f"{where} lets the bear in and soon closes, again and again",
        "most likely another bear has the same papers: provision one of them again",
    )


def muted(where: str) -> Trouble:
    return Trouble(
        Cause.MUTED,
        f"{where} lets the bear in and takes nothing that it says",
        f"its papers may have been taken back, or be those of another bear: {AGAIN}",
    )


def deaf(where: str) -> Trouble:
    return Trouble(
        Cause.DEAF,
        f"{where} refuses to tell the bear what is meant for it",
        "give the broker the rules that `teddy cloud broker-config` writes",
    )


def left_of(trouble: Trouble | None, *, steady: bool) -> Trouble | None:
    """What is left of a trouble when something went through; `steady`: and has for a while."""
    match trouble:
        case Trouble(cause=Cause.UNSTEADY) if not steady:
            return trouble
        case Trouble(cause=Cause.DEAF):
            return trouble
    return None


def adds_nothing(now: Trouble | None, before: Trouble | None) -> bool:
    """Whether it need not be told, since each telling ends on the card.

    A network that comes and goes is one trouble. And a refusal in TLS reaches the bear, or is swallowed by
    the closing connection, as chance has it.
    """
    if now is None or before is None:
        return False
    return {now.cause, before.cause} <= NETWORK or (now.cause is Cause.HUNG_UP and before.cause in REFUSALS)


def _hung_up(where: str, *, secure: bool) -> Trouble:
    if secure:
        return Trouble(
            Cause.HUNG_UP,
            f"{where} hangs up on the bear without a word",
            "most likely it does not speak TLS there, or does not accept the bear's papers: "
            f"look at the port, then {AGAIN}",
        )
    return Trouble(
        Cause.WANTS_TLS,
        f"{where} hangs up on the bear",
        "most likely it speaks TLS alone: dial it by mqtts://, with a file from provisioning that has "
        "a certificate",
    )
