"""What a mosquitto needs to serve bears and cloud while it trusts neither: rules, limits, certificates."""

from __future__ import annotations

import json
import os
import pwd
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from teddy_cloud.fleet.authority import OWN, Authorities, Withdrawn
from teddy_cloud.settings import Role
from teddy_shared import topics
from teddy_shared.codec import LARGEST_BATCH
from teddy_shared.envelope import BearId, Lane
from teddy_shared.errors import ConfigError
from teddy_shared.seal import write_private

CONFIGURATION: Final = "mosquitto.conf"
NOTE: Final = "broker.json"  # with what the folder was made, so that a revocation can mend it
BEARS_RULES: Final = "bears.acl"
CLOUD_RULES: Final = "cloud.acl"
REVOKED: Final = "revoked.pem"

LARGEST_PACKET: Final = LARGEST_BATCH + 64 * 1024  # bytes: a batch, its topic and properties
EACH: Final = BearId("+")  # any bear, in a subscription or a rule
ITSELF: Final = BearId("%u")  # whoever's certificate it is, in a rule


@dataclass(frozen=True, slots=True)
class BrokerPlan:
    """Where a broker listens, and for how many."""

    port: int  # for bears
    cloud_port: int  # for the cloud's own
    hosts: Sequence[str]  # by which names and numbers it is dialled; all of them stand in its certificate
    address: str = "0.0.0.0"  # noqa: S104  # bears come from everywhere; the listener asks for certificates
    cloud_address: str = "127.0.0.1"
    bears: int = 10_000
    user: str = "mosquitto"  # gives up root for this one


def write_broker_folder(folder: Path, plan: BrokerPlan, authorities: Authorities) -> None:
    """Everything that `mosquitto -c FOLDER/mosquitto.conf` reads. Blocks. Raises ConfigError."""
    folder = folder.absolute()
    try:
        (folder / "kept").mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(f"the folder {folder} cannot be made ({error.strerror})") from None
    broker = authorities.broker(plan.hosts)
    withdrawn = authorities.withdrawn()
    files = {
        "bears.pem": authorities.of_bears,
        "cloud.pem": authorities.of_cloud,
        "broker.pem": broker.certificate,
        "broker.key": broker.key,
        REVOKED: withdrawn.revocations,
        BEARS_RULES: bears_rules(withdrawn.bears),
        CLOUD_RULES: cloud_rules(),
        NOTE: json.dumps(asdict(plan)),
        CONFIGURATION: configuration(folder, plan),
    }
    for name, text in files.items():
        write_private(folder / name, text.encode())
    _hand_over(folder, plan.user)


def write_revocations(folder: Path, withdrawn: Withdrawn) -> None:
    """Into a folder that stands. The broker obeys after SIGHUP. Blocks. Raises ConfigError."""
    try:
        user = json.loads((folder / NOTE).read_text())["user"]
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigError(
            f"{folder} is no folder of a broker; make it by `teddy cloud broker-config`"
        ) from None
    write_private(folder / REVOKED, withdrawn.revocations.encode())
    write_private(folder / BEARS_RULES, bears_rules(withdrawn.bears).encode())
    _hand_over(folder, user)


def configuration(folder: Path, plan: BrokerPlan) -> str:
    """Two doors, each with an authority and rules of its own."""
    return f"""\
# Made by `teddy cloud broker-config`; run it again to change something.
per_listener_settings true
user {plan.user}
pid_file {folder}/mosquitto.pid
log_dest stderr
log_type error
log_type warning
log_type notice
log_type information
connection_messages false

# What waits for an absent bear: its settings, orders, acknowledgements.
persistence true
persistence_location {folder}/kept/
autosave_interval 60
persistent_client_expiration 60d

# Without it a round trip takes 44 ms instead of 2.
set_tcp_nodelay true

# Nothing is without a limit. When a queue is full its newest message is dropped: bears send again
# until the cloud has answered, and the cloud orders again until the bear has.
max_queued_messages {max(1_000, 2 * plan.bears)}
max_queued_bytes 67108864
max_inflight_messages 256
max_packet_size {LARGEST_PACKET}
max_keepalive 300

# Bears. The client's id is the name in its certificate, whatever it says: no bear can throw another one
# out of its session.
listener {plan.port} {plan.address}
{_trust(folder, "bears")}
crlfile {folder}/{REVOKED}
use_username_as_clientid true
acl_file {folder}/{BEARS_RULES}
max_connections {plan.bears + plan.bears // 5 + 10}
max_qos 1
max_topic_alias 0

# The cloud. Any number of workers of a role share its name, each with an id of its own.
listener {plan.cloud_port} {plan.cloud_address}
{_trust(folder, "cloud")}
acl_file {folder}/{CLOUD_RULES}
max_connections 1000
"""


def bears_rules(shut_out: Sequence[str]) -> str:
    """What a bear may: by the name in its certificate alone, and nothing once it is revoked.

    The list of revoked certificates is read when somebody connects; these rules reach one who is there.
    """
    revoked = [line for bear in shut_out for line in (f"user {bear}", "topic deny #")]
    writes = [
        *(topics.up(ITSELF, lane) for lane in Lane),
        topics.status(ITSELF),
        topics.ask(ITSELF),
    ]
    reads = [topics.ack(ITSELF), topics.command(ITSELF), topics.settings(ITSELF), topics.answer(ITSELF)]
    lines = [
        *revoked,
        *(f"pattern write {topic}" for topic in writes),
        *(f"pattern read {topic}" for topic in reads),
    ]
    return "\n".join(lines) + "\n"


def cloud_rules() -> str:
    """What each role of the cloud may. Those that are not here have nothing to do with a broker."""
    return "\n".join(
        [
            f"user {OWN}-{Role.INGEST}",
            f"topic read {topics.ROOT}/+/up/#",
            f"topic read {topics.status(EACH)}",
            f"topic write {topics.ack(EACH)}",
            f"user {OWN}-{Role.DISPATCHER}",
            f"topic read {topics.status(EACH)}",
            f"topic read {topics.ask(EACH)}",
            f"topic write {topics.settings(EACH)}",
            f"topic write {topics.command(EACH)}",
            f"topic write {topics.answer(EACH)}",
            "",
        ]
    )


def _trust(folder: Path, whom: str) -> str:
    return f"""\
cafile {folder}/{whom}.pem
certfile {folder}/broker.pem
keyfile {folder}/broker.key
tls_version tlsv1.3
require_certificate true
use_identity_as_username true
allow_anonymous false"""


def _hand_over(folder: Path, user: str) -> None:
    """To the user that the broker becomes, where we may: it reads the files again at SIGHUP."""
    if os.geteuid() != 0:
        return
    try:
        owner = pwd.getpwnam(user)
    except KeyError:
        raise ConfigError(f"there is no user {user} on this machine; name another with --user") from None
    for path in (folder, *folder.iterdir()):
        os.chown(path, owner.pw_uid, owner.pw_gid)
