"""What a child tells about itself: kept as it was told, said when it is asked for, and forgotten at a word.

One bear knows one child. Who says another name is asked, and nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from teddy_edge.conversation.skills.groups import compiled, said_with_gaps, sources
from teddy_edge.conversation.skills.known import NAME, Kind, Known
from teddy_edge.conversation.skills.lines import Line, pick, reply_of
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_edge.conversation.skills.steering import Steering, Wish
from teddy_edge.conversation.skills.telling import Told, kind_in, liked, named, told
from teddy_edge.conversation.skills.templates import Templates, filled
from teddy_edge.conversation.skills.understanding import Vocabulary, matches, understand
from teddy_edge.safety.authored import Authored, parse_authored, read_authored
from teddy_edge.safety.phrases import Pattern
from teddy_shared.clock import Chance

TOLD: Final = 0.995
ASKED: Final = 0.985
GREETED: Final = 0.985
ANSWERED: Final = 0.98

GAPS: Final[Mapping[str, tuple[str, ...]]] = {
    "new_name": ("name",),
    "same_name": ("name",),
    "other_name": ("name",),
    "guest": ("name", "other"),
    "rename": ("other",),
    "renamed": ("other",),
    "not_renamed": ("name",),
    "silly_name": (),
    "silly_favourite": (),
    "your_name": ("name",),
    "no_name": (),
    "new_favourite": ("kind", "what"),
    "same_favourite": ("what",),
    "your_favourite": ("kind", "what"),
    "no_favourite": ("kind",),
    "nothing_known": (),
    "name_known": ("name",),
    "favourite_known": ("kind", "what"),
    "can_forget": (),
    "forgotten": (),
    "all_forgotten": (),
    "nothing_to_forget": (),
    "hello": ("name",),
    "goodbye": ("name",),
    "good_night": ("name",),
}
_SPOKEN_KINDS: Final = {kind: "color" if kind is Kind.COLOUR else kind.value for kind in Kind}
_ANSWER_MOST: Final = 5  # words of an answer to "what is your name?"
_NO: Final = re.compile(r"(?:no|nope|nah)\b")
_WORDS: Final = re.compile(r"[a-z0-9']+")


class Matter(StrEnum):
    """What a child wants of it; of several the first counts."""

    FORGET_ALL = "forget_all"
    FORGET_NAME = "forget_name"
    FORGET_FAVOURITE = "forget_favourite"
    FORGET_THAT = "forget_that"
    MY_NAME = "my_name"
    MY_FAVOURITE = "my_favourite"
    ABOUT_ME = "about_me"
    HELLO = "hello"
    GOODBYE = "goodbye"


@dataclass(frozen=True, slots=True)
class AcquaintanceBook:
    heard: Mapping[Matter, tuple[Pattern, ...]]
    vocabulary: Vocabulary
    said: Mapping[str, tuple[Line, ...]]


class Acquaintance:
    name: Final = "acquaintance"

    def __init__(self, *, book: AcquaintanceBook, steering: Steering) -> None:
        self._book = book
        self._steering = steering

    def fit(self, heard: Heard, recent: Recent) -> float:
        if told(heard.text):
            return TOLD
        match self._matter(heard.text, recent):
            case Matter.HELLO | Matter.GOODBYE:
                return GREETED
            case Matter():
                return ASKED
        if self._offered(recent) and self._steering.wish(heard.text) in (Wish.YES, Wish.NO):
            return ANSWERED
        return ANSWERED if self._answer(heard.text, recent) else 0.0

    def answer(self, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        saying = _Saying(self._book.said, self.name, recent, chance)
        if fact := told(heard.text):
            return self._hear(fact, saying, heard)
        if matter := self._matter(heard.text, recent):
            return self._see_to(matter, heard.text, saying)
        if fact := self._answer(heard.text, recent):
            return self._hear(fact, saying, heard)
        return self._settle(saying, yes=self._steering.wish(heard.text) is Wish.YES)

    def _hear(self, fact: Told, saying: _Saying, heard: Heard) -> Reply:
        """Something was told; it is kept where it is a fact, and not where somebody else may have said it."""
        known, what = saying.known, fact.what
        if fact.fact != NAME:
            kind = Kind(fact.fact)
            if fact.silly:
                return saying.reply("silly_favourite", topic="favorites")
            same = known.favourites.get(kind) == what
            reply = saying.reply(
                "same_favourite" if same else "new_favourite",
                topic="favorites",
                kind=_SPOKEN_KINDS[kind],
                what=what,
                note={"fact": kind.value},
            )
            return replace(reply, child=known.liking(kind, what))
        if fact.silly:
            return saying.reply("silly_name")
        if known.name is None or known.name.lower() == what.lower():
            reply = saying.reply(
                "new_name" if known.name is None else "same_name", name=what, note={"fact": NAME}
            )
            return replace(reply, child=known.called(what))
        insists = saying.recent.note.get("called") == what and _NO.match(heard.text.strip().lower())
        if insists:
            return replace(saying.reply("renamed", other=what, note={"fact": NAME}), child=known.called(what))
        return saying.reply("other_name", name=known.name, note={"called": what, "asked": "somebody_else"})

    def _settle(self, saying: _Saying, *, yes: bool) -> Reply:
        """Whether it is somebody else, and if not, whether the name has changed."""
        known, note = saying.known, saying.recent.note
        other, name = note["called"], known.name or note["called"]
        if note["asked"] == "somebody_else":
            if yes:
                return saying.reply("guest", name=name, other=other)
            return saying.reply("rename", other=other, note={"called": other, "asked": "rename"})
        if yes:
            return replace(
                saying.reply("renamed", other=other, note={"fact": NAME}), child=known.called(other)
            )
        return saying.reply("not_renamed", name=name)

    def _see_to(self, matter: Matter, text: str, saying: _Saying) -> Reply:
        known, kind = saying.known, kind_in(text)
        match matter:
            case Matter.HELLO:
                return saying.reply("hello", topic="hello", name=known.name or "")
            case Matter.GOODBYE:
                night = "night" in text.lower() or "sleep" in text.lower()
                return saying.reply(
                    "good_night" if night else "goodbye", topic="goodbye", name=known.name or ""
                )
            case Matter.MY_NAME if known.name:
                return saying.reply("your_name", name=known.name, note={"fact": NAME})
            case Matter.MY_NAME:
                return saying.reply("no_name", note={"ask": NAME})
            case Matter.MY_FAVOURITE if kind is not None:
                return self._tell_favourite(kind, saying)
            case Matter.MY_FAVOURITE | Matter.ABOUT_ME:
                return self._tell_all(saying)
            case Matter.FORGET_ALL:
                return replace(saying.reply("all_forgotten", topic="forgetting"), child=Known())
            case Matter.FORGET_NAME:
                return self._forget(NAME, saying)
            case Matter.FORGET_FAVOURITE if kind is not None:
                return self._forget(kind.value, saying)
            case _:
                return self._forget(saying.recent.note.get("fact", ""), saying)

    def _tell_favourite(self, kind: Kind, saying: _Saying) -> Reply:
        spoken, what = _SPOKEN_KINDS[kind], saying.known.favourites.get(kind)
        if what is None:
            return saying.reply("no_favourite", topic="favorites", kind=spoken, note={"ask": kind.value})
        return saying.reply(
            "your_favourite", topic="favorites", kind=spoken, what=what, note={"fact": kind.value}
        )

    def _tell_all(self, saying: _Saying) -> Reply:
        known = saying.known
        if not known.anything:
            return saying.reply("nothing_known", note={"ask": NAME})
        facts = [saying.line("name_known", name=known.name)] if known.name else []
        facts += [
            saying.line("favourite_known", kind=_SPOKEN_KINDS[kind], what=what)
            for kind, what in list(known.favourites.items())[:_TOLD_AT_ONCE]
        ]
        return reply_of(
            *facts, saying.line("can_forget"), skill=self.name, topic="what_i_know", note={"fact": "all"}
        )

    def _forget(self, fact: str, saying: _Saying) -> Reply:
        known = saying.known
        if fact == "all":
            return replace(saying.reply("all_forgotten", topic="forgetting"), child=Known())
        without = known.without(fact)
        if without == known:
            return saying.reply("nothing_to_forget", topic="forgetting")
        return replace(saying.reply("forgotten", topic="forgetting"), child=without)

    def _matter(self, text: str, recent: Recent) -> Matter | None:
        words = understand(text, self._book.vocabulary)
        found = (each for each, patterns in self._book.heard.items() if matches(patterns, words))
        return next((each for each in found if self._is_due(each, recent)), None)

    def _is_due(self, matter: Matter, recent: Recent) -> bool:
        """A name is said now and then, and "forget that" means what was just told."""
        if matter in (Matter.HELLO, Matter.GOODBYE):
            said = any(line.startswith(f"{self.name}.{matter}") for line in recent.lines)
            return recent.child.name is not None and not said
        return matter is not Matter.FORGET_THAT or (recent.skill == self.name and "fact" in recent.note)

    def _offered(self, recent: Recent) -> bool:
        return recent.skill == self.name and "called" in recent.note

    def _answer(self, text: str, recent: Recent) -> Told | None:
        """What was said to the bear's own question, where it is short enough to be the answer."""
        ask = recent.note.get("ask") if recent.skill == self.name else None
        if ask is None or len(_WORDS.findall(text.lower())) > _ANSWER_MOST or self._steering.wish(text):
            return None
        return named(text) if ask == NAME else liked(Kind(ask), text)


