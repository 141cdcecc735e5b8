"""One reply on its way through the mouth: how much was heard, and when it ended."""

from __future__ import annotations

import asyncio
from typing import Final

from teddy_edge.audio.mouth import ClauseHeard, Drained, MouthEvent, Position, SoundBegan
from teddy_edge.conversation.answering import Answer, Passed
from teddy_edge.conversation.wording import heard_of
from teddy_edge.safety.verdict import Decision

AHEAD: Final = 2  # clauses rendered beyond the one that plays; more would be wasted by an interruption


class Playback:
    """Follows the mouth's events of one generation; lives on the event loop."""

    def __init__(self, *, generation: int) -> None:
        self.generation = generation
        self.first_sound: float | None = None  # seconds on the monotonic clock
        self.clauses_heard = 0
        self.samples_heard = 0
        self.share_heard = 0.0  # of the clause that was cut short, 0 to 1
        self.answer: Answer | None = None
        self.said: list[Passed] = []  # clauses, as they went to the voice
        self.whole = False  # no further clause comes
        self._room = asyncio.Semaphore(AHEAD + 1)
        self._drained = asyncio.Event()

    @property
    def protected(self) -> bool:
        """A safety line: only "stop" ends it."""
        return self.answer is not None and self.answer.verdict.decision is Decision.COMFORT_AND_ALERT

    @property
    def words_heard(self) -> str:
        """As far as the play cursor has come."""
        heard = [each.words.text for each in self.said[: self.clauses_heard]]
        if self.clauses_heard < len(self.said):
            heard.append(heard_of(self.said[self.clauses_heard].words.text, self.share_heard))
        return " ".join(heard).strip()

    @property
    def last_clause_began(self) -> bool:
        """Whether the child knows where the reply leads: what is asked stands at its end."""
        last = len(self.said) - 1
        return self.whole and (
            self.clauses_heard > last or (self.clauses_heard == last and self.share_heard > 0)
        )

    def follow(self, event: MouthEvent) -> None:
        """Events of other generations are none of its business."""
        if event.generation != self.generation:
            return
        match event:
            case SoundBegan(at=at):
                self.first_sound = at
            case ClauseHeard(samples=samples):
                self.clauses_heard += 1
                self.samples_heard += samples
                self._room.release()
            case Drained():
                self._drained.set()

    def cut(self, position: Position) -> None:
        """The reply ends here. The mouth knows better than its events, which may still be on their way."""
        if position.generation != self.generation:
            return
        self.clauses_heard = position.number
        self.samples_heard = position.heard
        self.share_heard = position.played / position.samples if position.samples else 0.0

    async def room(self) -> None:
        """Returns when another clause may be queued."""
        await self._room.acquire()

    async def drained(self) -> None:
        """Returns when the speaker has played the reply to its end."""
        await self._drained.wait()
