"""Interrupts a bear again and again, in every way and at any moment, and judges what was heard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import numpy as np

from teddy_edge.audio.ring import Hop
from teddy_edge.audio.samples import EAR_RATE, HOP, Pcm
from teddy_edge.body.paw import Squeeze, Squeezed
from teddy_edge.container.bundles import Talking
from teddy_edge.conversation.floor import Floor
from teddy_edge.conversation.generation import Generations
from teddy_edge.conversation.inbox import News
from teddy_edge.conversation.interruption import Order
from teddy_edge.conversation.report import TurnReport
from teddy_edge.conversation.states import State
from teddy_edge.conversation.wording import asks_for_silence
from teddy_edge.ear.thread import Noticed
from teddy_edge.safety.verdict import Decision
from teddy_edge.waking.spotter import StopHeard, Woke
from teddy_shared.clock import Chance
from teddy_shared.errors import TeddyError
from workshop.interrupting.child import Child, Clip
from workshop.interrupting.listening import Account, Sounded

STEP: Final = HOP / EAR_RATE  # seconds: a block of the microphone
THREAD: Final = 0.003  # seconds from a block to the brain: the ear's own work, on a small board
PATIENCE: Final = 30.0  # seconds on the virtual clock after which the bear counts as stuck
AT_ONCE: Final = 0.3  # seconds in which an order must have ended a reply
LONGEST_WORDS: Final = 8.0  # seconds in which words must have: they are waited for to their end
RESUMED: Final = 3.0  # seconds after a cough in which the reply must be going on


OFTEN: Final = (6, 5, 4, 2)  # words, orders, coughs, everything at once

T = TypeVar("T")


@dataclass(slots=True)
class Tally:
    """What came of it all. Milliseconds, from the child's mouth to the child's ear."""

    interruptions: int = 0
    words: int = 0
    orders: int = 0
    coughs: int = 0
    safety_lines: int = 0  # that were spoken over
    duck: list[float] = field(default_factory=list)
    silence: list[float] = field(default_factory=list)
    stop: list[float] = field(default_factory=list)
    not_resumed: int = 0  # replies that a cough ended, or that began in the middle
    not_stopped: int = 0  # replies that an order, or words, did not end
    cut_safety_lines: int = 0  # by anything but "stop"


class Microphone:
    """The child's mouth and the ear's thread in one, a block at a time."""

    def __init__(self, talking: Talking) -> None:
        self._talking = talking
        self._left: Pcm = np.zeros(0, np.int16)
        self._index = 0

    @property
    def busy(self) -> bool:
        return self._left.size > 0

    def say(self, clip: Clip, *, late: int) -> float:
        """From `late` samples into the next block on; when it will begin to sound."""
        start = self._index + late
        self._left = np.concatenate((np.zeros(late, np.int16), clip.pcm))
        return (start + clip.onset) / EAR_RATE

    async def listen(self) -> None:
        """Until cancelled. Its clock is its samples: a block is there when its last sample was said."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep((self._index + HOP) / EAR_RATE - loop.time())
            block = np.zeros(HOP, np.int16)
            block[: len(self._left[:HOP])] = self._left[:HOP]
            self._left = self._left[HOP:]
            for event in self._talking.ear.step(Hop(block, self._index)):
                noticed = Noticed(event, self._talking.clock.monotonic())
                loop.call_later(THREAD, self._talking.inbox.post, noticed)
            self._index += HOP


class Ends:
    """An onlooker that keeps how the latest turns ended."""

    def __init__(self) -> None:
        self.seen: dict[int, TurnReport] = {}

    def saw(self, report: TurnReport) -> None:
        self.seen[report.generation] = report
        for old in sorted(self.seen)[:-8]:
            del self.seen[old]


