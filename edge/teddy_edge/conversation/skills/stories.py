"""Tells stories in which the child chooses the way; the place in the story travels with the talk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from teddy_edge.conversation.skills.content import PRODUCT, Content
from teddy_edge.conversation.skills.known import Kind, Stopped
from teddy_edge.conversation.skills.lines import Line, pick, reply_of
from teddy_edge.conversation.skills.playing import Move, Playing
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_edge.conversation.skills.steering import Steering, Wish
from teddy_edge.conversation.skills.story_book import (
    BEGINNING,
    Scene,
    Story,
    StoryBook,
    Way,
    parse_stories,
)
from teddy_edge.conversation.skills.understanding import Words, matches, understand
from teddy_shared.ages import AgeBand
from teddy_shared.clock import Chance

CHOICE_MOST: Final = 8  # words of a sentence that may be a choice rather than another wish

_CHOSEN: Final = 0.99
_STOPPED: Final = 0.985
_WISHED: Final = 0.985
_GOES_ON: Final = 0.987
_UNSURE: Final = 0.97
_REFUSED: Final = 0.97
_MORE: Final = 0.93
_CHOSEN_IN_PASSING: Final = 0.8
_WAITING: Final = 0.55  # whatever nobody else wants is an unclear choice

_NOT: Final = frozenset(("not", "no", "never"))
_BETWEEN: Final = frozenset(
    ("the", "a", "to", "go", "in", "into", "at", "by", "with", "want", "like", "take", "my", "that", "up")
)


class Stories:
    name: Final = "stories"

    def __init__(self, *, book: StoryBook, steering: Steering, playing: Playing) -> None:
        self._book = book
        self._steering = steering
        self._playing = playing

    def fit(self, heard: Heard, recent: Recent) -> float:
        words = understand(heard.text, self._book.vocabulary)
        waiting = self._waiting(recent)
        if matches(self._book.heard.refused, words):
            return _STOPPED if waiting else _REFUSED
        if self._left(words, recent):
            return _GOES_ON
        if self._over(words, recent) or self._wished(words):
            return _WISHED
        more = recent.skill == self.name and self._steering.wish(heard.text) is Wish.MORE
        if waiting is None:
            return _MORE if more else 0.0
        if self._way(waiting[1], heard.text, words):
            sure = len(words.row) <= CHOICE_MOST and not matches(self._book.heard.no_choice, words)
            return _CHOSEN if sure else _CHOSEN_IN_PASSING
        match self._playing.move(heard.text):
            case Move.STOP:
                return _STOPPED
            case Move.UNSURE:
                return _UNSURE
        return _MORE if more else _WAITING

    def answer(self, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        words = understand(heard.text, self._book.vocabulary)
        waiting = self._waiting(recent)
        if matches(self._book.heard.refused, words):
            return self._reply(pick(self._book.said.leaving, recent, chance))
        if (left := self._left(words, recent)) is not None:
            going_on = pick(self._book.said.going_on, recent, chance)
            return self._tell(*left, heard.band, chance, recent, going_on)
        if (story := self._over(words, recent)) is not None:
            return self._tell(story, BEGINNING, heard.band, chance, recent)
        if waiting is None or self._wished(words):
            return self._begin(words, heard.band, recent, chance)
        story, scene = waiting
        if way := self._way(scene, heard.text, words):
            return self._tell(story, way.to, heard.band, chance, recent)
        move = self._playing.move(heard.text)
        if move is Move.STOP:
            return self._reply(pick(self._book.said.leaving, recent, chance))
        if move is Move.UNSURE or "unclear" in recent.note:
            before = pick(self._book.said.chosen, recent, chance)
            way = scene.ways[chance.below(len(scene.ways))]
            return self._tell(story, way.to, heard.band, chance, recent, before)
        once_more = pick(self._book.said.once_more, recent, chance)
        assert scene.ask is not None  # a scene that waits has a question
        return self._reply(once_more, scene.ask, note={**recent.note, "unclear": "yes"})

    def _begin(self, words: Words, band: AgeBand, recent: Recent, chance: Chance) -> Reply:
        said = self._book.said
        every = list(self._book.stories.values())
        asked = [story for story in every if matches(story.about, words)]
        fresh = [story for story in every if f"stories.{story.id}.{BEGINNING}" not in recent.lines]
        of_age = [story for story in fresh if story.band is band]
        fitting = asked or self._liked(of_age, recent) or of_age or fresh or every
        story = fitting[chance.below(len(fitting))]
        opening = pick(
            said.openings if asked or not self._names_something(words) else said.other, recent, chance
        )
        title = Line(f"stories.{story.id}.title", f"It is called {story.title}.")
        return self._tell(story, BEGINNING, band, chance, recent, opening, title)

    def _liked(self, stories: Sequence[Story], recent: Recent) -> list[Story]:
        """Those about the child's favourite animal."""
        liked = understand(recent.child.favourites.get(Kind.ANIMAL, ""), self._book.vocabulary)
        return [story for story in stories if matches(story.about, liked)]

    def _tell(
        self, story: Story, place: str, band: AgeBand, chance: Chance, recent: Recent, *before: Line
    ) -> Reply:
        scene = story.scenes[place]
        told = Line(scene.line.id, scene.line.words_for(band))
        if scene.ask is None:
            end = pick(self._book.said.the_end, recent, chance)
            note = {"last": story.id, "yes": "tell me another story"}
            ended = self._reply(*before, told, end, note=note)
            return replace(ended, child=recent.child.stopped_at(None))
        waits = self._reply(*before, told, scene.ask, note={"story": story.id, "scene": place})
        return replace(waits, child=recent.child.stopped_at(Stopped(story.id, place)))

    def _wished(self, words: Words) -> bool:
        heard = self._book.heard
        return matches(heard.wishes, words) and not matches(heard.not_wished, words)

    def _waiting(self, recent: Recent) -> tuple[Story, Scene] | None:
        """The place in a story, if the bear is in one; a note of an older release leads nowhere."""
        if recent.skill != self.name:
            return None
        story = self._book.stories.get(recent.note.get("story", ""))
        scene = story.scenes.get(recent.note.get("scene", "")) if story else None
        return (story, scene) if story and scene and scene.ways else None

    def _left(self, words: Words, recent: Recent) -> tuple[Story, str] | None:
        """The story that was left, also in another talk, and its scene, if that is asked for."""
        stopped = recent.child.stopped
        if stopped is None or self._waiting(recent) or not matches(self._book.heard.go_on, words):
            return None
        story = self._book.stories.get(stopped.story)
        return (story, stopped.scene) if story and stopped.scene in story.scenes else None

    def _over(self, words: Words, recent: Recent) -> Story | None:
        """The story that shall be told from its beginning once more, if that is asked for."""
        if recent.skill != self.name:
            return None
        ended = recent.note.get("last", "")
        wished = matches(self._book.heard.from_the_start, words)
        if wished or (ended and matches(self._book.heard.again, words)):
            return self._book.stories.get(recent.note.get("story", ended))
        return None

    def _way(self, scene: Scene, text: str, words: Words) -> Way | None:
        """The way that is named and the other is not; "not the cave" names the other."""
        refused = [way for way in scene.ways if self._refused(way, words)]
        named = [way for way in scene.ways if way not in refused and matches(way.heard, words)]
        if len(named) == 1:
            return named[0]
        if not named and len(refused) == 1:
            return next(way for way in scene.ways if way is not refused[0])
        move = None if named else self._playing.move(text)
        return {Move.FIRST: scene.ways[0], Move.SECOND: scene.ways[1]}.get(move) if move else None

    @staticmethod
    def _refused(way: Way, words: Words) -> bool:
        return any(_negated(span.start, words) for each in way.heard for span in each.spans(words))

    def _names_something(self, words: Words) -> bool:
        """Whether a story about something was asked for."""
        return "about" in words.every

    def _reply(self, *lines: Line, note: Mapping[str, str] | None = None) -> Reply:
        return reply_of(*lines, skill=self.name, note=note)


def load_stories(steering: Steering, playing: Playing, content: Content = PRODUCT) -> Stories:
    """Reads a file and the folder of stories. Raises ConfigError."""
    book = parse_stories(content.read("stories.toml"), content.stories())
    return Stories(book=book, steering=steering, playing=playing)


def _negated(at: int, words: Words) -> bool:
    """Whether it is refused: "not the cave", "I don't want to go in the cave"."""
    before = at - 1
    while before >= 0 and not _BETWEEN.isdisjoint(words.row[before]):
        before -= 1
    return before >= 0 and not _NOT.isdisjoint(words.row[before])
