"""The shelf gives the same samples as the voice, and a broken file costs only time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from teddy_edge.audio.samples import Pcm
from teddy_edge.inference.governor import Work
from teddy_edge.speech.shelf import Shelf, render_ahead
from tests.fakes import ChargedGovernor


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
    kept = shelf(tmp_path, voice)
    kept.keep("Hello.")
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage)

    assert kept.render("Hello.").tolist() == list(range(6))


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

    await render_ahead(shelf(tmp_path, voice), ["Hello there. How are you?", "Hello there."], governor)

    assert voice.rendered == ["Hello there.", "How are you?"]
    assert set(governor.runs) == {Work.AHEAD}