_TOLD_AT_ONCE: Final = 4  # favourites; more would be a list


@dataclass(frozen=True, slots=True)
class _Saying:
    """Picks lines for one reply."""

    lines: Mapping[str, tuple[Line, ...]]
    skill: str
    recent: Recent
    chance: Chance

    @property
    def known(self) -> Known:
        return self.recent.child

    def line(self, group: str, /, **gaps: str) -> Line:
        return filled(pick(self.lines[group], self.recent, self.chance), **gaps)

    def reply(
        self, group: str, /, *, topic: str = "childs_name", note: Mapping[str, str] | None = None, **gaps: str
    ) -> Reply:
        return reply_of(self.line(group, **gaps), skill=self.skill, topic=topic, note=note)


def parse_acquaintance(data: bytes, *, name: str = "acquaintance.toml") -> AcquaintanceBook:
    """Raises ConfigError naming the place."""
    file = parse_authored(_File, data, name)
    found = compiled(list(Matter), file.heard, f"{name}: heard")
    return AcquaintanceBook(
        heard={matter: found[matter] for matter in Matter},
        vocabulary=Vocabulary.of_patterns(sources(file.heard)),
        said=said_with_gaps(GAPS, file.said, "acquaintance", f"{name}: said"),
    )


def load_acquaintance(steering: Steering) -> Acquaintance:
    """Reads a file. Raises ConfigError."""
    book = parse_acquaintance(read_authored("teddy_edge.conversation.skills", "acquaintance.toml"))
    return Acquaintance(book=book, steering=steering)


class _File(Authored):
    heard: dict[str, tuple[str, ...]]
    said: dict[str, Templates]
