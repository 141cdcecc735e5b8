"""Every line that ships can be spoken, is short enough for its age, and passes the guard."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from teddy_edge.conversation.skills.animal_facts import parse_animals
from teddy_edge.conversation.skills.chooser import Chooser, load_chooser
from teddy_edge.conversation.skills.company import parse_company
from teddy_edge.conversation.skills.fallback import parse_fallback
from teddy_edge.conversation.skills.joke_book import parse_jokes
from teddy_edge.conversation.skills.lines import Line, pick
from teddy_edge.conversation.skills.offers import load_offers, parse_offers
from teddy_edge.conversation.skills.repeating import NOTHING_YET
from teddy_edge.conversation.skills.skill import Recent
from teddy_edge.conversation.skills.wondering import parse_wondering
from teddy_edge.safety.authored import read_authored
from teddy_edge.safety.guard import Guard, load_guard
from teddy_edge.speech.clauses import clauses
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance
from tests.skills_talk import SkillTalk

LONGEST_LITTLE = 22  # words, which take about eight seconds to say
SENTENCES = re.compile(r"[.!?](?:\s|$)")


def read(name: str) -> bytes:
    return read_authored("teddy_edge.conversation.skills", name)


def shipped() -> Iterator[tuple[str, str, bool]]:
    """Id, words, and whether three-year-olds hear them."""
    animals, jokes = parse_animals(read("animals.toml")), parse_jokes(read("jokes.toml"))
    offers = parse_fallback(read("fallback.toml"))
    lines = [fact.line for animal in animals.animals for fact in animal.facts]
    lines += [*animals.offers, *jokes.jokes, *offers.waiting, *offers.asked, *offers.told, *offers.rambled]
    lines += parse_wondering(read("wondering.toml")).lines
    lines += [line for riddle in jokes.riddles.values() for line in (riddle.line, riddle.answer)]
    for line in lines:
        yield line.id, line.text, line.little is None
        if line.little:
            yield line.id, line.little, True
    company = parse_company(read("company.toml"))
    for line in (*company.heard_you, *company.care):
        yield line.id, line.text, True
    for cue in company.cues:
        for line in cue.lines:
            yield line.id, line.text, not cue.lines_little
        for line in cue.lines_little:
            yield line.id, line.text, True
    things = parse_offers(read("offers.toml"))
    for group, templates in things.said.items():
        little = group.endswith("little")
        gaps = dict.fromkeys("abcd", f"something about {len(group) * 'o'}wls")  # each group its own
        for line in templates:
            yield line.id, line.text.format(**gaps), little
    yield "repeating", NOTHING_YET, True
    for opening in (line for group in animals.openings.values() for line in group):
        yield opening.id, opening.text.format(animals="polar bears", Animals="Polar bears"), True
    for line in animals.unknown:
        yield line.id, line.text.format(stranger="grasshoppers", animals="polar bears"), True


SHIPPED = list(shipped())


@pytest.fixture(scope="module")
def guard() -> Guard:
    return load_guard()


async def test_every_line_passes_the_guard(guard: Guard) -> None:
    refused = [
        line
        for line, text, _ in SHIPPED
        for band in AgeBand
        if await guard.clear_reply(text, band) is not None
    ]

    assert refused == []


def test_every_line_is_short() -> None:
    assert [
        id_ for id_, text, _ in SHIPPED if len(SENTENCES.findall(text)) > 3 or len(text.split()) > 40
    ] == []


def test_the_smallest_hear_one_or_two_short_sentences() -> None:
    long = [
        (id_, len(text.split()))
        for id_, text, little in SHIPPED
        if little and (len(SENTENCES.findall(text)) > 3 or len(text.split()) > LONGEST_LITTLE)
    ]
    assert long == []


def test_speech_can_begin_soon() -> None:
    assert [id_ for id_, text, _ in SHIPPED if len(clauses(text)[0].split()) > 11] == []


def test_no_line_asks_for_what_is_private() -> None:
    private = re.compile(
        r"\b(your name|how old are you|where do you live|your school|address|last name)\b[^.!]*\?", re.I
    )

    assert [id_ for id_, text, _ in SHIPPED if private.search(text)] == []


def test_no_line_is_written_twice() -> None:
    texts = [(id_.partition(".")[0], text) for id_, text, _ in SHIPPED if len(text.split()) > 4]

    assert [text for text in texts if texts.count(text) > 1] == []


@pytest.fixture(scope="module")
def chooser() -> Chooser:
    return load_chooser()


def test_whatever_is_offered_is_understood_and_given(chooser: Chooser) -> None:
    leads = {offer.request for offer in load_offers().every}
    leads |= {cue.leads_to for cue in parse_company(read("company.toml")).cues if cue.leads_to}
    given = {lead: SkillTalk(chooser).say(lead).skill for lead in leads}

    assert [lead for lead, skill in given.items() if skill in ("company", "fallback")] == []


def test_every_animal_can_be_asked_for(chooser: Chooser) -> None:
    book = parse_animals(read("animals.toml"))

    for animal in book.animals:
        if not animal.general:
            assert SkillTalk(chooser).say(f"Tell me about {animal.name}.").topic == animal.name
    for stranger in book.strangers:
        assert stranger in SkillTalk(chooser).say(f"Tell me about {stranger}.").text


def test_a_line_said_lately_is_not_picked_and_the_oldest_when_all_were() -> None:
    one, two, three = (Line(name, "Yes.") for name in ("one", "two", "three"))
    chance = SeededChance(1)

    assert pick([one, two], Recent(lines=("one",)), chance) is two
    assert pick([one, two, three], Recent(lines=("two", "other", "three", "one")), chance) is two
