"""What the words resemble helps where the rules are unsure, and nowhere else."""

from __future__ import annotations

import pytest

from teddy_edge.conversation.answering import Answer, Answering
from teddy_edge.conversation.skills.chooser import Chooser
from teddy_edge.conversation.skills.skill import Heard, Meant, Recent, Reply
from teddy_edge.safety.guard import load_guard
from teddy_edge.safety.scripts import load_scripts
from teddy_shared.ages import AgeBand
from teddy_shared.clock import Chance, SeededChance

GUARD, SCRIPTS = load_guard(), load_scripts()
REQUEST = "tell me a joke"


class Telling:
    """Says who it is and what it was told; sure of the words that it knows."""

    def __init__(self, name: str, **knows: float) -> None:
        self.name = name
        self._knows = {words.replace("_", " "): fit for words, fit in knows.items()}

    def fit(self, heard: Heard, recent: Recent) -> float:
        return self._knows.get(heard.text, 0.0)

    def answer(self, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        return Reply(text=heard.text, skill=self.name, topic="test")


class Always:
    """Understands everything as the same, and counts how often."""

    def __init__(self, meant: Meant | None) -> None:
        self._meant = meant
        self.asked = 0

    async def meant(self, text: str) -> Meant | None:
        self.asked += 1
        return self._meant


async def answered(
    words: str,
    *,
    lead: float = 0.1,
    recent: Recent | None = None,
    doubtful: bool = False,
    understanding: Always | None = None,
    **fits: float,
) -> Answer:
    """Of a bear with jokes and company, where company knows these words so surely."""
    jokes = Telling("jokes", tell_me_a_joke=0.95, a_funny_cow_story=0.4)
    company = Telling("company", **{words.replace(" ", "_"): fit for fit in fits.values()})
    about = Answering(
        guard=GUARD,
        scripts=SCRIPTS,
        chooser=Chooser(skills=[company, jokes], fallback=Telling("fallback")),
        understanding=understanding or Always(Meant("jokes", REQUEST, lead)),
        chance=SeededChance(1),
    )
    heard = Heard(text=words, confidence=0.7, band=AgeBand.MIDDLE)
    return await about.answer(heard, recent or Recent(), doubtful=doubtful, asked_back=0)


async def test_words_that_no_rule_knows_are_answered_as_what_they_resemble() -> None:
    answer = await answered("tickle my giggle bone")

    assert (answer.reply.skill, answer.reply.text) == ("jokes", REQUEST)


async def test_what_resembles_nothing_goes_to_the_fallback() -> None:
    answer = await answered("my bike is red", understanding=Always(None))

    assert (answer.reply.skill, answer.reply.text) == ("fallback", "my bike is red")


async def test_a_skill_that_finds_itself_in_the_childs_own_words_is_given_those() -> None:
    answer = await answered("a funny cow story")

    assert (answer.reply.skill, answer.reply.text) == ("jokes", "a funny cow story")


@pytest.mark.parametrize(
    ("company", "lead", "skill"),
    [(0.45, 0.1, "jokes"), (0.9, 0.1, "company"), (0.9, 0.5, "jokes"), (0.96, 0.9, "company")],
)
async def test_a_loose_rule_gives_way_to_a_clear_likeness_and_a_cue_of_distress_never(
    company: float, lead: float, skill: str
) -> None:
    answer = await answered("do something goofy now", lead=lead, company=company)

    assert answer.reply.skill == skill


async def test_who_spoke_last_knows_better_what_is_an_answer_to_it() -> None:
    answer = await answered("the funny one", lead=0.9, company=0.55, recent=Recent(skill="company"))

    assert answer.reply.skill == "company"


@pytest.mark.parametrize(
    ("words", "doubtful", "company"),
    [("hello", False, 0.97), ("mumble mumble", True, 0.0), ("i swallowed a battery", False, 0.0)],
    ids=["sure", "asked back", "emergency"],
)
async def test_the_model_is_not_asked_where_it_has_no_say(words: str, doubtful: bool, company: float) -> None:
    understanding = Always(Meant("jokes", REQUEST, 0.9))

    answer = await answered(words, doubtful=doubtful, company=company, understanding=understanding)

    assert understanding.asked == 0
    assert answer.reply.skill != "jokes"
