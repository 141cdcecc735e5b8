"""Which question finds out soonest what a child thinks of, and when to guess. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from teddy_edge.conversation.skills.twenty_book import Thing, TwentyBook
from teddy_shared.clock import Chance

ASKED_MOST: Final = 12  # a child of five loses the thread after that; the bear guesses then
GUESSES_MOST: Final = 3


@dataclass(frozen=True, slots=True)
class Known:
    """What the child has said so far; travels in the note as words."""

    answers: tuple[tuple[str, str], ...] = ()  # trait and yes, no, some or unsure
    guessed: tuple[str, ...] = ()  # things that it was not

    @classmethod
    def read(cls, note: Mapping[str, str]) -> Known:
        pairs = [each.partition(":") for each in note.get("known", "").split() if ":" in each]
        guessed = tuple(each for each in note.get("guessed", "").split(",") if each)
        return cls(tuple((trait, answer) for trait, _, answer in pairs), guessed)

    def note(self) -> Mapping[str, str]:
        known = " ".join(f"{trait}:{answer}" for trait, answer in self.answers)
        return {"known": known, "guessed": ",".join(self.guessed)}

    def with_answer(self, trait: str, answer: str) -> Known:
        return Known((*self.answers, (trait, answer)), self.guessed)

    def without(self, thing: str) -> Known:
        return Known(self.answers, (*self.guessed, thing))


def next_question(book: TwentyBook, known: Known, chance: Chance) -> str | None:
    """The trait that parts what is left most evenly; None when it is time to guess."""
    left = likeliest(book, known)
    if len(left) <= 1 or len(known.answers) >= ASKED_MOST or known.guessed:
        return None
    asked = {trait for trait, _ in known.answers}
    parted = {trait: _parted(trait, left) for trait in book.traits if trait not in asked}
    best = max(parted.values(), default=0)
    if best == 0:
        return None
    good = [trait for trait, least in parted.items() if least >= best - len(left) // 10]
    return good[chance.below(len(good))]


def likeliest(book: TwentyBook, known: Known) -> Sequence[Thing]:
    """The things that contradict the fewest answers: a child errs, and so does a table."""
    left = [thing for thing in book.things.values() if thing.what not in known.guessed]
    wrong = {thing.what: sum(not _fits(thing, *each) for each in known.answers) for thing in left}
    least = min(wrong.values(), default=0)
    return [thing for thing in left if wrong[thing.what] == least]


def _parted(trait: str, things: Sequence[Thing]) -> int:
    """How many are told apart at least, whatever the answer is."""
    truths = [thing.truth(trait) for thing in things]
    return min(truths.count("yes"), truths.count("no"))


def _fits(thing: Thing, trait: str, answer: str) -> bool:
    truth = thing.truth(trait)
    return truth == answer or answer in ("unsure", "some") or truth == "some"
