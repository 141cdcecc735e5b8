"""Stories as graphs of scenes with two ways on from each, checked so that every path ends. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from teddy_edge.conversation.skills.content import FOLDER
from teddy_edge.conversation.skills.groups import heard_as, said_as, sources
from teddy_edge.conversation.skills.lines import Line, Name, Spoken, Texts
from teddy_edge.conversation.skills.understanding import Vocabulary
from teddy_edge.safety.authored import Authored, parse_authored
from teddy_edge.safety.phrases import Pattern, PatternError, Phrasebook
from teddy_shared.ages import AgeBand
from teddy_shared.errors import ConfigError

BEGINNING: Final = "beginning"
LEAST_SCENES: Final = 6
LEAST_ENDINGS: Final = 2


@dataclass(frozen=True, slots=True)
class Way:
    """One of the two ways on from a scene."""

    to: str
    heard: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    line: Line
    ask: Line | None  # none at an ending
    ways: tuple[Way, ...]  # two, or none at an ending


@dataclass(frozen=True, slots=True)
class Story:
    id: str
    title: str
    band: AgeBand  # whom it is told first; everyone may hear it
    about: tuple[Pattern, ...]
    scenes: Mapping[str, Scene]


@dataclass(frozen=True, slots=True)
class Heard:
    """What children say around stories."""

    wishes: tuple[Pattern, ...]
    refused: tuple[Pattern, ...]
    not_wished: tuple[Pattern, ...]  # what only sounds like a wish
    from_the_start: tuple[Pattern, ...]
    go_on: tuple[Pattern, ...]  # with a story that was left
    no_choice: tuple[Pattern, ...]  # a sentence that names a way and means something else
    again: tuple[Pattern, ...]  # the same story once more, after its end


@dataclass(frozen=True, slots=True)
class Said:
    """What the bear says around stories."""

    openings: tuple[Line, ...]
    other: tuple[Line, ...]  # before a story that is not about what was asked for
    going_on: tuple[Line, ...]  # before the place where a story was left
    once_more: tuple[Line, ...]  # before the question, when the answer was unclear
    chosen: tuple[Line, ...]  # when the bear chooses
    the_end: tuple[Line, ...]
    leaving: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class StoryBook:
    stories: Mapping[str, Story]
    heard: Heard
    said: Said
    vocabulary: Vocabulary


def parse_stories(data: bytes, tales: Mapping[str, bytes], *, name: str = "stories.toml") -> StoryBook:
    """What is said around stories, and the file of each by its id. Raises ConfigError naming the scene."""
    file = parse_authored(_File, data, name)
    rows = {tale: parse_authored(StoryRow, each, _file_of(tale)) for tale, each in tales.items()}
    if not rows:
        raise ConfigError(f"{name}: there is no story in the folder {FOLDER}")
    named = [*file.ordinary]
    for row in rows.values():
        named += row.about
        named += (source for scene in row.scene.values() for way in scene.way for source in way.heard)
    return StoryBook(
        stories={tale: _sound_story(tale, row) for tale, row in rows.items()},
        heard=heard_as(Heard, file.heard, f"{name}: heard"),
        said=said_as(Said, file.said, "stories", f"{name}: said"),
        vocabulary=Vocabulary.of_patterns((*sources(file.heard), *named)),
    )


def faults(story: Story) -> Iterator[str]:
    """What is wrong with the graph of a story."""
    if BEGINNING not in story.scenes:
        yield f"it has no scene {BEGINNING}"
        return
    for name, scene in story.scenes.items():
        if unknown := [way.to for way in scene.ways if way.to not in story.scenes]:
            yield f"scene {name} leads to {unknown[0]}, which is not there"
            return
    paths = list(_paths(story, BEGINNING, ()))
    if any(name in path for name, path in paths):
        yield "its scenes lead in a circle"
    if lost := sorted(set(story.scenes) - {name for name, _ in paths}):
        yield f"no way leads to scene {lost[0]}"
    if len(story.scenes) < LEAST_SCENES:
        yield f"it has fewer than {LEAST_SCENES} scenes"
    if sum(not scene.ways for scene in story.scenes.values()) < LEAST_ENDINGS:
        yield f"it has fewer than {LEAST_ENDINGS} endings"


def _paths(story: Story, name: str, path: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every scene with the scenes that led to it; a scene that was there before ends the path."""
    yield name, path
    if name not in path:
        for way in story.scenes[name].ways:
            yield from _paths(story, way.to, (*path, name))


class _Way(Authored):
    to: Name
    heard: Annotated[tuple[str, ...], Field(min_length=1)]


class _Scene(Authored):
    text: Spoken
    little: Spoken | None = None
    ask: Spoken | None = None
    way: tuple[_Way, ...] = ()


class StoryRow(Authored):
    """A story as it stands in its file."""

    title: Annotated[str, Field(pattern=r"^[A-Z][A-Za-z ]+$")]
    band: AgeBand
    about: Annotated[tuple[str, ...], Field(min_length=1)]
    scene: dict[Name, _Scene]


class _File(Authored):
    heard: dict[str, tuple[str, ...]]
    said: dict[str, Texts]
    ordinary: tuple[str, ...] = ()  # words that are no mistake for a word of a story


def _file_of(tale: str) -> str:
    return f"{FOLDER}/{tale}.toml"


def _sound_story(tale: str, row: StoryRow) -> Story:
    try:
        story = _story(tale, row, Phrasebook({}))
    except PatternError as error:
        raise ConfigError(f"{_file_of(tale)}: {error}") from None
    for fault in faults(story):
        raise ConfigError(f"{_file_of(tale)}: {fault}")
    return story


def _story(tale: str, row: StoryRow, book: Phrasebook) -> Story:
    scenes = {name: _scene(tale, name, scene, book) for name, scene in row.scene.items()}
    return Story(tale, row.title, row.band, book.patterns(row.about), scenes)


def _scene(tale: str, name: str, row: _Scene, book: Phrasebook) -> Scene:
    if len(row.way) not in (0, 2) or bool(row.way) != bool(row.ask):
        raise ConfigError(
            f"{_file_of(tale)}: scene {name} needs a question and two ways, or none of them at an ending"
        )
    where = f"stories.{tale}.{name}"
    ask = Line(f"{where}.ask", row.ask) if row.ask else None
    ways = tuple(Way(way.to, book.patterns(way.heard)) for way in row.way)
    return Scene(Line(where, row.text, row.little), ask, ways)
