"""The folder of the cloud's own authorities: their keys, and a register of what they signed and withdrew."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from teddy_cloud.fleet.certificates import Authority, Issued, kept_authority, new_authority
from teddy_cloud.fleet.register import Register, Revoked, Signed
from teddy_shared.clock import Chance, Clock
from teddy_shared.envelope import BearId
from teddy_shared.errors import ConfigError
from teddy_shared.seal import write_private
from teddy_shared.tls import Credentials

BEARS: Final = "bears"  # signs bears alone
CLOUD: Final = "cloud"  # signs brokers and the cloud's own clients; bears believe it

OWN: Final = "teddy-cloud"  # how the names of the cloud's own clients begin


def is_own_name(name: str) -> bool:
    """Whether the cloud itself goes by it at the broker: no bear may."""
    return name.startswith(OWN)


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What no longer counts."""

    bears: Sequence[str]  # who have no certificate left that counts
    revocations: str  # PEM


class Authorities:
    """Made by `open_authorities`. Blocks on files: call it in a thread."""

    def __init__(self, *, folder: Path, bears: Authority, cloud: Authority, clock: Clock) -> None:
        self._folder = folder
        self._bears = bears
        self._cloud = cloud
        self._clock = clock

    @property
    def of_bears(self) -> str:
        """Whose signature a broker asks of bears, PEM."""
        return self._bears.certificate

    @property
    def of_cloud(self) -> str:
        """Whose signature bears ask of a broker, and a broker of the cloud, PEM."""
        return self._cloud.certificate

    def enrol(self, bear: BearId) -> Credentials:
        """What a bear needs to meet the broker. What it had before still counts. Raises ConfigError."""
        if is_own_name(bear):
            raise ConfigError(f"a bear may not be named {bear}: names with {OWN} are the cloud's own")
        issued = self._bears.bear(bear)
        with self._register() as register:  # before anybody has it: what is not noted cannot be revoked
            register.note(Signed(bear=bear, serial=f"{issued.serial:x}", until=issued.until))
        return Credentials(self.of_cloud, issued.certificate, issued.key)

    def withdraw(self, bear: BearId) -> Withdrawn:
        """Every certificate of this bear, from now on. Raises ConfigError where it never had one."""
        with self._register() as register:
            standing = register.read()
            serials = standing.of(bear)
            if not serials:
                raise ConfigError(f"the bear {bear} never had a certificate from here")
            at = datetime.fromtimestamp(self._clock.wall(), UTC)
            for serial in sorted(serials - standing.revoked.keys()):
                register.note(Revoked(serial=serial, at=at))
        return self.withdrawn()

    def withdrawn(self) -> Withdrawn:
        with self._register() as register:
            standing = register.read()
        revoked = {int(serial, 16): at for serial, at in standing.revoked.items()}
        return Withdrawn(sorted(standing.shut_out), self._bears.revocations(revoked))

    def client(self, name: str) -> Credentials:
        """With which a part of the cloud meets the broker."""
        issued = self._cloud.cloud(name)
        return Credentials(self.of_cloud, issued.certificate, issued.key)

    def broker(self, hosts: Sequence[str]) -> Issued:
        """For a broker that is dialled by these names. Raises ConfigError."""
        return self._cloud.broker(hosts)

    @contextmanager
    def _register(self) -> Iterator[Register]:
        with _alone(self._folder):
            yield Register(self._folder / "register.jsonl")


def open_authorities(folder: Path, *, clock: Clock, chance: Chance) -> Authorities:
    """Makes them where there are none yet. Blocks. Raises ConfigError."""
    with _alone(folder):
        bears, cloud = (
            _read(folder, name, clock, chance) or _make(folder, name, clock, chance)
            for name in (BEARS, CLOUD)
        )
    return Authorities(folder=folder, bears=bears, cloud=cloud, clock=clock)


def has_authorities(folder: Path) -> bool:
    return _certificate(folder, CLOUD).exists()


def _read(folder: Path, name: str, clock: Clock, chance: Chance) -> Authority | None:
    certificate, key = _certificate(folder, name), _key(folder, name)
    if not certificate.exists():
        return None
    try:
        return kept_authority(certificate.read_bytes(), key.read_bytes(), clock=clock, chance=chance)
    except FileNotFoundError:
        raise ConfigError(f"{key} is missing beside its certificate; restore it from a backup") from None
    except OSError as error:
        raise ConfigError(f"cannot read {folder} ({error.strerror}): run this as the cloud's user") from None
    except (ValueError, TypeError):
        raise ConfigError(
            f"{certificate} and {key} are no authority; restore both from the same backup"
        ) from None


def _make(folder: Path, name: str, clock: Clock, chance: Chance) -> Authority:
    made = new_authority(f"Teddy {name}", clock=clock, chance=chance)
    write_private(_key(folder, name), made.key.encode())
    write_private(_certificate(folder, name), made.certificate.encode())  # last: it says that both are there
    return made


def _certificate(folder: Path, name: str) -> Path:
    return folder / f"{name}.pem"


def _key(folder: Path, name: str) -> Path:
    return folder / f"{name}.key"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else, in this process or another one, makes an authority or notes in the register."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(folder / "lock", os.O_RDONLY | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigError(f"cannot use the folder {folder} ({error.strerror})") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
