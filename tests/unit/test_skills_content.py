"""What the bear says is fit for a child: authored lines, what is put together on the spot, broken files."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Final

import pytest

from teddy_edge.authoring.check import check
from teddy_edge.authoring.documents import product_documents
from teddy_edge.authoring.guarding import load_patient_guard
from teddy_edge.conversation.skills.calm import parse_calm
from teddy_edge.conversation.skills.chooser import Chooser, load_chooser
from teddy_edge.conversation.skills.content import FOLDER
from teddy_edge.conversation.skills.knowledge import parse_knowledge
from teddy_edge.conversation.skills.number_book import parse_numbers
from teddy_edge.conversation.skills.playing import Playing
from teddy_edge.conversation.skills.quiz import parse_quiz_lines
from teddy_edge.conversation.skills.remembering import parse_remembering
from teddy_edge.conversation.skills.songs import parse_songs
from teddy_edge.conversation.skills.story_book import parse_stories
from teddy_edge.conversation.skills.templates import templates
from teddy_edge.conversation.skills.timing import parse_timing
from teddy_edge.conversation.skills.twenty_book import parse_twenty
from teddy_edge.conversation.skills.who_is_it import parse_who
from teddy_edge.conversation.skills.word_book import parse_words
from teddy_edge.safety.authored import read_authored, read_folder
from teddy_edge.safety.guard import load_guard
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance
from teddy_shared.errors import ConfigError
from tests.skills_talk import SkillTalk

GUARD = load_guard()


@pytest.fixture(scope="module")
def chooser() -> Chooser:
    return load_chooser()


def read(name: str) -> bytes:
    return read_authored("teddy_edge.conversation.skills", f"{name}.toml")


TALES = read_folder("teddy_edge.conversation.skills", FOLDER)


def test_every_authored_line_passes_the_check() -> None:
    """The words, their reading age and length, the guard at every age, every path of every story."""
    checked = check(product_documents(), guard=load_patient_guard())

    assert checked.findings == ()
    assert checked.lines > 2_000


@pytest.mark.parametrize("band", AgeBand)
async def test_the_guard_passes_what_is_made_up_on_the_spot(chooser: Chooser, band: AgeBand) -> None:
    """Sums, rows of numbers and spelled words together with what stands beside them."""
    games = ("give me a sum", "times tables", "let's count", "number game", "spelling game", "opposites game")
    more = (
        "rhyming game",
        "animal sounds game",
        "guess who",
        "memory game",
        "pack a bag",
        "twenty questions",
    )
    for seed, game in itertools.product(range(8), (*games, *more, "guess what I am thinking of")):
        talk = SkillTalk(chooser, band=band, chance=SeededChance(seed))
        for says in (game, "I don't know", "another one", "nine", "more"):
            reply = talk.say(says)
            assert await GUARD.clear_reply(reply.text, band) is None, reply.text


@pytest.mark.parametrize(
    "name",
    [
        "stories",
        "songs",
        "calm",
        "numbers",
        "words",
        "quiz",
        "playing",
        "space",
        "who_is_it",
        "remembering",
        "twenty_questions",
    ],
)
def test_a_file_with_a_strange_key_is_refused_by_name(name: str) -> None:
    broken = b"surprise = 1\n" + read(name)

    with pytest.raises(ConfigError, match=rf"{name}\.toml: surprise"):
        PARSERS[name](broken)


@pytest.mark.parametrize(
    "name",
    [
        "stories",
        "songs",
        "calm",
        "numbers",
        "words",
        "playing",
        "space",
        "who_is_it",
        "remembering",
        "twenty_questions",
    ],
)
def test_a_pattern_that_cannot_be_read_is_refused_by_name(name: str) -> None:
    broken = re.sub(
        rb'(heard|wishes|count|spelled|stop|any_way|asked|sound|bag|yes) = \[\n? *"',
        rb'\1 = ["(open", "',
        read(name),
        count=1,
    )

    with pytest.raises(ConfigError, match=rf"{name}\.toml: "):
        PARSERS[name](broken)


def test_a_gap_that_nobody_fills_is_refused() -> None:
    with pytest.raises(
        ConfigError, match=r"words\.rhyme: \{colour\} is filled by nobody; known here: \{word\}"
    ):
        templates("words.rhyme", ["It is {colour}."], gaps=("word",))
    with pytest.raises(ConfigError, match=r"words\.rhyme"):
        templates("words.rhyme", ["It is {colour."], gaps=("word",))


PARSERS: Final[dict[str, Callable[[bytes], object]]] = {
    "stories": lambda data: parse_stories(data, TALES),
    "songs": parse_songs,
    "calm": parse_calm,
    "numbers": parse_numbers,
    "words": parse_words,
    "quiz": parse_quiz_lines,
    "playing": Playing.parse,
    "who_is_it": parse_who,
    "remembering": parse_remembering,
    "twenty_questions": parse_twenty,
    "timing": parse_timing,
    "space": lambda data: parse_knowledge(data, name="space.toml"),
}
