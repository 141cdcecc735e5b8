"""Whether every authored file can be read by the part that reads it on the bear."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from teddy_edge.authoring.documents import Document
from teddy_edge.authoring.findings import Finding
from teddy_edge.conversation.limiting import parse_limits
from teddy_edge.conversation.skills.acquaintance import parse_acquaintance
from teddy_edge.conversation.skills.animal_facts import parse_animals
from teddy_edge.conversation.skills.authors import authors_content
from teddy_edge.conversation.skills.by_meaning import parse_examples
from teddy_edge.conversation.skills.calm import parse_calm
from teddy_edge.conversation.skills.company import parse_company
from teddy_edge.conversation.skills.content import FOLDER, PRODUCT
from teddy_edge.conversation.skills.fallback import parse_fallback
from teddy_edge.conversation.skills.follow_up import parse_follow_ups
from teddy_edge.conversation.skills.insisting import parse_insisting
from teddy_edge.conversation.skills.joke_book import parse_jokes
from teddy_edge.conversation.skills.knowledge import parse_knowledge
from teddy_edge.conversation.skills.number_book import parse_numbers
from teddy_edge.conversation.skills.offers import parse_offers
from teddy_edge.conversation.skills.playing import Playing
from teddy_edge.conversation.skills.quiz import parse_quiz_lines
from teddy_edge.conversation.skills.remembering import parse_remembering
from teddy_edge.conversation.skills.songs import parse_songs
from teddy_edge.conversation.skills.steering import Steering, load_steering
from teddy_edge.conversation.skills.story_book import Story, parse_stories
from teddy_edge.conversation.skills.timing import parse_timing
from teddy_edge.conversation.skills.twenty_book import parse_twenty
from teddy_edge.conversation.skills.who_is_it import parse_who
from teddy_edge.conversation.skills.wondering import parse_wondering
from teddy_edge.conversation.skills.word_book import parse_words
from teddy_edge.health.spoken import NAME, Spoken
from teddy_edge.safety.authored import BadlyAuthored, parse_authored
from teddy_edge.safety.policy import load_policy
from teddy_edge.safety.scripts import Scripts
from teddy_shared.errors import ConfigError

Parser = Callable[[bytes], object]

# By the name of the file. What else the skills read is read when all of them are loaded, to walk the stories.
PARSERS: Final[Mapping[str, Parser]] = {
    "acquaintance.toml": parse_acquaintance,
    "animals.toml": parse_animals,
    "calm.toml": parse_calm,
    "company.toml": parse_company,
    "fallback.toml": parse_fallback,
    "follow_up.toml": lambda data: parse_follow_ups(data, load_steering()),
    "insisting.toml": parse_insisting,
    "jokes.toml": parse_jokes,
    "limits.toml": parse_limits,
    "meaning.toml": parse_examples,
    "nature.toml": lambda data: parse_knowledge(data, name="nature.toml"),
    "numbers.toml": parse_numbers,
    "offers.toml": parse_offers,
    "playing.toml": Playing.parse,
    "quiz.toml": parse_quiz_lines,
    "remembering.toml": parse_remembering,
    "scripts.toml": lambda data: Scripts.parse(data, policy=load_policy()),
    "songs.toml": parse_songs,
    "space.toml": lambda data: parse_knowledge(data, name="space.toml"),
    NAME: lambda data: parse_authored(Spoken, data, NAME),
    "steering.toml": Steering.parse,
    "stories.toml": lambda data: parse_stories(data, PRODUCT.stories()),
    "timing.toml": parse_timing,
    "twenty_questions.toml": parse_twenty,
    "who_is_it.toml": parse_who,
    "wondering.toml": parse_wondering,
    "words.toml": parse_words,
}


def schema_faults(document: Document) -> Iterator[Finding]:
    """Every fault of the file's own form; where there is none, what the parts that belong together say."""
    try:
        _parse(document)
    except BadlyAuthored as error:
        for fault in error.faults:
            place, _, what = fault.partition(": ")
            yield Finding(document.name, place, "schema", what, _REMEDY)
    except ConfigError as error:
        where, _, what = str(error).partition(": ")
        if where in (document.name, document.stem) or not where.startswith(f"{FOLDER}/"):
            yield Finding(document.name, "", "schema", what or where, _REMEDY)


def story_of(document: Document) -> Story:
    """Raises ConfigError."""
    name = document.stem
    return parse_stories(PRODUCT.read("stories.toml"), {name: document.data}).stories[name]


def _parse(document: Document) -> None:
    """Raises ConfigError."""
    if not document.ours:
        authors_content({document.name: document.data})
    if document.is_story:
        story_of(document)
    elif document.ours:
        PARSERS.get(document.name, _no_more)(document.data)


def _no_more(_: bytes) -> None:
    pass


_REMEDY: Final = "see docs/CONTENT.md, or begin with `teddy content new`"
