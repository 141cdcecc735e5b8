"""Little rhymes of its own that the bear speaks in rhythm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from teddy_edge.conversation.skills.content import PRODUCT, Content
from teddy_edge.conversation.skills.follow_up import FollowUps
from teddy_edge.conversation.skills.groups import heard_as, said_as, sources
from teddy_edge.conversation.skills.lines import Line, Name, Spoken, Texts, numbered, pick, pick_of, reply_of
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_edge.conversation.skills.steering import Steering, Wish
from teddy_edge.conversation.skills.understanding import Vocabulary, Words, matches, understand
from teddy_edge.safety.authored import Authored, parse_authored
from teddy_edge.safety.phrases import Pattern, PatternError, Phrasebook
from teddy_shared.clock import Chance
from teddy_shared.errors import ConfigError

_WISHED: Final = 0.985
_REFUSED: Final = 0.97
_AGAIN: Final = 0.97
_MORE: Final = 0.93
_JOINED: Final = 0.93  # above what the words of a song may mean elsewhere, below any feeling


@dataclass(frozen=True, slots=True)
class Song:
    line: Line
    about: tuple[Pattern, ...]
    soft: bool = False  # a lullaby
    more: tuple[Line, ...] = ()  # parts that follow when the child has joined in

    def behind(self, part: str) -> tuple[Line, Line | None] | None:
        """The part of that id, and the one behind it."""
        ids = [line.id for line in self.more]
        at = ids.index(part) if part in ids else None
        return None if at is None else (self.more[at], next(iter(self.more[at + 1 :]), None))


@dataclass(frozen=True, slots=True)
class Asked:
    """What children say around songs."""

    wishes: tuple[Pattern, ...]
    refused: tuple[Pattern, ...]
    not_wished: tuple[Pattern, ...]  # what only sounds like a wish
    again: tuple[Pattern, ...]  # the same one once more
    about_something: tuple[Pattern, ...]  # a wish for a song about something


@dataclass(frozen=True, slots=True)
class Said:
    """What the bear says around songs."""

    openings: tuple[Line, ...]
    soft: tuple[Line, ...]  # before a lullaby
    other: tuple[Line, ...]  # before a song that is not about what was asked for
    leaving: tuple[Line, ...]  # when no song is wanted


@dataclass(frozen=True, slots=True)
class SongBook:
    songs: tuple[Song, ...]
    asked: Asked
    said: Said
    vocabulary: Vocabulary

    def about(self, words: Words) -> tuple[Song, ...]:
        return tuple(song for song in self.songs if matches(song.about, words))


class Songs:
    name: Final = "songs"

    def __init__(self, *, book: SongBook, steering: Steering, follow_ups: FollowUps) -> None:
        self._book = book
        self._steering = steering
        self._follow_ups = follow_ups

    def fit(self, heard: Heard, recent: Recent) -> float:
        words = understand(heard.text, self._book.vocabulary)
        if matches(self._book.asked.refused, words):
            return _REFUSED
        if self._joined(heard, recent):
            return _JOINED
        if recent.skill == self.name and matches(self._book.asked.again, words):
            return _AGAIN
        if matches(self._book.asked.wishes, words) and not matches(self._book.asked.not_wished, words):
            return _WISHED
        if recent.skill == self.name and self._steering.wish(heard.text) is Wish.MORE:
            return _MORE
        return 0.0

    def answer(self, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        book = self._book
        words = understand(heard.text, book.vocabulary)
        if matches(book.asked.refused, words):
            line = pick(book.said.leaving, recent, chance)
            return reply_of(line, skill=self.name)
        if joined := self._joined(heard, recent):
            return self._part(*joined)
        last = recent.note.get("song") if recent.skill == self.name else None
        if last and matches(book.asked.again, words):
            return self._sung(next(song for song in book.songs if song.line.id == last), heard)
        fitting = book.about(words)
        song = pick_of(fitting or book.songs, recent, chance)
        missed = not fitting and matches(book.asked.about_something, words)
        openings = book.said.soft if song.soft else book.said.openings
        opening = pick(book.said.other if missed else openings, recent, chance)
        return self._sung(song, heard, opening)

    def _joined(self, heard: Heard, recent: Recent) -> tuple[Song, str] | None:
        """The song that waited for the child to join in, and its next part."""
        part = recent.note.get("part") if recent.skill == self.name else None
        song = next((each for each in self._book.songs if part and each.behind(part)), None)
        if not part or song is None or self._steering.wish(heard.text) is Wish.NO:
            return None
        return (song, part) if self._follow_ups.fit(heard) else None

    def _part(self, song: Song, part: str) -> Reply:
        found = song.behind(part)
        assert found is not None  # it was looked up
        line, behind = found
        return reply_of(line, skill=self.name, note=_noted(song, behind))

    def _sung(self, song: Song, heard: Heard, *before: Line) -> Reply:
        sung = Line(song.line.id, song.line.words_for(heard.band))
        first = next(iter(song.more), None)
        return reply_of(*before, sung, skill=self.name, note=_noted(song, first))


def _noted(song: Song, part: Line | None) -> dict[str, str]:
    return {"song": song.line.id, "part": part.id} if part else {"song": song.line.id}


def parse_songs(data: bytes, *, name: str = "songs.toml") -> SongBook:
    """Raises ConfigError naming the place."""
    file = parse_authored(_File, data, name)
    book = Phrasebook({})
    try:
        songs = tuple(
            Song(
                Line(f"songs.{key}", row.text),
                book.patterns(row.about),
                row.soft,
                numbered(f"songs.{key}.more", row.more),
            )
            for key, row in file.song.items()
        )
    except PatternError as error:
        raise ConfigError(f"{name}: {error}") from None
    about = (source for row in file.song.values() for source in row.about)
    return SongBook(
        songs=songs,
        asked=heard_as(Asked, file.heard, f"{name}: heard"),
        said=said_as(Said, file.said, "songs", f"{name}: said"),
        vocabulary=Vocabulary.of_patterns((*sources(file.heard), *about, *file.ordinary)),
    )


def load_songs(steering: Steering, follow_ups: FollowUps, content: Content = PRODUCT) -> Songs:
    """Reads a file. Raises ConfigError."""
    book = parse_songs(content.read("songs.toml"))
    return Songs(book=book, steering=steering, follow_ups=follow_ups)


class SongRow(Authored):
    """A song as it stands in a file."""

    about: tuple[str, ...]
    text: Spoken
    soft: bool = False
    more: tuple[Spoken, ...] = ()


class _File(Authored):
    heard: dict[str, tuple[str, ...]]
    said: dict[str, Texts]
    ordinary: tuple[str, ...] = ()  # words that are no small mistake for one of the songs'
    song: Annotated[dict[Name, SongRow], Field(min_length=1)]
