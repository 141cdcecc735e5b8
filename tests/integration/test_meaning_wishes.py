"""The bear understands wishes in words that nobody wrote down for it, and leaves chatter alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from teddy_edge.container.bear import open_words
from teddy_edge.conversation.answering import Answering
from teddy_edge.conversation.skills.by_meaning import ByMeaning, load_examples, plainly
from teddy_edge.conversation.skills.chooser import load_chooser
from teddy_edge.conversation.skills.skill import Heard, Recent
from teddy_edge.inference.governor import ThreadGovernor
from teddy_edge.inference.meaning import open_meaning
from teddy_edge.inference.models import ModelStore, default_cache
from teddy_edge.safety.guard import Safe, load_guard, safe_line
from teddy_edge.safety.scripts import load_scripts
from teddy_edge.settings import Models, Settings
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance

WISHES = {
    "got anything to make me chuckle": "jokes",
    "i fancy a good giggle": "jokes",
    "let me have a go at guessing something": "jokes",
    "have i got to guess who it is": "who_is_it",
    "which beast has the biggest ears": "animals",
    "i am fond of wild creatures": "animals",
    "whose neck is the longest in the zoo": "animals",
    "who spins those webs in our attic": "animals",
    "could you read something to me": "stories",
    "how about a fairytale before bed": "stories",
    "let's dream up an adventure": "stories",
    "whisk me off to an enchanted castle": "stories",
    "i would love some music": "songs",
    "chant a little verse with me": "songs",
    "a soft tune so i can nod off": "songs",
    "i am all in a panic": "calm",
    "i've been awake in bed for hours": "calm",
    "i think somebody is hiding in my cupboard": "calm",
    "i have to read aloud in front of my whole class": "calm",
    "nobody at school wanted to sit beside me": "calm",
    "i slipped and banged my elbow": "company",
    "i feel like bawling my eyes out": "company",
    "what kinds of things are you able to help me with": "company",
    "was it a factory that built you": "company",
    "might there be creatures on some other planet": "space",
    "how come people hover around in a spaceship": "space",
    "where has the daylight gone": "space",
    "what sends water dripping down from above": "nature",
    "practise my plus and minus with me": "numbers",
    "help me learn how words are written": "words",
}
CHATTER = (
    *("my uncle has a motorbike", "we ate noodles today", "my socks are yellow", "who is the king of sweden"),
    *("the postman came to our door", "we watched cartoons on saturday", "what is the capital of spain"),
    *(
        "i have a blue pencil case",
        "my cousin lives in chicago",
        "we bought a new sofa",
        "it is wednesday",
    ),
    *("mommy parked the van", "my burger was yummy", "she has curly hair", "our team has red shirts"),
    *("do you play football", "i put the cup on the shelf", "how much does a phone cost", "zibby zabby zub"),
    "my grandpa reads the newspaper",
)


LONG = 60.0  # seconds: what a sentence means is the question here, not how soon


@pytest.fixture
def answering(models: ModelStore) -> Iterator[Answering]:
    governor = ThreadGovernor()
    yield Answering(
        guard=load_guard(),
        scripts=load_scripts(),
        chooser=load_chooser(),
        understanding=ByMeaning(
            examples=load_examples(),
            open_embedder=partial(open_meaning, models),
            governor=governor,
            patience=LONG,
        ),
        chance=SeededChance(1),
    )
    governor.close()


async def skill_of(answering: Answering, words: str) -> str:
    heard = Heard(text=words, confidence=1.0, band=AgeBand.MIDDLE)
    return (await answering.answer(heard, Recent(), doubtful=False, asked_back=0)).reply.skill


async def test_wishes_in_other_words_reach_the_skill_that_fits(answering: Answering) -> None:
    reached = {words: await skill_of(answering, words) for words in WISHES}

    assert reached == WISHES


def test_none_of_these_sentences_is_an_example() -> None:
    known = {plainly(example.text) for example in load_examples()}

    assert known.isdisjoint(map(plainly, (*WISHES, *CHATTER)))


async def test_chatter_is_not_taken_for_a_wish(answering: Answering) -> None:
    reached = {words: await skill_of(answering, words) for words in CHATTER}

    assert {words: skill for words, skill in reached.items() if skill not in ("fallback", "company")} == {}


async def test_who_types_is_understood_by_meaning_too(models: ModelStore, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, models=Models(cache=default_cache(os.environ)))

    async with open_words(settings) as talk:
        assert (await talk.hear("got anything to make me chuckle"))["skill"] == "jokes"


async def test_without_the_model_who_types_hears_safe_lines_and_comfort_alone(tmp_path: Path) -> None:
    unprepared = Settings(data=tmp_path, models=Models(cache=tmp_path / "nothing"))

    with capture_logs() as logs:
        async with open_words(unprepared) as talk:
            joke = await talk.hear("tell me a joke")
            emergency = await talk.hear("i swallowed a battery")

    assert joke["reply"] == safe_line(Safe.FAILED, AgeBand.MIDDLE).text
    assert emergency["alert"] and emergency["reply"] == safe_line(Safe.FAILED, AgeBand.MIDDLE).text
    assert "the guard is closed: its classifier did not load" in [line["event"] for line in logs]
