"""Turns with a broken part, a refused reply or a child who goes on talking: nobody is left unheard."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from dishka import Provider, Scope, provide

from teddy_edge.conversation.skills.chooser import Chooser
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_edge.ear.segmenter import Utterance, UtteranceEnded
from teddy_edge.ear.thread import Noticed
from teddy_edge.errors import PartDied
from teddy_edge.inference.governor import Governor, Work
from teddy_edge.safety.guard import Safe, safe_line
from teddy_shared.ages import AgeBand
from teddy_shared.clock import Chance
from teddy_shared.envelope import Lane
from tests.fakes import ChargedGovernor
from tests.journeys.test_talk_in_virtual_time import Home, VirtualParts, home, net, warm  # noqa: F401  # fixtures
from tests.speaking import Speaking

pytestmark = pytest.mark.virtual_time


class Says:
    """A skill that says one thing, or breaks with the child's words in its error."""

    name = "says"

    def __init__(self, text: str | None) -> None:
        self.text = text

    def fit(self, heard: Heard, recent: Recent) -> float:
        return 1.0

    def answer(self, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        if self.text is None:
            raise KeyError(heard.text)
        return Reply(text=self.text, skill=self.name, topic="test")


class WithSkill(Provider):
    """Everything real but for the skill."""

    def __init__(self, skill: Says) -> None:
        super().__init__()
        self._skill = skill

    @provide(scope=Scope.APP, override=True)
    def chooser(self) -> Chooser:
        return Chooser(skills=[self._skill], fallback=self._skill)


class HungHearing(Provider):
    """A governor whose hearing takes for ever."""

    @provide(scope=Scope.APP, override=True)
    async def governor(self) -> AsyncIterator[Governor]:
        yield ChargedGovernor({Work.HEARING: 1000.0, Work.SPECULATION: 1000.0})


def utterance(speaking: Speaking, words: str) -> Utterance:
    pcm = np.concatenate([np.zeros(8000, np.int16), speaking.child(words), np.zeros(4800, np.int16)])
    return Utterance(pcm, 0, 8000, len(pcm) - 4800, len(pcm))


def types(at: Home, turn: int) -> Sequence[str]:
    return [each.envelope.type for each in at.reports[turn].events]


async def test_a_cry_for_help_is_not_taken_back_by_going_on_talking(
    warm: VirtualParts,  # noqa: F811
    speaking: Speaking,
    tmp_path: Path,
) -> None:
    cry = utterance(speaking, "I swallowed a battery and my tummy hurts.")
    more = utterance(speaking, "Hello Teddy.")
    async with home(warm, tmp_path) as at:
        clock = at.talking.clock
        at.talking.inbox.post(Noticed(UtteranceEnded(cry), clock.monotonic()))
        await at.room.quiet(0.1)  # it is still being transcribed
        at.talking.inbox.post(Noticed(UtteranceEnded(more), clock.monotonic()))
        await at.answered(2)

        assert types(at, 0) == ["turn.begun", "safety.alert_raised", "turn.ended"]
        assert [each.outcome for each in at.reports] == ["answered", "answered"]  # comforted to the end first
        waiting = at.bear.outbox.marks()
        assert waiting[Lane.SAFETY].last == 1


async def test_a_broken_skill_leads_to_a_safe_line_and_the_next_turn_is_taken(
    warm: VirtualParts,  # noqa: F811
    speaking: Speaking,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    skill = Says(None)
    async with home(warm, tmp_path, replacing=(WithSkill(skill),)) as at:
        await at.room.say(speaking.child("Tell me something about elephants."))
        await at.answered(1)
        skill.text = "Bees can dance."
        await at.room.say(speaking.child("Tell me something about elephants."))
        await at.answered(2)

        broken, well = at.reports
        assert (broken.outcome, broken.reply) == ("failed", safe_line(Safe.BROKEN, AgeBand.MIDDLE).text)
        assert types(at, 0) == ["turn.begun", "turn.ended"]
        assert (well.outcome, well.reply) == ("answered", "Bees can dance.")
    assert "elephants" not in "".join(capsys.readouterr())


async def test_a_safe_line_that_is_interrupted_leaves_no_turn_without_an_end(
    warm: VirtualParts,  # noqa: F811
    speaking: Speaking,
    tmp_path: Path,
) -> None:
    skill = Says(None)
    async with home(warm, tmp_path, replacing=(WithSkill(skill),)) as at:
        await at.room.say(speaking.child("Tell me something about elephants."))
        await at.room.quiet_until(lambda: bool(at.room.played.any()))
        skill.text = "Bees can dance."
        more = utterance(speaking, "Hello Teddy.")
        began = at.talking.clock.monotonic()
        at.talking.inbox.post(Noticed(UtteranceEnded(more), began))
        await at.room.quiet_until(lambda: len(at.reports) == 2)

        assert types(at, 0) == ["turn.begun", "turn.ended"]
        assert [turn.outcome for turn in at.reports] == ["failed", "answered"]
        assert at.talking.clock.monotonic() - began < 5


async def test_a_model_that_hangs_leads_to_a_safe_line_in_time(
    warm: VirtualParts,  # noqa: F811
    speaking: Speaking,
    tmp_path: Path,
) -> None:
    async with home(warm, tmp_path, replacing=(HungHearing(),)) as at:
        await at.room.say(speaking.child("Hello Teddy."))
        began = at.talking.clock.monotonic()
        await at.room.quiet_until(lambda: bool(at.room.played.any()))

        assert at.talking.clock.monotonic() - began < 13


async def test_a_part_that_fails_twice_in_a_row_ends_the_bear(
    warm: VirtualParts,  # noqa: F811
    speaking: Speaking,
    tmp_path: Path,
) -> None:
    with pytest.raises(ExceptionGroup) as ended:
        async with home(warm, tmp_path, replacing=(WithSkill(Says(None)),)) as at:
            for turn in (1, 2):
                await at.room.say(speaking.child("Tell me something about elephants."))
                await at.answered(turn)

    assert ended.group_contains(PartDied)


async def test_a_refused_reply_is_neither_said_nor_remembered_nor_recorded_as_said(
    warm: VirtualParts,  # noqa: F811
    speaking: Speaking,
    tmp_path: Path,
) -> None:
    refused = "Bees can dance. Here is how to make a bomb."
    async with home(warm, tmp_path, replacing=(WithSkill(Says(refused)),)) as at:
        await at.room.say(speaking.child("Tell me something about bees."))
        await at.answered(1)

        (turn,) = at.reports
        assert "bomb" not in turn.reply
        assert (turn.verdict, turn.skill, turn.outcome) == ("refused", "guard", "answered")
        assert turn.reply == safe_line(Safe.REFUSED, AgeBand.MIDDLE).text
