"""Finds the model files in the installed packages, converts what must be, and vouches for every byte."""

from __future__ import annotations

import errno
import fcntl
import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from teddy_edge.inference import voice_conversion
from teddy_edge.inference.fingerprints import Fingerprints, sha256_of
from teddy_edge.inference.manifest import Converted, Entry, Manifest, Packaged, Recipe, released
from teddy_shared.errors import ConfigError, PartMissing

Finder = Callable[[str], Path | None]
"""The folder of a module by its name, without importing it."""

Progress = Callable[[str], None]

PREPARE: Final = "run `teddy models prepare`"


class Conversion(Protocol):
    """Makes a recipe's files. Both are paths by the manifest's names."""

    def __call__(self, given: Callable[[str], Path], made: Mapping[str, Path]) -> None: ...


@dataclass(frozen=True, slots=True)
class Part:
    """One model file and how it fares."""

    name: str
    origin: str  # the package that brings it, or "converted"
    path: Path | None  # None where its package is not installed
    size: int | None  # bytes; None where there is no file
    problem: str | None  # with its remedy; None where all is well


def default_cache(environment: Mapping[str, str]) -> Path:
    """Where converted models go when the settings name no other place."""
    home = environment.get("XDG_CACHE_HOME") or Path(environment.get("HOME", "/root"), ".cache")
    return Path(home, "teddy", "models")


def installed(module: str) -> Path | None:
    """The folder of an installed module."""
    try:
        spec = importlib.util.find_spec(module)
    except ModuleNotFoundError:  # what it is a part of is absent too
        return None
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) if places else None


def convert_whisper(given: Callable[[str], Path], made: Mapping[str, Path]) -> None:
    from teddy_edge.inference import whisper_conversion  # here, since numpy and onnx are wanted only now

    whisper_conversion.convert(
        given("whisper-weights"),
        encoder=made["whisper-encoder"],
        decoder=made["whisper-decoder"],
        embedding=made["whisper-embedding"],
    )


def convert_voice(given: Callable[[str], Path], made: Mapping[str, Path]) -> None:
    voice_conversion.convert(
        given("voice-lexicon-gold"),
        given("voice-lexicon-silver"),
        given("voice-tagger"),
        words=made["voice-words"],
    )


def convert_minilm(given: Callable[[str], Path], made: Mapping[str, Path]) -> None:
    from teddy_edge.inference import minilm_conversion  # here, as above

    minilm_conversion.convert(
        given("minilm-packaged"), model=made["minilm"], embedding=made["minilm-embedding"]
    )


CONVERSIONS: Final[Mapping[str, Conversion]] = {
    "whisper": convert_whisper,
    "voice": convert_voice,
    "minilm": convert_minilm,
}


