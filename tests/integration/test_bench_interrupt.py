"""The bear is interrupted at any moment, in every way; what must not be heard, kept or recorded is not."""

from __future__ import annotations

import pytest

from teddy_edge.inference.models import ModelStore
from workshop.interrupting.home import Props, interrupt, props
from workshop.interrupting.without import NoTestInMouth
from workshop.measuring import percentile

INTERRUPTIONS = 80
"""As many as the tests have time for; the bench makes ten thousand."""


@pytest.fixture(scope="module")
def made(models: ModelStore) -> Props:
    return props(models)


def test_nothing_stale_passes_silence_comes_soon_and_coughs_and_safety_lines_are_let_pass(
    made: Props,
) -> None:
    survived = interrupt(made, interruptions=INTERRUPTIONS)

    tally = survived.tally
    assert tally.interruptions >= INTERRUPTIONS
    assert survived.stale == 0
    assert (tally.not_stopped, tally.not_resumed, tally.cut_safety_lines) == (0, 0, 0)
    assert percentile(tally.stop, 95) <= 150
    assert percentile(tally.duck, 95) <= 200
    assert percentile(tally.silence, 95) <= 450


def test_a_mouth_that_does_not_look_at_the_generation_is_found_out(made: Props) -> None:
    survived = interrupt(made, interruptions=10, replacing=[NoTestInMouth()])

    assert survived.stale_samples > 0
