"""Which lines are for whom: what children say and hear is easy, what stands in a newspaper is not."""

from __future__ import annotations

import pytest

from teddy_edge.authoring.reading import OLDEST, is_easy, reading_age, syllables, uncommon
from teddy_shared.ages import AgeBand

EASY = (
    "The dog ran to the door and barked.",
    "Can you count the ducks in the pond?",
    "My sister has a red hat with a bell on it.",
    "The bear fell asleep under the big tree.",
)

# In the manner of a newspaper, written for this test.
HARD = (
    "The central bank raised its interest rate by a quarter of a percentage point on Wednesday.",
    "Negotiators from both parties failed to reach an agreement on the annual budget before the deadline.",
    "Researchers at the university reported a significant decline in the northern wetlands.",
    "Shares of the company fell sharply after it announced disappointing quarterly results.",
    "The defendant was acquitted of all charges following a trial that lasted three weeks.",
    "Voters in the capital elected a new mayor on Sunday, according to preliminary results.",
    "Police are investigating the circumstances of the accident, a spokeswoman said.",
    "The airline cancelled dozens of flights because of a shortage of qualified personnel.",
)


@pytest.mark.parametrize("line", EASY)
def test_what_a_child_of_three_hears_all_day_is_for_everyone(line: str) -> None:
    assert reading_age(line) < OLDEST[AgeBand.LITTLE]


@pytest.mark.parametrize("line", HARD)
def test_a_sentence_of_a_newspaper_is_for_no_child(line: str) -> None:
    assert reading_age(line) > OLDEST[AgeBand.BIG]


def test_one_uncommon_word_does_not_decide_and_four_do() -> None:
    assert reading_age("This is a volcano.") < OLDEST[AgeBand.LITTLE]
    assert reading_age("Volcanoes release molten magma underground.") > OLDEST[AgeBand.LITTLE]


def test_the_ends_of_a_word_do_not_make_it_uncommon() -> None:
    for word in (
        "jumped",
        "jumping",
        "puppies",
        "bigger",
        "funniest",
        "mommy's",
        "hopped",
        "making",
        "grown-ups",
    ):
        assert is_easy(word), word
    assert uncommon("The puppy explained the phenomenon.") == ("phenomenon", "explained")


def test_syllables_are_counted_near_enough() -> None:
    counted = {"cat": 1, "apple": 2, "whale": 1, "banana": 3, "elephant": 3, "jumped": 1, "planted": 2}
    assert {word: syllables(word) for word in counted} == counted
