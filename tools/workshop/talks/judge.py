"""What a script can judge of a talk: does each reply fit, do lines come again, does it lead on. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from teddy_edge.conversation.skills.skill import Recent, Reply
from teddy_edge.conversation.skills.understanding import Vocabulary, singulars, understand
from teddy_edge.safety.guard import Safe, safe_line
from teddy_shared.ages import AgeBand
from workshop.talks.child import Act, Said

WITHIN: Final = 20  # turns in which no line comes again
A_LINE: Final = 5  # words; "Now it's your turn." may be said wherever it fits

_SENTENCE: Final = re.compile(r"[^.!?]+[.!?]")
_WORDS: Final = re.compile(r"[a-z']+")
_NO_WORDS: Final = Vocabulary(())
_GAMES: Final = frozenset(("numbers", "words", "who_is_it", "remembering", "twenty_questions", "stories"))
_HELPS: Final = frozenset(("company", "calm", "guard"))  # a feeling is heard first, whatever is played
_WAITS: Final = frozenset(("ask", "scene", "riddle", "then", "secret"))  # in the note, while a question waits
_STILL: Final = ("ask", "scene", "secret")  # in the note, the question that a game waits with
_ADMITS: Final = re.compile(
    r"(don't|do not|not) know|not sure|can't (say|answer|tell|do)|haven't (learned|found)|new to me|no answer"
    r"|not in (it|my head)|too (hard|far|deep|big)|know nothing|know (much|enough)|isn't in|nobody does"
    r"|never been|riddle to me|told me that|would like to know|grown-up|wonder"
)
_BREAKS: Final = frozenset(
    safe_line(reason, band, nth=nth).text
    for reason in (Safe.FAILED, Safe.REFUSED, Safe.BROKEN)
    for band in AgeBand
    for nth in range(4)
)


@dataclass(frozen=True, slots=True)
class Turn:
    """One exchange, and what had been said before it."""

    said: Said
    before: Recent
    reply: Reply  # as it was really said


@dataclass(frozen=True, slots=True)
class Fault:
    kind: str  # repeats, dead_ends, goodbye_late or unfit
    turn: int
    why: str


def faults(turns: Sequence[Turn]) -> Iterator[Fault]:
    """Of a whole talk, in order."""
    for at, turn in enumerate(turns):
        if why := _repeats(turns, at):
            yield Fault("repeats", at, why)
        if why := _dead_end(turns, at):
            yield Fault("dead_ends", at, why)
        if turn.said.act is Act.GOODBYE and (why := _goodbye(turn)):
            yield Fault("goodbye_late", at, why)
        if why := _unfit(turn):
            yield Fault("unfit", at, why)


def _repeats(turns: Sequence[Turn], at: int) -> str:
    """A line of the last turns, unless the child asked for it by these words before, or asks for it now."""
    turn = turns[at]
    if turn.said.act is Act.REPEAT or _asks_again(turn):
        return ""
    mine = _lines(turn.reply.text)
    if turn.reply.skill == "remembering":
        mine = frozenset(line for line in mine if " and " not in line)  # its row comes back: that is the game
    if turn.reply.skill == "remembering":
        mine = frozenset(line for line in mine if " and " not in line)  # its row comes back: that is the game
    for back in range(1, min(WITHIN, at) + 1):
        earlier = turns[at - back]
        if _asked_before(turn.said, earlier.said):
            continue
        if again := mine & _lines(earlier.reply.text):
            return f"{back} turns after: {sorted(again)[0]}"
    return ""


def _asked_before(said: Said, earlier: Said) -> bool:
    """Who asks for the same thing may be answered the same."""
    same = said.text == earlier.text or bool(said.about and said.about == earlier.about)
    return same and said.act in (Act.ASK, Act.WISH)


def _asks_again(turn: Turn) -> bool:
    """A story or a song that is asked for once more, and the question of a game that was not understood."""
    waited = turn.before.note.get("ask", turn.before.note.get("scene"))
    waits = turn.reply.note.get("ask", turn.reply.note.get("scene"))
    return (turn.said.act is Act.MORE and "again" in turn.said.text) or (
        waited is not None and waited == waits
    )


def _lines(text: str) -> frozenset[str]:
    plain = (" ".join(_WORDS.findall(each.lower())) for each in _SENTENCE.findall(text))
    return frozenset(each for each in plain if len(each.split()) >= A_LINE)


def _dead_end(turns: Sequence[Turn], at: int) -> str:
    reply = turns[at].reply
    if not reply.text:
        return "says nothing"
    if any(line in reply.text for line in _BREAKS):
        return "a safe line in place of an answer"
    if reply.skill == "fallback" and "yes" not in reply.note and reply.topic != "waiting":
        return "knows nothing, and offers nothing"
    if at and all(_not_understood(turn) for turn in turns[at - 1 : at + 1]):
        return "does not understand twice in a row"
    return ""


def _not_understood(turn: Turn) -> bool:
    return any(".once_more" in line for line in turn.reply.lines)


def _stays(turn: Turn) -> bool:
    """A game that was begun goes on with its question, whatever else is asked."""
    before, now = turn.before.note, turn.reply.note
    return turn.reply.skill == turn.before.skill and any(
        each in now and now[each] == before.get(each) for each in _STILL
    )


def _goodbye(turn: Turn) -> str:
    if turn.reply.topic not in ("goodbye", "good_night"):
        return f"answered by {turn.reply.skill}"
    return "asks on" if "?" in turn.reply.text else ""


def _unfit(turn: Turn) -> str:
    said, reply, before = turn.said, turn.reply, turn.before
    match said.act:
        case Act.ASK:
            admits = reply.skill == "fallback" or _ADMITS.search(reply.text.lower())
            fits = _is_about(said.about, reply) or admits or _stays(turn)
            return "" if fits else "speaks of something else"
        case Act.WISH:
            fits = reply.skill in said.skills or (reply.skill == "guard" and "company" in said.skills)
            return "" if fits else f"wished of {said.skills[0]}, answered by {reply.skill}"
        case Act.ANSWER if _WAITS & before.note.keys():
            fits = reply.skill in (before.skill, *_HELPS) or _is_about(said.text, reply)
            return "" if fits else f"an answer to {before.skill}, taken by {reply.skill}"
        case Act.RIGHT | Act.OPTION | Act.UNSURE if _WAITS & before.note.keys():
            return (
                "" if reply.skill == before.skill else f"an answer to {before.skill}, taken by {reply.skill}"
            )
        case Act.YES if before.note.get("yes") and not _WAITS & before.note.keys():
            return "" if reply.skill not in ("fallback",) else "an offer that leads nowhere"
        case Act.STOP:
            return "asks on after a stop" if before.skill in _GAMES and _WAITS & reply.note.keys() else ""
        case Act.MUMBLE if before.skill in _GAMES and _WAITS & before.note.keys():
            return "" if reply.skill == before.skill else "a mumble ends the game"
        case Act.HELLO:
            return "" if reply.skill in ("company", "guard") else f"a greeting, answered by {reply.skill}"
        case _:
            return ""


def _is_about(thing: str, reply: Reply) -> bool:
    """Whether the reply names it, or what the bear calls it."""
    chief = thing.split()[-1]
    spoken = {word for each in understand(f"{reply.text} {reply.topic}", _NO_WORDS).row for word in each}
    names = {chief, *singulars(chief)}
    return any(name in spoken or name in {s for word in spoken for s in singulars(word)} for name in names)
