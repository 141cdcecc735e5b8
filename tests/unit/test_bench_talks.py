"""Simulated children talk with the bear's skills; what does not fit is told."""

from __future__ import annotations

import pytest

from teddy_edge.conversation.answering import Answering, RulesAlone
from teddy_edge.conversation.skills.chooser import load_chooser
from teddy_edge.conversation.skills.skill import Recent, Reply
from teddy_edge.safety.guard import load_guard
from teddy_edge.safety.scripts import load_scripts
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance
from workshop.talks.child import Act, Child, Said
from workshop.talks.judge import Turn, faults
from workshop.talks.sentences import load_sentences
from workshop.talks.talking import talk

SENTENCES = load_sentences()
ANSWERING = Answering(
    guard=load_guard(deadline=30),
    scripts=load_scripts(),
    chooser=load_chooser(),
    understanding=RulesAlone(),
    chance=SeededChance(3),
)


@pytest.mark.parametrize("band", AgeBand)
async def test_no_talk_comes_to_a_dead_end_and_goodbye_is_accepted_at_once(band: AgeBand) -> None:
    child = Child("chatty", band, SENTENCES, SeededChance(5))

    said = await talk(ANSWERING, child, turns=34)

    assert [each for each in faults(said) if each.kind in ("dead_ends", "goodbye_late")] == []
    assert said[33].said.act is Act.GOODBYE and "?" not in said[33].reply.text


def turn(said: Said, text: str, *, skill: str = "animals", before: Recent | None = None) -> Turn:
    return Turn(said, before or Recent(), Reply(text=text, skill=skill, topic="cats", note={"yes": "a joke"}))


def told(*turns: Turn) -> list[str]:
    return [each.kind for each in faults(turns)]


TELL, ASK = Said("it rains", Act.TELL), Said("tell me about owls", Act.ASK, about="owls")


def test_a_line_that_comes_again_is_told_unless_it_was_asked_for() -> None:
    line = "My ears are soft and very round."
    assert told(turn(TELL, line), turn(TELL, line)) == ["repeats"]
    assert told(turn(TELL, line), turn(Said("what", Act.REPEAT), line)) == []
    assert told(turn(ASK, "Owls hoot at each other."), turn(ASK, "Owls hoot at each other.")) == []


def test_a_reply_to_a_question_speaks_of_it_or_says_that_it_does_not_know() -> None:
    assert told(turn(ASK, "An owl can turn its head.")) == []
    assert told(turn(ASK, "I don't know that one.")) == []
    assert told(turn(ASK, "Cats purr.")) == ["unfit"]


def test_an_answer_belongs_to_who_asked() -> None:
    asked = Recent(skill="numbers", note={"ask": "What is one plus one?", "right": "2"})
    assert told(turn(Said("two", Act.RIGHT), "Cats purr.", before=asked)) == ["unfit"]
    assert told(turn(Said("two", Act.RIGHT), "Yes!", skill="numbers", before=asked)) == []


def test_who_says_goodbye_is_let_go() -> None:
    bye = Said("bye", Act.GOODBYE)
    assert told(turn(bye, "Shall we play first?")) == ["goodbye_late"]


def test_a_shrug_with_nothing_behind_it_is_a_dead_end() -> None:
    shrug = Reply(text="I don't know.", skill="fallback", topic="something_else")
    assert [each.kind for each in faults([Turn(TELL, Recent(), shrug)])] == ["dead_ends"]
