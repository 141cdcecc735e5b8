"""Every line of stories, games, songs, knowledge and comfort is fit for a child, and the guard passes it."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from teddy_edge.conversation.skills.calm import parse_calm
from teddy_edge.conversation.skills.chooser import Chooser, load_chooser
from teddy_edge.conversation.skills.knowledge import parse_knowledge
from teddy_edge.conversation.skills.number_book import parse_numbers
from teddy_edge.conversation.skills.playing import Playing
from teddy_edge.conversation.skills.quiz import parse_quiz_lines
from teddy_edge.conversation.skills.remembering import parse_remembering
from teddy_edge.conversation.skills.songs import parse_songs
from teddy_edge.conversation.skills.story_book import FOLDER, parse_stories
from teddy_edge.conversation.skills.templates import templates
from teddy_edge.conversation.skills.twenty_book import parse_twenty
from teddy_edge.conversation.skills.who_is_it import parse_who
from teddy_edge.conversation.skills.word_book import parse_words
from teddy_edge.safety.authored import read_authored, read_folder
from teddy_edge.safety.guard import Refused, load_guard
from teddy_edge.speech.clauses import clauses
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance
from teddy_shared.errors import ConfigError
from tests.skills_talk import SkillTalk

FILES = (
    "stories", "songs", "calm", "numbers", "words", "quiz", "space", "nature",
    "who_is_it", "remembering", "twenty_questions", "follow_up",
)  # fmt: skip
MOST_SENTENCES = 4
MOST_WORDS = 45
LITTLE_WORDS = 22  # words, which take about eight seconds to say
FIRST_CLAUSE = 11  # words: what the child waits for

GUARD = load_guard()


@pytest.fixture(scope="module")
def chooser() -> Chooser:
    return load_chooser()


def read(name: str) -> bytes:
    return read_authored("teddy_edge.conversation.skills", f"{name}.toml")


def spoken(table: Any, key: str = "") -> Iterator[str]:
    """Everything in a file that is said aloud; gaps are filled with a word."""
    if isinstance(table, dict):
        for name, inside in table.items():
            yield from spoken(inside, "say" if key in ("said", "openings") else name)
    elif isinstance(table, list):
        for inside in table:
            yield from spoken(inside, key)
    elif key in ("text", "little", "ask", "clue", "clues", "say", "steps", "offers", "then", "reply", "more"):
        yield re.sub(r"\{\w+\}", "rabbits", table)


TALES = read_folder("teddy_edge.conversation.skills", FOLDER)
TEXTS = [(name, read(name)) for name in FILES] + [(f"stories/{tale}", data) for tale, data in TALES.items()]
LINES = [(name, line) for name, data in TEXTS for line in spoken(tomllib.loads(data.decode()))]


@pytest.mark.parametrize("band", AgeBand)
async def test_the_guard_passes_every_line(band: AgeBand) -> None:
    refused = [
        line for _, line in LINES if isinstance(await GUARD.clear(line, so_far="", band=band), Refused)
    ]

    assert refused == []


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


def test_every_line_is_short_and_plain() -> None:
    for _, line in LINES:
        assert re.fullmatch(r"[A-Za-z0-9 ,;:.!?'-]+[.!?]", line), line
        assert len(re.findall(r"[.!?](?:\s|$)", line)) <= MOST_SENTENCES, line
        assert len(line.split()) <= MOST_WORDS, line
        assert len(clauses(line)[0].split()) <= FIRST_CLAUSE, line


@pytest.mark.parametrize("name", ["space", "nature"])
def test_what_small_children_hear_is_shorter(name: str) -> None:
    for topic in parse_knowledge(read(name), name=f"{name}.toml").topics:
        for fact in topic.facts:
            assert len(fact.line.words_for(AgeBand.LITTLE).split()) <= LITTLE_WORDS, fact.line.id


@pytest.mark.parametrize(
    "asks", ["address", "phone number", "last name", "password", "stay with me", "don't go", "secret"]
)
def test_nothing_clings_and_nothing_asks_for_what_is_private(asks: str) -> None:
    assert [line for _, line in LINES if asks in line.lower()] == []


def test_comfort_is_never_without_a_person() -> None:
    people = re.compile(r"grown-up|famil|hug|cuddle")
    for comfort in parse_calm(read("calm")).comforts:
        if comfort.topic in ("breathing", "cannot_sleep", "wind_down"):
            continue
        for line in (*comfort.lines, *comfort.lines_little):
            assert people.search(line.text), line.id


def test_the_books_are_as_rich_as_promised() -> None:
    space = parse_knowledge(read("space"), name="space.toml").topics
    nature = parse_knowledge(read("nature"), name="nature.toml").topics

    assert len(space) >= 15
    assert sum(len(topic.facts) for topic in space) >= 35
    assert sum(len(topic.facts) for topic in nature) >= 30
    assert len(parse_songs(read("songs")).songs) >= 8


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
    "space": lambda data: parse_knowledge(data, name="space.toml"),
}
