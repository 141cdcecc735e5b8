"""Whatever is wrong in an authored file is told with its place and what to do; what is begun is fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from teddy_edge.authoring.check import check
from teddy_edge.authoring.documents import Document, documents_at
from teddy_edge.authoring.findings import Finding
from teddy_edge.authoring.guarding import load_patient_guard
from teddy_edge.authoring.starting import KINDS, start
from teddy_edge.conversation.skills.authors import load_content
from teddy_edge.conversation.skills.chooser import load_chooser
from teddy_shared import cli
from teddy_shared.ages import AgeBand
from teddy_shared.errors import ConfigError
from tests.skills_talk import SkillTalk

GUARD = load_patient_guard()


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """A folder with one of each."""
    for kind in KINDS:
        start(kind, f"my_{kind}", tmp_path / "content")
    return tmp_path / "content"


def found(*documents: Document) -> tuple[Finding, ...]:
    return check(documents, guard=GUARD).findings


def broken(folder: Path, kind: str, right: str, wrong: str) -> list[Finding]:
    file = folder / f"my_{kind}.toml"
    text = file.read_text()
    assert right in text
    return list(found(Document(str(file), text.replace(right, wrong, 1).encode(), ours=False)))


def test_what_is_begun_passes(begun: Path) -> None:
    assert found(*documents_at([begun])) == ()


def test_what_is_begun_can_be_told_at_once(begun: Path) -> None:
    talk = SkillTalk(load_chooser(load_content(begun)), band=AgeBand.LITTLE)

    assert "The Sheep That Looked Up" in talk.say("tell me a story about a lamb").text
    assert "wind was strong" in talk.say("climb the hill").text
    assert "warm barn" in talk.say("roll down").text
    assert "Tap the pan" in talk.say("sing me a song about a pan").text
    assert "rainbow" in talk.say("why does my fact hold").text or "rope" in talk.recent.text


def test_nothing_is_written_over(begun: Path) -> None:
    with pytest.raises(ConfigError, match="there already: choose another name"):
        start("joke", "my_story", begun)
    with pytest.raises(ConfigError, match="is no name"):
        start("joke", "../evil", begun)


ROPE = "Some bridges are made of rope. They swing when you walk, and they hold you all the same."
TOLD = "The sun is huge. More than a million Earths would fit inside it."
LONG = "Tap the pan and then the pot and then the cup and then the box and then the lid and clap your hands"
HARD = "Cumulonimbus formations unquestionably lolled above everybody's unremarkable afternoon rooftops."

# The kind of file, what stood there, what stands there now; the rule that finds it, and its words.
BREAKS = {
    "a key": ("story", "title =", "titel =", "schema", "the nearest known is title"),
    "a key further down": ("story", "ask = ", "aks = ", "schema", "the nearest known is ask"),
    "a strange band": ("story", '"3-4"\n', '"2-3"\n', "schema", "must be one of"),
    "no whole sentence": ("joke", "walk on tiptoe.", "walk on tiptoe", "schema", "must be whole sentences"),
    "a pattern left open": ("story", '"(roll|', '"((roll|', "schema", "("),
    "a way to nowhere": ("story", 'to = "roll"', 'to = "rool"', "schema", "leads to rool"),
    "a circle": ("story", 'to = "roll"', 'to = "beginning"', "schema", "lead in a circle"),
    "a scene that is lost": ("story", 'to = "roll"', 'to = "wave"', "schema", "no way leads to scene roll"),
    "digits": ("joke", "at noon", "at 12", "digits", "has digits: 12"),
    "a short form": ("joke", "at noon", "after nine km", "abbreviation", "has a short form: km"),
    "a long breath": ("song", "Tap the pan, tap, tap, tap, clap your hands", LONG, "clause", "a breath of"),
    "hard words": ("joke", "A cloud went to bed at noon.", HARD, "reading", "is for listeners of"),
    "a choice unsaid": ("story", "climb|climbs|hill", "gipfel", "story", "'climb the hill'"),
    "a path unwalked": (
        "story",
        "climb|climbs|hill",
        "gipfel",
        "story",
        "beginning > hill > roll does not end",
    ),
    "an overlap": ("story", "(climb|", "(call|climb|", "story", "choose both ways, and so none: call"),
    "no two ways": ("story", "call the sheep, or climb", "see it and climb", "story", "its two ways"),
    "a wrong answer": ("riddle", "(swing|swings|swinging)", "(ladder)", "answer", "own answer"),
    "a gift": ("riddle", "never leave the", "swing on the", "answer", "gives its answer away: swing"),
    "no question": ("fact", "build a bridge?", "build a bridge.", "answer", "asks nothing"),
    "no end of questions": ("fact", "to the honey.", "to the honey?", "answer", "asks again"),
    "what no toy says": ("joke", "Now the whole", "Don't leave me. Now the whole", "promise", "clings"),
    "what the guard stops": ("joke", "Now the whole", "Now drink some bleach. The", "guard", "held back"),
    "what was told": ("fact", ROPE, TOLD, "repeated", "says the same as space.toml"),
}


@pytest.mark.parametrize("what", BREAKS)
def test_what_is_wrong_is_told_with_its_place(begun: Path, what: str) -> None:
    kind, right, wrong, rule, told = BREAKS[what]

    faults = broken(begun, kind, right, wrong)

    fitting = [fault for fault in faults if fault.rule == rule and told in fault.fault]
    assert fitting, faults
    assert all(fault.file.endswith(f"my_{kind}.toml") and fault.remedy for fault in fitting)


def test_every_fault_of_a_file_is_told_at_once(begun: Path) -> None:
    text = (begun / "my_joke.toml").read_text().replace("id =", "di =").replace("little =", "litle =")

    places = [fault.place for fault in found(Document("joke.toml", text.encode(), ours=False))]

    assert places == ["joke.1.id", "joke.1.di", "joke.1.litle"]


def test_the_command_ends_with_what_was_found(begun: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["content", "check", str(begun), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["findings"] == []

    file = begun / "my_joke.toml"
    file.write_text(file.read_text().replace("at noon", "at 12"))
    assert cli.main(["content", "check", str(file)]) == 1
    told = capsys.readouterr().out
    assert "joke.my_joke.text: has digits: 12" in told and "1 thing to mend in 1 files" in told


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["content", "check", str(tmp_path / "none.toml")]) == 2
    assert cli.main(["content", "check", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 2