class ModelStore:
    """The model files of this release. Blocks on files: call it from a thread."""

    def __init__(
        self,
        cache: Path,
        *,
        find: Finder = installed,
        conversions: Mapping[str, Conversion] = CONVERSIONS,
        manifest: Callable[[], Manifest] = released,
    ) -> None:
        self._cache = cache
        self._find = find
        self._conversions = conversions
        self._manifest = manifest
        self._fingerprints = Fingerprints(notes=cache / "fingerprints.json")

    def path(self, name: str) -> Path:
        """The file of that name, after a look that it is the released one.

        Raises PartMissing or ConfigError with the remedy.
        """
        return self._checked(self._entry(name))

    def prepare(self, progress: Progress) -> None:
        """Make everything ready, and mend what is damaged in the cache. Tells what takes time.

        Processes that prepare at the same time wait for each other. Raises PartMissing for an absent
        package and ConfigError for a file that must not be used or a cache that cannot be written.
        """
        for packaged in self._manifest().packaged:
            self._checked(packaged)
        if not any(self._problem(each) for each in self._manifest().converted):
            progress(f"the models in {self._cache} are ready")
            return
        with self._alone(progress):
            for recipe in self._manifest().recipes:
                wanting = [each for each in recipe.files if self._problem(each)]
                for each in wanting:
                    if (self._cache / each.file).exists():
                        progress(f"{each.file} is damaged and will be made anew")
                if wanting:  # still, now that the others are done
                    self._make(recipe, progress)
        progress(f"the models in {self._cache} are ready")

    def check(self, *, thorough: bool = False) -> list[Part]:
        """The parts that have a problem."""
        return [part for part in self.parts(thorough=thorough) if part.problem]

    def parts(self, *, thorough: bool = False) -> list[Part]:
        """Every model file; `thorough` reads all of them whole instead of trusting earlier readings."""
        return [self._part(entry, thorough=thorough) for entry in self._manifest().entries]

    def _part(self, entry: Entry, *, thorough: bool) -> Part:
        origin = entry.package.name if isinstance(entry, Packaged) else "converted"
        try:
            path = self._place(entry)
        except PartMissing as missing:
            return Part(entry.name, origin, None, None, str(missing))
        size = path.stat().st_size if path.is_file() else None
        return Part(entry.name, origin, path, size, self._problem(entry, thorough=thorough))

    def _problem(self, entry: Entry, *, thorough: bool = False) -> str | None:
        try:
            self._checked(entry, thorough=thorough)
        except ConfigError as error:
            return str(error)
        return None

    def _entry(self, name: str) -> Entry:
        entries = {entry.name: entry for entry in self._manifest().entries}
        if name not in entries:
            raise ConfigError(f"there is no model file {name}; known: {', '.join(entries)}")
        return entries[name]

    def _place(self, entry: Entry) -> Path:
        if isinstance(entry, Converted):
            return self._cache / entry.file
        folder = self._find(entry.package.module)
        if folder is None:
            raise PartMissing(f"the package {entry.package.name}", entry.package.install)
        return folder / entry.path

    def _checked(self, entry: Entry, *, thorough: bool = False) -> Path:
        path = self._place(entry)
        try:
            digest = self._fingerprints.of(path, afresh=thorough)
        except FileNotFoundError:
            raise PartMissing(f"the model file {path}", _again(entry)) from None
        except OSError as error:
            raise ConfigError(f"cannot read {path} ({error.strerror}): {_again(entry)}") from None
        if digest != entry.sha256:
            raise ConfigError(f"{path} is damaged or of another release: {_again(entry)}")
        return path

    def _make(self, recipe: Recipe, progress: Progress) -> None:
        fresh = self._cache / "fresh"
        shutil.rmtree(fresh, ignore_errors=True)  # what a power cut left of an earlier conversion
        fresh.mkdir()
        places = {each.name: fresh / each.file for each in recipe.files}
        progress(recipe.progress)
        self._conversions[recipe.name](self.path, places)
        for each in recipe.files:
            if sha256_of(places[each.name]) != each.sha256:
                raise ConfigError(
                    f"{places[each.name]} was converted to other bytes than the released ones: "
                    "install the releases of onnx and numpy that the lock names, then prepare again"
                )
        for place in places.values():
            _sync(place)
            place.replace(self._cache / place.name)
        fresh.rmdir()
        for name in places:
            self.path(name)

    @contextmanager
    def _alone(self, progress: Progress) -> Iterator[None]:
        """One process at a time; the lock goes with the process, however that ends."""
        try:
            self._cache.mkdir(parents=True, exist_ok=True)
            with (self._cache / "lock").open("w") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    progress("another process is preparing the models; waiting for it")
                    fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            why = error.strerror or str(error)
            room = "; 150 MB are needed" if error.errno == errno.ENOSPC else ""
            raise ConfigError(
                f"cannot keep models in {self._cache} ({why}{room}): name another place with --cache"
            ) from None


def _again(entry: Entry) -> str:
    return PREPARE if isinstance(entry, Converted) else entry.package.reinstall


def _sync(path: Path) -> None:
    """Bytes first, name second: a rename must not outlive a power cut without them."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
