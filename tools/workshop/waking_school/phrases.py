"""What the heads learn: the two phrases, and hundreds of others that sound like them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Phrase:
    """One head's lesson."""

    head: str  # the name of its files
    phrase: str
    said: tuple[str, ...]  # ways to write it, so that engines say it in several tunes
    near: tuple[str, ...]  # what must not be taken for it
    forbidden: tuple[str, ...]  # words that ordinary speech in its lessons does not hold
    judged_by_words: bool  # whether the bear also looks at what it understood, before it obeys


_DOTS: Final = ("{}", "{}!", "{}.", "{}?", "{},")


def _tunes(*phrases: str) -> tuple[str, ...]:
    return tuple(dots.format(each) for each in phrases for dots in _DOTS)


_CALLS: Final = ("hey", "hay", "hi", "oh", "the", "my", "a", "hello", "say", "they", "play", "ready")
_LIKE_TEDDY: Final = (
    "daddy",
    "terry",
    "eddy",
    "betty",
    "freddy",
    "ready",
    "steady",
    "kitty",
    "buddy",
    "teddies",
    "tidy",
    "toddy",
    "petty",
    "jetty",
    "lady",
    "tommy",
    "timmy",
    "tiny",
    "heady",
    "jelly",
    "penny",
    "jenny",
    "teary",
    "tetley",
    "tabby",
    "study",
    "muddy",
    "already",
    "heavy",
    "any",
    "telly",
    "denny",
    "lenny",
    "wendy",
    "cindy",
    "sandy",
    "andy",
    "ned",
    "ted",
    "ten",
    "tell me",
    "today",
    "table",
    "teacher",
    "mummy",
    "granny",
    "bear",
    "there",
    "everybody",
    "siri",
    "google",
    "jarvis",
    "mycroft",
    "lexi",
    "bunny",
    "puppy",
    "sweetie",
    "pretty",
    "city",
    "twenty",
    "party",
    "tasty",
    "dirty",
    "thirty",
    "spaghetti",
    "confetti",
)
_AROUND_TEDDY: Final = (
    "teddy",
    "teddy bear",
    "a teddy",
    "the teddy",
    "my teddy",
    "teddy teddy",
    "where is teddy",
    "teddy is here",
    "the teddy is soft",
    "look at the teddy",
    "teddy's house",
    "give teddy a hug",
    "hey",
    "hey hey",
    "hey ted",
    "hey tell me",
    "hey that is mine",
    "hey there",
    "heyday",
    "hey they are ready",
    "hey today",
    "hey did he",
    "hey did you",
    "hey you",
    "hey to me",
    "hey tea",
    "hey tea party",
    "ahead of me",
    "head teacher",
    "headache",
    "haystack",
    "a steady hand",
    "stay steady",
    "get ready",
    "be ready",
    "they're ready",
    "we're all ready",
    "ready steady go",
    "instead he",
    "bed he",
    "it's ready",
    "eighty",
    "eighty eight",
    "later daddy",
    "say daddy",
    "yes daddy",
    "okay daddy",
    "okay buddy",
    "okay ready",
    "play date",
    "may day",
    "pay day",
    "paper tea",
    "hated it",
    "hey Ted he",
    "eight tea",
)

HEY_TEDDY: Final = Phrase(
    head="hey_teddy",
    phrase="hey teddy",
    said=(*_tunes("hey teddy", "hey, teddy"), "Hey Teddy!", "Hey Teddy", "hay teddy", "heyy teddy"),
    near=(
        *(f"{call} {word}" for call in ("hey", "hey", "hey") for word in _LIKE_TEDDY),
        *(f"{call} {word}" for call in _CALLS if call != "hey" for word in _LIKE_TEDDY[:24]),
        *(f"{call} teddy" for call in ("the", "my", "a", "your", "this", "our", "where's", "good", "and")),
        *_LIKE_TEDDY,
        *_AROUND_TEDDY * 3,
    ),
    forbidden=("teddy",),
    judged_by_words=True,
)

_LIKE_STOP: Final = (
    "top", "shop", "hop", "pop", "drop", "chop", "mop", "cop", "step", "stuff", "stock", "star", "start",
    "store", "stomp", "stab", "stub", "stack", "stick", "stamp", "stump", "sock", "spot", "spots", "swap",
    "soap", "soup", "sop", "slop", "slap", "snap", "strap", "strip", "stripe", "stoop", "steep", "sleep",
    "tap", "tip", "type", "tub", "tops", "stalk", "stork", "storm", "story", "stone", "stay", "study",
    "stir", "scoop", "scott", "scotch", "stocks", "style", "sob", "sub", "nonstop", "laptop", "hiptop",
    "rooftop", "at the top", "on top", "it's top", "the shop", "sit up", "set up", "sat up", "what's up",
    "hold up", "step up", "stuff it", "start it", "staff", "stuck", "stopwatch watcher", "stash", "stat",
    "stout", "soft", "sauce", "stool", "stripes", "stepping", "popped", "dropped", "hopped", "lollipop",
    "treetop", "go", "no", "yes", "wait", "don't", "come on", "enough", "hot", "pot", "lot", "dog", "frog",
    "start again", "let's go to the shop", "climb to the top", "one step", "spin the top", "it's up",
)  # fmt: skip

STOP: Final = Phrase(
    head="stop",
    phrase="stop",
    said=(
        *_tunes("stop", "stop it", "stop stop"),
        "Stop!",
        "please stop",
        "teddy, stop!",
        "stop now",
        "Stop",
    ),
    near=(*_LIKE_STOP * 3, *(f"hey {word}" for word in _LIKE_STOP[:20]), *_LIKE_TEDDY),
    forbidden=("stop", "stopped", "stops", "stopping"),
    judged_by_words=False,
)

PHRASES: Final = (HEY_TEDDY, STOP)
