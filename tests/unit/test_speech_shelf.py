"""The shelf gives the same samples as the voice, and a broken file costs only time."""

from __future__ import annotations

import asyncio
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from teddy_edge.audio.samples import Pcm
from teddy_edge.conversation.skills.chooser import load_chooser
from teddy_edge.conversation.skills.openers import load_openers
from teddy_edge.inference.governor import DEADLINES, ThreadGovernor, Work
from teddy_edge.speech.clauses import clauses
from teddy_edge.speech.shelf import MOST, Shelf, render_ahead
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance
from tests.fakes import ChargedGovernor
from tests.skills_talk import SkillTalk


class Counting:
    """A voice that counts what it had to render."""

    def __init__(self) -> None:
        self.rendered: list[str] = []

    def render(self, text: str) -> Pcm:
        self.rendered.append(text)
        return np.arange(len(text), dtype=np.int16)


@pytest.fixture
def voice() -> Counting:
    return Counting()


def shelf(folder: Path, voice: Counting, *, name: str = "heart", speed: float = 1.0) -> Shelf:
    return Shelf(folder=folder, synthesizer=voice, voice=name, speed=speed)


def start(folder: Path, voice: Counting, lines: list[str]) -> None:
    """What the start of a bear does."""
    asyncio.run(render_ahead(shelf(folder, voice), ChargedGovernor(), lines=lines))


def kept(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def test_a_kept_line_is_the_same_and_is_not_rendered_again(tmp_path: Path, voice: Counting) -> None:
    shelf(tmp_path, voice).keep("Hello there.")

    heard = shelf(tmp_path, voice).render("Hello there.")

    assert heard.tolist() == list(range(12))
    assert voice.rendered == ["Hello there."]


def test_another_voice_or_speed_is_another_sound(tmp_path: Path, voice: Counting) -> None:
    shelf(tmp_path, voice).keep("Hello.")

    shelf(tmp_path, voice, name="other").render("Hello.")
    shelf(tmp_path, voice, speed=0.9).render("Hello.")

    assert len(voice.rendered) == 3


@pytest.mark.parametrize("damage", [b"", b"short", b"\x00" * 41])
def test_a_damaged_file_is_rendered_again(tmp_path: Path, voice: Counting, damage: bytes) -> None:
    damaged = shelf(tmp_path, voice)
    damaged.keep("Hello.")
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage)

    assert damaged.render("Hello.").tolist() == list(range(6))


def test_what_is_not_kept_is_rendered_and_not_stored(tmp_path: Path, voice: Counting) -> None:
    shelf(tmp_path, voice).render("Your own name.")

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path, voice: Counting) -> None:
    (tmp_path / "file").write_text("in the way")
    kept = shelf(tmp_path / "file", voice)

    kept.keep("Hello.")

    assert kept.render("Hello.").size


async def test_lines_are_rendered_ahead_by_clauses_and_behind_everything_else(
    tmp_path: Path, voice: Counting
) -> None:
    governor = ChargedGovernor()
    lines, openers = ["Hello there. How are you?", "Hello there."], ["Well,", "Hello there."]

    await render_ahead(shelf(tmp_path, voice), governor, lines=lines, openers=openers)

    assert voice.rendered == ["Hello there.", "How are you?", "Well,"]
    assert set(governor.runs) == {Work.AHEAD}


def test_only_what_is_wanting_is_rendered_at_the_next_start(tmp_path: Path, voice: Counting) -> None:
    lines = ["Hello.", "Good night.", "Bye."]
    start(tmp_path, voice, lines)
    kept(tmp_path)[0].write_bytes(b"rotten")
    before = [shelf(tmp_path, voice).render(line).tolist() for line in lines]  # finds the rotten one
    voice.rendered.clear()

    start(tmp_path, voice, lines)

    assert len(voice.rendered) == 1
    assert [shelf(tmp_path, voice).render(line).tolist() for line in lines] == before
    assert len(voice.rendered) == 1


def test_a_rotten_line_on_a_card_that_cannot_be_written_is_spoken_all_the_same(
    tmp_path: Path, voice: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, missing_ok: bool = False) -> None:
        raise OSError(30, "Read-only file system")

    start(tmp_path, voice, ["Hello."])
    kept(tmp_path)[0].write_bytes(b"rotten")
    monkeypatch.setattr(Path, "unlink", refuse)

    assert shelf(tmp_path, voice).render("Hello.").tolist() == list(range(6))


def test_what_no_release_says_any_more_is_cleared_away(tmp_path: Path, voice: Counting) -> None:
    start(tmp_path, voice, ["Hello.", "Good day."])
    start(tmp_path, voice, ["Hello."])

    assert len(kept(tmp_path)) == 1
    assert voice.rendered == ["Hello.", "Good day."]


async def test_a_voice_that_hangs_while_it_renders_ahead_does_not_end_the_bear(
    tmp_path: Path, voice: Counting
) -> None:
    governor = ThreadGovernor(deadlines={**DEADLINES, Work.AHEAD: 0.2})
    gate = Event()

    class Hanging(Counting):
        def render(self, text: str) -> Pcm:
            gate.wait(10)
            return super().render(text)

    await render_ahead(shelf(tmp_path, Hanging()), governor, lines=["Hello."])
    gate.set()
    await asyncio.to_thread(governor.close)


def test_how_answers_begin_is_known_before_they_are_given() -> None:
    openers, chooser = set(load_openers()), load_chooser()
    asks = ("why is the sky blue", "tell me a joke", "what do cats eat", "i am sad", "blue banana", "hello")
    replies = [
        SkillTalk(chooser, band=band, chance=SeededChance(seed)).say(asked)
        for asked in asks
        for band in AgeBand
        for seed in range(3)
    ]

    known = [reply for reply in replies if clauses(reply.text)[0] in openers]

    assert len(known) == len(replies)
    assert len(openers) < MOST * 0.9


def test_a_gap_is_never_an_opener() -> None:
    assert not [opener for opener in load_openers() if "{" in opener]
