"""Walks every path of a story as a child would: by saying the words of the bear's own question."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from teddy_edge.authoring.findings import Finding
from teddy_edge.conversation.skills.chooser import Chooser
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_edge.conversation.skills.story_book import BEGINNING, Scene, Story
from teddy_edge.safety.authored import Authored
from teddy_shared.clock import SeededChance

_OR: Final = re.compile(r",? or ")
_WORD: Final = re.compile(r"[a-z]+(?:'[a-z]+)*")
# Words that nobody says alone to choose a way.
_LITTLE_WORDS: Final = frozenset(
    re.findall(
        r"\w+",
        """
        a an the it them him her they she he to in on at by with of for and down up out off back away again
        first more all here there his their my our some is go does do shall we you me us one ones that this
        """,
    )
)
_LAST: Final = 3  # words of the first option: before them stands who does it
_ORDERED: Final = ("the first one", "the second one")
_ASK_SO: Final = 'ask "Does she …, or …?"'
_SEE_WAYS: Final = "see its ways above: one of them cannot be taken"


@dataclass(frozen=True, slots=True)
class Step:
    """A way on, and what a child may say to take it."""

    to: str
    says: tuple[str, ...]


def steps_of(scene: Scene) -> tuple[Step, ...]:
    """The two options of a question in the words that a child repeats; none where they cannot be told."""
    if scene.ask is None:
        return ()
    options = _OR.split(scene.ask.text.rstrip("?.!").lower())
    if len(options) != len(scene.ways):
        return ()
    first, second = (_WORD.findall(option) for option in options)
    said = (_tails(first[-_LAST:]), (" ".join(second), *_tails(second)))
    return tuple(
        Step(way.to, tuple(dict.fromkeys((*words, ordered))))
        for way, words, ordered in zip(scene.ways, said, _ORDERED, strict=True)
    )


def _tails(words: list[str]) -> tuple[str, ...]:
    """The last words, longest first, as long as one of them says something."""
    tails = (words[at:] for at in range(len(words)))
    return tuple(" ".join(tail) for tail in tails if not _LITTLE_WORDS.issuperset(tail))


class Walker:
    """Says each option in the midst of the story, with everything else that the bear knows listening too."""

    def __init__(self, *, chooser: Chooser) -> None:
        self._chooser = chooser

    def faults(self, story: Story, file: str) -> Iterator[Finding]:
        lost: set[str] = set()
        for name, scene in story.scenes.items():
            for fault in self._options(story, name, scene, file) if scene.ways else ():
                lost.add(name)
                yield fault
        for path in _paths(story, BEGINNING, ()):
            if not lost.isdisjoint(path) or story.scenes[path[-1]].ways:
                way = " > ".join(path)
                yield Finding(file, f"scene.{path[-1]}", "story", f"the path {way} does not end", _SEE_WAYS)

    def _options(self, story: Story, name: str, scene: Scene, file: str) -> Iterator[Finding]:
        steps = steps_of(scene)
        place = f"scene.{name}"
        if not steps:
            yield Finding(file, f"{place}.ask", "story", "does not name its two ways", _ASK_SO)
            return
        for step, other in (steps, steps[::-1]):
            for says in step.says:
                reply = self._say(says, story, name)
                in_full = says == step.says[0]
                if _tells(reply, story, step.to) or not (in_full or _leaves(reply, story, other)):
                    continue
                yield Finding(
                    file,
                    f"{place}.way",
                    "story",
                    f"the child says {says!r} and does not get to {step.to}, but {_where(reply)}",
                    f"let `heard` of the way to {step.to} have these words, and the other way's not",
                )

    def _say(self, says: str, story: Story, name: str) -> Reply:
        """As the child answers the question of a scene; what was told before it does not count."""
        recent = Recent().after(_told(story, name))
        return self._chooser.answer(Heard(says, 1.0, story.band), recent, SeededChance(1))


def _paths(story: Story, name: str, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Every way through, from the beginning on; one that comes back to a scene stops there."""
    ways = story.scenes[name].ways
    if not ways or name in path:
        yield (*path, name)
    for way in ways if name not in path else ():
        yield from _paths(story, way.to, (*path, name))


def overlaps(file: str, table: Mapping[str, object]) -> Iterator[Finding]:
    """Words that choose both ways of a scene, and so none."""
    try:
        scenes = _Scenes.model_validate({"scene": table.get("scene", {})}).scene
    except ValueError:
        return  # the schema has told
    for name, scene in scenes.items():
        ways = [
            frozenset(word for source in way.heard for word in _WORD.findall(source)) for way in scene.way
        ]
        if len(ways) == 2 and (both := sorted((ways[0] & ways[1]) - _LITTLE_WORDS)):
            yield Finding(
                file,
                f"scene.{name}.way",
                "story",
                f"has words that choose both ways, and so none: {', '.join(both)}",
                "leave each of them to one way",
            )


class _Ways(Authored, extra="ignore"):
    heard: tuple[str, ...] = ()


class _Way(Authored, extra="ignore"):
    way: tuple[_Ways, ...] = ()


class _Scenes(Authored):
    scene: dict[str, _Way]


def _told(story: Story, name: str) -> Reply:
    """The scene as the bear tells it."""
    scene = story.scenes[name]
    ask = scene.ask.text if scene.ask else ""
    return Reply(
        text=f"{scene.line.text} {ask}".strip(),
        skill="stories",
        topic="stories",
        note={"story": story.id, "scene": name},
        lines=(scene.line.id,),
    )


def _tells(reply: Reply, story: Story, name: str) -> bool:
    return story.scenes[name].line.id in reply.lines


def _leaves(reply: Reply, story: Story, other: Step) -> bool:
    """Half an answer may be unclear, as long as the story goes on and not the other way."""
    return reply.skill != "stories" or _tells(reply, story, other.to)


def _where(reply: Reply) -> str:
    return f"elsewhere in the story ({reply.lines[0]})" if reply.skill == "stories" else f"to {reply.skill}"
