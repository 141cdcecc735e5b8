"""Authored data files of the bear: TOML in, a checked model out, with errors that name the place."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from teddy_edge.safety.complaints import complaints
from teddy_shared.errors import ConfigError, PartMissing

M = TypeVar("M", bound=BaseModel)


class Authored(BaseModel):
    """A table in an authored file: nothing in it that we don't know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class BadlyAuthored(ConfigError):
    """Tells the first fault; `faults` has them all."""

    def __init__(self, name: str, faults: tuple[str, ...]) -> None:
        super().__init__(f"{name}: {faults[0]}")
        self.faults = faults


def read_authored(package: str, name: str) -> bytes:
    """The bytes of a data file inside a package; blocks. Raises PartMissing."""
    try:
        return files(package).joinpath(name).read_bytes()
    except OSError:
        raise PartMissing(f"the file {name} of {package}", "install Teddy again") from None


def read_folder(package: str, folder: str) -> dict[str, bytes]:
    """The data files of a folder in a package, by name without the ending; blocks. Raises PartMissing."""
    place = files(package).joinpath(folder)
    try:
        names = sorted(each.name for each in place.iterdir() if each.name.endswith(".toml"))
    except OSError:
        raise PartMissing(f"the folder {folder} of {package}", "install Teddy again") from None
    return {name.removesuffix(".toml"): read_authored(package, f"{folder}/{name}") for name in names}


def parse_authored(model: type[M], data: bytes, name: str) -> M:
    """Raises ConfigError naming the file, the place in it and what is wrong there."""
    try:
        return model.model_validate(tomllib.loads(data.decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{name} is not a TOML file: {error}") from None
    except ValidationError as error:
        raise BadlyAuthored(name, complaints(error, model)) from None
