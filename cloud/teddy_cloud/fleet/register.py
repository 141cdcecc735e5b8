"""Which certificates bears were given, and which of them were withdrawn: one line a fact, on disk."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, BinaryIO, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from teddy_shared.envelope import Name
from teddy_shared.errors import ConfigError


class Signed(BaseModel):
    """A bear was given a certificate."""

    model_config = ConfigDict(frozen=True)

    fact: Literal["signed"] = "signed"
    bear: Name
    serial: str  # hexadecimal, since JSON elsewhere rounds numbers of this size
    until: datetime


class Revoked(BaseModel):
    """It no longer counts."""

    model_config = ConfigDict(frozen=True)

    fact: Literal["revoked"] = "revoked"
    serial: str
    at: datetime


_FACT: TypeAdapter[Signed | Revoked] = TypeAdapter(Annotated[Signed | Revoked, Field(discriminator="fact")])


@dataclass(frozen=True, slots=True)
class Standing:
    """The register, read."""

    bears: Mapping[str, str]  # serial to bear, of all that were ever signed
    revoked: Mapping[str, datetime]  # serial to the time

    def of(self, bear: str) -> frozenset[str]:
        """The serials of all certificates that this bear was ever given."""
        return frozenset(serial for serial, name in self.bears.items() if name == bear)

    @property
    def shut_out(self) -> frozenset[str]:
        """The bears that have no certificate left that counts."""
        count = {bear for serial, bear in self.bears.items() if serial not in self.revoked}
        return frozenset(self.bears.values()) - count


class Register:
    """Only ever appended to. One process at a time, which the caller sees to. Blocks."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> Standing:
        """Raises ConfigError."""
        bears: dict[str, str] = {}
        revoked: dict[str, datetime] = {}
        for fact in self._facts():
            match fact:
                case Signed():
                    bears[fact.serial] = fact.bear
                case Revoked():
                    revoked.setdefault(fact.serial, fact.at)
        return Standing(bears, revoked)

    def note(self, fact: Signed | Revoked) -> None:
        """On disk when this returns. Raises ConfigError."""
        try:
            with self._file.open("ab+") as file:
                _finish(file)
                file.write(fact.model_dump_json().encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise ConfigError(
                f"cannot write {self._file} ({error.strerror}): make room on the disk"
            ) from None

    def _facts(self) -> Iterator[Signed | Revoked]:
        for line in self._bytes().split(b"\n")[:-1]:
            try:
                yield _FACT.validate_json(line)
            except ValidationError:
                raise ConfigError(f"the register {self._file} is damaged; restore it from a backup") from None

    def _bytes(self) -> bytes:
        return self._file.read_bytes() if self._file.exists() else b""


def _finish(file: BinaryIO) -> None:
    """Take off a line that a power cut left unfinished."""
    end = file.seek(0, os.SEEK_END)
    if end == 0:
        return
    file.seek(end - 1)
    if file.read(1) == b"\n":
        return
    file.seek(0)
    file.truncate(file.read().rfind(b"\n") + 1)