class Fuzz:
    """One child, and one bear."""

    def __init__(
        self,
        *,
        talking: Talking,
        floor: Floor,
        generations: Generations,
        account: Account,
        ends: Ends,
        child: Child,
        chance: Chance,
    ) -> None:
        self._talking = talking
        self._floor = floor
        self._generations = generations
        self._account = account
        self._ends = ends
        self._child = child
        self._chance = chance
        self.microphone = Microphone(talking)
        self.tally = Tally()

    async def interrupt(self) -> None:
        """Once."""
        generation = await self._reply()
        if not self._chance.below(12):
            await self._at_its_end()
        elif self._chance.below(8):
            await asyncio.sleep(self._chance.between(0.0, 1.2))
        if self._talking.dialogue.at_rest or not self._generations.is_current(generation):
            return  # it had ended before anybody interrupted it
        self.tally.interruptions += 1
        if self._floor.protected:
            await self._over_a_safety_line(generation)
            return
        ways = (self._by_words, self._by_order, self._by_cough, self._by_everything_at_once)
        await self._any([way for way, often in zip(ways, OFTEN, strict=True) for _ in range(often)])(
            generation
        )

    async def _by_words(self, generation: int) -> None:
        self.tally.words += 1
        sounding = self._sounding
        onset = self._say(self._any(self._child.cries if self._chance.below(20) == 0 else self._child.clips))
        heard = await self._ended(generation, since=onset + LONGEST_WORDS)
        if sounding and heard is not None and heard.last > onset and heard.low is not None:
            self.tally.duck.append(1000 * (heard.low - onset))
            self.tally.silence.append(1000 * (heard.last - onset))

    async def _by_order(self, generation: int) -> None:
        self.tally.orders += 1
        await asyncio.sleep(self._chance.between(0.0, STEP))  # a paw does not wait for blocks
        sounding, asked = self._sounding, self._talking.clock.monotonic()
        self._post(self._any(list(Order)))
        heard = await self._ended(generation, since=asked + AT_ONCE)
        if sounding and heard is not None:
            self.tally.stop.append(1000 * max(0.0, heard.last - asked))
        await asyncio.sleep(self._chance.between(0.0, 0.3))

    async def _by_cough(self, generation: int) -> None:
        self.tally.coughs += 1
        self._say(self._any(self._child.coughs))
        held = False
        ends = self._talking.clock.monotonic() + RESUMED
        while self._talking.clock.monotonic() < ends and generation not in self._ends.seen:
            held = held or self._floor.held
            await asyncio.sleep(STEP)
        heard, end = self._account.heard.get(generation), self._ends.seen.get(generation)
        on = end is None or end.outcome != "interrupted"  # what it asks back is said to its end too
        again = not held or heard is None or not heard.begun or heard.begun[-1][1] == 0
        if not on or not again or (end is None and self._floor.held):
            self.tally.not_resumed += 1

    async def _by_everything_at_once(self, generation: int) -> None:
        """Nothing is expected but that the reply ends, and that nothing of it comes afterwards."""
        self._say(self._any([*self._child.clips, *self._child.coughs]))
        for _ in range(1 + self._chance.below(3)):
            await asyncio.sleep(self._chance.between(0.0, 0.5))
            self._post(self._any(list(Order)))
        await self._ended(generation, since=self._talking.clock.monotonic() + AT_ONCE)

    async def _over_a_safety_line(self, generation: int) -> None:
        self.tally.safety_lines += 1
        how = self._any(["words", "cough", "order", "stop"])
        match how:
            case "stop":
                self._post(Order.STOP)
            case "order":
                self._post(self._any([Order.NAME, Order.SQUEEZE]))
            case "cough":
                self._say(self._any(self._child.coughs))
            case _:
                self._say(self._any([each for each in self._child.clips if not asks_for_silence(each.text)]))
        await self._until(lambda: generation in self._ends.seen)
        end = self._ends.seen.get(generation)
        if end is None:
            self.tally.not_stopped += 1
        elif how != "stop" and end.outcome != "answered":
            self.tally.cut_safety_lines += 1

    async def _ended(self, generation: int, *, since: float) -> Sounded | None:
        """How the reply was heard, once it was given up; none where it ended by itself.

        A reply that goes on after `since` was not given up when it should have been, unless it comforts.
        """
        over = await self._until(
            lambda: generation in self._ends.seen or not self._generations.is_current(generation)
        )
        end, heard = self._ends.seen.get(generation), self._account.heard.get(generation)
        if end is not None and end.outcome != "interrupted":
            comforts = end.verdict == Decision.COMFORT_AND_ALERT.value
            if not comforts and heard is not None and heard.last > since:
                self.tally.not_stopped += 1
            return None
        if not over:
            self.tally.not_stopped += 1
        return heard

    @property
    def _sounding(self) -> bool:
        return self._talking.states.now is State.SPEAKING and not self._account.resting

    async def _at_its_end(self) -> None:
        """While its end is being remembered and written down."""
        await self._until(lambda: self._talking.dialogue.at_rest or self._talking.mouth.idle)
        await asyncio.sleep(self._chance.between(0.0, 0.1))

    async def _reply(self) -> int:
        """Waits until the bear speaks, or sometimes only thinks, and asks it something where it rests."""
        thinking = not self._chance.below(8)

        def there() -> bool:
            now = self._talking.states.now
            if self._talking.dialogue.at_rest and not self.microphone.busy:
                self._say(self._any(self._child.clips))
            if thinking and now is State.THINKING:
                return True
            return self._sounding

        if not await self._until(there):
            raise TeddyError(f"the bear is stuck, and {self._talking.states.now}")
        return self._generations.current

    def _say(self, clip: Clip) -> float:
        return self.microphone.say(clip, late=self._chance.below(HOP // 20) * 20)

    def _post(self, order: Order) -> None:
        now = self._talking.clock.monotonic()
        news: dict[Order, News] = {
            Order.STOP: Noticed(StopHeard(0, 1.0), now),
            Order.NAME: Noticed(Woke(0, 1.0), now),
            Order.SQUEEZE: Squeezed(self._any(list(Squeeze))),
        }
        self._talking.inbox.post(news[order])

    def _any(self, things: Sequence[T]) -> T:
        return things[self._chance.below(len(things))]

    async def _until(self, condition: Callable[[], bool]) -> bool:
        """Whether it came true."""
        ends = self._talking.clock.monotonic() + PATIENCE
        while not condition():
            if self._talking.clock.monotonic() > ends:
                return False
            await asyncio.sleep(STEP)
        return True
