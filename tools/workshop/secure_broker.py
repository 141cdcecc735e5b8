"""A mosquitto as in a nursery: TLS 1.3, a certificate a bear, with the configuration that we generate."""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from teddy_cloud.fleet.authority import Authorities, open_authorities
from teddy_cloud.fleet.broker_folder import BrokerPlan, write_broker_folder
from teddy_shared.clock import SystemChance, SystemClock
from workshop.servers import HOST, POLL, START_SECONDS, Server, ServerFailed, free_ports, installed, listens

RELOADS: Final = "Reloading config."


@dataclass(frozen=True, slots=True)
class SecureBroker:
    """The server's own port is that of the bears."""

    server: Server
    authorities: Authorities
    data: Path  # a cloud's data folder, with these authorities in it
    folder: Path  # the broker's
    cloud_port: int

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def cloud_url(self) -> str:
        return f"mqtts://{HOST}:{self.cloud_port}"

    def obey(self) -> None:
        """Read lists and rules again, as `systemctl reload mosquitto` asks for. Blocks until it has begun."""
        before = self.server.log.count(RELOADS)
        os.kill(self.server.pid, signal.SIGHUP)
        deadline = time.monotonic() + START_SECONDS
        while self.server.log.count(RELOADS) == before:
            if time.monotonic() > deadline:
                raise ServerFailed("mosquitto does not read its lists and rules again")
            time.sleep(POLL)


@contextlib.contextmanager
def secure_mosquitto(folder: Path, *, bears: int = 100) -> Iterator[SecureBroker]:
    """Debian's broker. `bears` is how many may be connected, about."""
    binary = installed("mosquitto", "mosquitto")
    data, files = folder / "cloud", folder / "broker"
    authorities = open_authorities(data / "authority", clock=SystemClock(), chance=SystemChance())
    (cloud_port,) = free_ports(1)

    def command(port: int, _: Path) -> Sequence[str]:
        plan = BrokerPlan(
            port=port,
            cloud_port=cloud_port,
            hosts=(HOST, "localhost"),
            address=HOST,
            bears=bears,
            user=pwd.getpwuid(os.geteuid()).pw_name,  # who may read this folder
        )
        write_broker_folder(files, plan, authorities)
        return [binary, "-c", str(files / "mosquitto.conf")]

    def accepts(port: int) -> bool:
        # Its listeners stand before it can take a signal: SIGHUP would end it there.
        runs = server.log.count(" running\n") == server.log.count(" starting\n") > 0
        return runs and listens(port) and listens(cloud_port)

    server = Server(name="mosquitto", scheme="mqtts", folder=folder, command=command, accepts=accepts)
    try:
        server.start()
        yield SecureBroker(server, authorities, data, files, cloud_port)
    finally:
        server.stop()
