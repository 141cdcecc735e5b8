"""Whether what was heard so far sounds finished. Words in, a judgement out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from teddy_edge.conversation.open_words import (
    ADVERBS,
    AUXILIARIES,
    BE,
    BEFORE_NOUNS,
    DETERMINERS,
    DOING,
    DONE,
    ENDING_VERBS,
    FILLERS,
    HALVES,
    HAVE,
    HELPERS,
    LINKS,
    NOT_DOING,
    NOT_THE_MOST,
    ONLY_SUBJECTS,
    PLACES,
    PREPOSITIONS,
    SUBJECTS,
    TELLING,
    WANTING,
    WHOLE,
)
from teddy_edge.ear.endpointing import WordsSoFar
from teddy_edge.speech.transcriber import Hearing

# Log probabilities of a hearing that may end a turn: half a sentence is easily misheard as a whole one. On
# average a little more is believed than what is not asked back, or children would wait too often.
SURE_AVERAGE: Final = -0.7
SURE_LEAST: Final = -2.0  # of one token
# Of a few words, and of those that "a" or "my" is heard as where a child pauses behind it.
VERY_SURE_AVERAGE: Final = -0.2
VERY_SURE_LEAST: Final = -0.7
FEW: Final = 3  # words

_WORD: Final = re.compile(r"[a-z0-9']+")
# How a transcript ends that does not end. A shout is what the recogniser makes of a word that broke off.
_TRAILS: Final = ("...", "…", ",", "-", ":", ";", "!")
_CALLS: Final = frozenset({"teddy", "hey", "hello", "hi", "please", "oh", "okay", "yes", "no", "ouch"})
_ASKING: Final = frozenset({"what", "who", "where", "when", "why", "how", "which", "whose"})
_ASKING_AND_BE: Final = {"what's": "what", "who's": "who", "where's": "where", "how's": "how"}
_COUNTED: Final = frozenset(
    {"many", "much", "far", "old", "long", "big", "tall", "fast", "deep", "heavy", "high"}
)
_DEPENDENT: Final = frozenset({"when", "if", "after", "before", "while", "because", "since", "until"})
_LEADING_ON: Final = _DEPENDENT | {"what", "how", "where", "why", "who", "whether"}
_DOES: Final = HELPERS | {"to"}
_MISHEARD: Final = (
    ["it"],
    ["them"],
    ["him"],
    ["her"],
    ["mine"],
    ["there"],
    ["this"],
    ["that"],
    ["ya"],
    ["you"],
    ["two"],
)
_WHILE: Final = BE | {"go", "went", "going", "you"}  # before "swimming"
_OBJECTS: Final = frozenset({"me", "us", "him", "her", "them", "you", "it"})

NEVER_LAST: Final = (
    (DETERMINERS - {"her"}) | ONLY_SUBJECTS | LINKS | PREPOSITIONS | FILLERS | ADVERBS | AUXILIARIES
)
"""Words that hardly any sentence of a child ends with."""


def words_of(hearing: Hearing) -> WordsSoFar:
    """FINISHED only where it is likely: to wait in vain costs less than to cut a child off."""
    said = _WORD.findall(hearing.text.lower())
    average, least = SURE_AVERAGE, SURE_LEAST
    if said[-1:] in _MISHEARD or (len(said) <= FEW and " ".join(said) not in WHOLE):
        average, least = VERY_SURE_AVERAGE, VERY_SURE_LEAST
    sure = hearing.average_logprob >= average and hearing.least_logprob >= least
    return WordsSoFar.FINISHED if sure and sounds_finished(hearing.text) else WordsSoFar.OPEN


def sounds_finished(text: str) -> bool:
    """By its words alone, as a recogniser writes them down."""
    said = _WORD.findall(text.lower())
    if " ".join(said) in WHOLE:
        return True
    return bool(said) and not text.rstrip().endswith(_TRAILS) and _is_whole(_without_calls(said))


def _without_calls(said: Sequence[str]) -> Sequence[str]:
    """Without what is said before a sentence begins."""
    first = 0
    while first < len(said) and (
        said[first] in _CALLS or said[first] in FILLERS or said[first] in ("and", "but", "so")
    ):
        first += 1
    return said[first:]


def _is_whole(said: Sequence[str]) -> bool:
    if len(said) < 2 or said[-1] in HALVES or (said[-1] in NEVER_LAST and not _asks_about(said)):
        return False
    first, rest = said[0], said[1:]
    if first in _ASKING_AND_BE:
        return _is_whole_question(_ASKING_AND_BE[first], ["is", *rest])
    if first in _ASKING and not (first == "when" and rest[0] in SUBJECTS | DETERMINERS):
        return _is_whole_question(first, rest)
    if first in AUXILIARIES and first not in ONLY_SUBJECTS | {"let's", "don't", "gonna", "wanna"}:
        return _is_whole_yes_no(first, rest)
    if not _is_its_last_clause_begun(said) or (first in TELLING and len(rest) < 2):
        return False
    needed = 2 if first in _DEPENDENT or _has_a_clause_about_its_subject(said) else 1
    return sum(map(_is_verb, said)) >= needed and _ends_well(said)


def _is_whole_question(asking: str, rest: Sequence[str]) -> bool:
    at = next((at for at, word in enumerate(rest) if word in AUXILIARIES), None)
    if at is None:  # "who made the moon"; but not "how many legs"
        return asking in ("who", "what", "which") and len(rest) > 2 and _is_verb(rest[0]) and _ends_well(rest)
    helper, said = rest[at], rest[at + 1 :]
    if not said or (asking == "what" and _stands_before_a_noun(said[-1])):
        return False
    beyond = said[_subject(said) :]
    if helper in BE and not (asking in ("why", "how") and at == 0):
        return bool(beyond or said) and (said[-1] != "you" or asking != "what") and _ends_well(["is", *said])
    if helper in BE:
        return said == ["you"] or (bool(beyond) and _ends_well(["is", *said]))
    if not beyond:
        return False
    about_a_thing = asking in ("what", "who", "which") or (at > 0 and rest[0] in ("many", "much"))
    if len(beyond) == 1 and (about_a_thing or beyond[0] not in WANTING):
        return True
    return _ends_well(said)


def _is_whole_yes_no(helper: str, rest: Sequence[str]) -> bool:
    beyond = rest[_subject(rest) :]
    if not beyond:
        return False
    return _ends_well([helper, *rest] if helper in BE else rest)


def _asks_about(said: Sequence[str]) -> bool:
    """As in "what are you thinking about", the only sentences that end like this."""
    return said[-1] in PREPOSITIONS and _is_verb(said[-2]) and not _ASKING.isdisjoint(said)


def _subject(said: Sequence[str]) -> int:
    """How many words name whom it is about: "you", "a spider", "my little brother"."""
    if not said or said[0] in SUBJECTS:
        return min(1, len(said))
    at = 0
    while at < len(said) and (said[at] in DETERMINERS or _stands_before_a_noun(said[at])):
        at += 1
    return min(at + 1, len(said))


def _has_a_clause_about_its_subject(said: Sequence[str]) -> bool:
    """As in "the girl who sits next to me", of whom nothing has been said yet."""
    at = next((at for at, word in enumerate(said) if word in ("who", "that", "which")), 0)
    return at > 0 and not any(map(_is_verb, said[:at]))


def _is_its_last_clause_begun(said: Sequence[str]) -> bool:
    """Whether something is said about what "how", "if" or "because" leads to."""
    at = max((at for at, word in enumerate(said) if word in _LEADING_ON), default=0)
    return at == 0 or any(map(_is_verb, said[at + 1 :]))


def _ends_well(said: Sequence[str]) -> bool:
    last, before = said[-1], said[-2] if len(said) > 1 else ""
    if last in HALVES or last.endswith("'s") or (last in NEVER_LAST and last not in PREPOSITIONS):
        return False
    if _is_done_to_something(last, before):
        return False
    if last in _OBJECTS:
        return before not in TELLING | LINKS | HELPERS | HAVE
    if last == "old" and before in ("years", "year", "months"):
        return True
    if _stands_before_a_noun(last):
        return _is_said_to_be(said[:-1]) or before in ("to", "times", "plus", "minus")
    return True


def _is_done_to_something(last: str, before: str) -> bool:
    """Whether it is a verb, and what it is done to has not been said: "to ride", but not "a ride"."""
    if last in WANTING | DOING:
        return before not in DETERMINERS | BEFORE_NOUNS
    if before in _DOES:  # whatever stands there is a verb
        return not (last in ENDING_VERBS | PLACES or _stands_before_a_noun(last))
    if last.endswith("ed") and len(last) > 4:
        return last not in DONE
    return last.endswith("ing") and not last.endswith(NOT_DOING) and before not in _WHILE


def _is_said_to_be(said: Sequence[str]) -> bool:
    """Whether "is" or "feels" stands right before, but for "very", and for whom it is about in a question."""
    at = len(said) - 1
    while at >= 0 and said[at] in ADVERBS:
        at -= 1
    if at < 0 or said[at] in DETERMINERS:
        return False
    if said[at] in BE or said[at] in ("feel", "feels", "look", "looks", "get", "getting"):
        return True
    return said[0] in BE and at == _subject(said[1:])


def _stands_before_a_noun(word: str) -> bool:
    if word in BEFORE_NOUNS or word.isdigit():
        return True
    return word.endswith("est") and len(word) > 5 and not word.endswith(NOT_THE_MOST)


def _is_verb(word: str) -> bool:
    if word in AUXILIARIES or word in WANTING or word in ENDING_VERBS or word in TELLING or word in DOING:
        return True
    return len(word) > 4 and word.endswith("ed")
