"""A bare "why": said of whatever was last, it is answered honestly, also the fifth time in a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from teddy_edge.conversation.skills.lines import Line, Spoken, numbered, pick
from teddy_edge.conversation.skills.offers import Offers
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_edge.conversation.skills.steering import Steering, Wish
from teddy_edge.safety.authored import Authored, parse_authored, read_authored
from teddy_shared.clock import Chance

ENOUGH: Final = 3  # whys in a row; then something else is offered beside the answer

_SURE: Final = 0.945  # it can mean nothing else
_KNOWING: Final = frozenset({"space", "nature"})  # they meet a first why with more of what they know
_ASKING: Final = frozenset({"ask", "riddle", "secret", "story"})  # notes of who waits for an answer


@dataclass(frozen=True, slots=True)
class WhyBook:
    lines: tuple[Line, ...]


class Wondering:
    name: Final = "why"

    def __init__(self, *, book: WhyBook, steering: Steering, offers: Offers) -> None:
        self._book = book
        self._steering = steering
        self._offers = offers

    def fit(self, heard: Heard, recent: Recent) -> float:
        if _ASKING & recent.note.keys() or self._steering.wish(heard.text) is not Wish.WHY:
            return 0.0
        met = f"{recent.skill}.why."
        if recent.skill in _KNOWING and not any(line.startswith(met) for line in recent.lines):
            return 0.0
        return _SURE if recent.text else 0.0

    def answer(self, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        line = pick(self._book.lines, recent, chance)
        count = int(recent.note.get("whys", "0")) + 1 if recent.skill == self.name else 1
        if count < ENOUGH:
            kept = {key: value for key, value in recent.note.items() if key in ("yes", "other")}
            return self._reply(line.text, (line.id,), {**kept, "whys": str(count)})
        offered = self._offers.two(heard.band, recent, chance)
        return self._reply(
            f"{line.text} {offered.lines[0].text}",
            (line.id, *offered.ids),
            {**offered.note, "whys": str(count)},
        )

    def _reply(self, text: str, lines: tuple[str, ...], note: dict[str, str]) -> Reply:
        return Reply(text=text, skill=self.name, topic="why", note=note, lines=lines)


def parse_wondering(data: bytes, *, name: str = "wondering.toml") -> WhyBook:
    """Raises ConfigError naming the place."""
    return WhyBook(numbered("why", parse_authored(_File, data, name).say))


def load_wondering(steering: Steering, offers: Offers) -> Wondering:
    """Reads a file. Raises ConfigError."""
    book = parse_wondering(read_authored("teddy_edge.conversation.skills", "wondering.toml"))
    return Wondering(book=book, steering=steering, offers=offers)


class _File(Authored):
    say: Annotated[tuple[Spoken, ...], Field(min_length=21)]
