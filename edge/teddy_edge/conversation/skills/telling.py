"""What a child tells about itself plainly: "my name is Mia", "my favourite animal is a cat". Pure.

Nothing is guessed. Of a name only the first word is taken, so that no surname is; what holds figures or says
who or where somebody is, is not taken at all. A recogniser writes names with a capital; who types may write
all small, and then only a word counts that is not one of everyday's.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from teddy_edge.conversation.skills.known import NAME, Kind, Known
from teddy_edge.conversation.skills.not_names import NAMES_TOO, NEVER_FAVOURITES, NOT_NAMES, SILLY

LONGEST: Final = 14  # letters of a name
SURNAMES: Final = 3  # words of a name, of which the first is kept
MOST: Final = 5  # words of a favourite

_KINDS: Final = {
    **{kind.value: kind for kind in Kind},
    "color": Kind.COLOUR,
    "colours": Kind.COLOUR,
    "colors": Kind.COLOUR,
    "animals": Kind.ANIMAL,
    "pet": Kind.ANIMAL,
    "meal": Kind.FOOD,
    "dish": Kind.FOOD,
    "snack": Kind.FOOD,
    "tale": Kind.STORY,
    "book": Kind.STORY,
}
_KIND: Final = f"(?P<kind>{'|'.join(_KINDS)})"
_FAVOURITE: Final = r"my (?:very |most |absolute |all time )?fav(?:ou?rite|rite|orit|e)?"

# A name is told by one who tells it: not by a question, a wish, a play or somebody else.
_NAMED: Final = re.compile(
    r"\b(?:my (?:first )?name(?:'s| is)|i(?:'m| am) called),?\s+(?P<rest>.+)"
    r"|(?:^|[.!?,] |\b(?:and|but|so|please|just|you can|you may|can you|could you|want you to) )"
    r"call me\s+(?P<also>.+)"
)
_LIKED: Final = re.compile(rf"\b{_FAVOURITE} {_KIND}(?:'s|s are| is| are)\s+(?P<rest>.+)")
_LIKED_TOO: Final = re.compile(rf"^(?P<rest>[\w' -]{{2,40}}?) (?:is|are) {_FAVOURITE} {_KIND}\b")
_ABOUT: Final = re.compile(rf"\b(?P<before>about|with|of) {_FAVOURITE} {_KIND}\b", re.IGNORECASE)
_NOT_TELLING: Final = re.compile(
    r"^(?:what|why|who|how|when|where|is|are|do|does|did|can you (?:say|guess|tell)|guess)\b"
    r"|\b(?:if|pretend|pretending|wish|wished|imagine|don't|do not|never|not)\b.*\b(?:my|call)\b"
)
_FILLER: Final = re.compile(r"^(?:(?:um|uh|er|erm|well|just|actually|it's|it is|its|i'm|i am|is)[\s,]+)+")
_END: Final = re.compile(
    r"[.!?,;:]|\s(?:but|because|'cause|cause|so|what|what's|who|yours|i|i'm|can|do|will|that|teddy|when|with|by|from|please|too|now"
    r"|and (?:i|i'm|my|we|you|he|she|it|they|the|what|that|this))\b"
)
_AND: Final = re.compile(r"\sand\b.*")
_TITLE: Final = re.compile(r"\b(mr|mrs|ms|dr)\.", re.IGNORECASE)
_WORD: Final = re.compile(r"[a-z]+(?:['-][a-z]+)*")
_OWNED: Final = re.compile(r"^(?:my|some)\s+")


@dataclass(frozen=True, slots=True)
class Told:
    """A fact, as it may be kept and said; nothing to keep where it was rude in fun."""

    fact: str  # NAME, or a kind of favourite
    what: str
    silly: bool = False


def told(text: str) -> Told | None:
    """The first plain fact in a sentence."""
    plain = _plain(text)
    if _NOT_TELLING.search(plain.lower()):
        return None
    if match := _NAMED.search(plain.lower()):
        group = "rest" if match.group("rest") else "also"
        return named(plain[match.start(group) : match.end(group)])
    for pattern in (_LIKED, _LIKED_TOO):
        if match := pattern.search(plain.lower()):
            return liked(_KINDS[match.group("kind")], match.group("rest"))
    return None


def named(text: str) -> Told | None:
    """What was said to the question for a name, or behind "my name is"."""
    words = _AND.sub("", " ".join(_first_part(text))).split()
    if any(_is_silly(word) for word in words):
        return Told(NAME, "", silly=True)
    if (
        not words
        or len(words) > SURNAMES
        or not 2 <= len(words[0]) <= LONGEST
        or not _WORD.fullmatch(words[0].lower())
    ):
        return None
    written_big = words[0][0].isupper()
    if not written_big and any(word.lower() in NOT_NAMES - NAMES_TOO for word in words):
        return None
    if written_big and (words[0].lower() in NOT_NAMES - NAMES_TOO or (len(words) > 1 and words[1].islower())):
        return None
    first = words[0] if written_big and not words[0].isupper() else words[0].capitalize()
    return Told(NAME, first)


def liked(kind: Kind, text: str) -> Told | None:
    """What was said to the question for a favourite, or behind "my favourite animal is"."""
    words = [word.lower() for word in _first_part(_OWNED.sub("", text.strip().lower()))]
    if any(_is_silly(word) for word in words):
        return Told(kind, "", silly=True)
    if not words or len(words) > MOST or not NEVER_FAVOURITES.isdisjoint(words):
        return None
    figure = kind is Kind.NUMBER and len(words) == 1 and words[0].isdigit() and len(words[0]) <= 2
    if not figure and not all(_WORD.fullmatch(word) for word in words):
        return None
    return Told(kind, " ".join(words))


def with_favourites(text: str, known: Known) -> str:
    """ "a story about my favourite animal", with the animal named where it is known."""

    def name(match: re.Match[str]) -> str:
        what = known.favourites.get(_KINDS[match.group("kind").lower()])
        return match.group() if what is None else f"{match.group('before')} {what}"

    return _ABOUT.sub(name, text) if known.favourites else text


def kind_in(text: str) -> Kind | None:
    """Of which favourite a sentence speaks."""
    words = re.findall(r"[a-z]+", text.lower())
    return next((_KINDS[word] for word in words if word in _KINDS), None)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", _TITLE.sub(r"\1", text.replace("\u2019", "'")))
    return " ".join("".join(letter for letter in folded if not unicodedata.combining(letter)).split())


def _first_part(text: str) -> list[str]:
    plain = _plain(text)
    start = _FILLER.match(plain.lower())
    plain = plain[start.end() :] if start else plain
    end = _END.search(plain.lower())
    return (plain[: end.start()] if end else plain).split()


def _is_silly(word: str) -> bool:
    return word.lower().strip("'s").startswith(SILLY)
