"""Ordinary speech to say: a family's sentences, made of parts, and words at random out of a dictionary."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np

_WHO: Final = (
    "the dog", "my brother", "mummy", "daddy", "a little girl", "the teacher", "grandma", "the big bear",
    "our neighbour", "the policeman", "she", "he", "nobody", "everybody", "the cat", "a dinosaur",
    "the man on television",
    "Terry", "Eddy", "Betty", "Jenny", "my friend Tom", "the president", "the weather",
    "the old lady", "the king",
)  # fmt: skip
_DOES: Final = (
    "went to", "saw", "wants", "likes", "has already eaten", "is looking for", "was talking about",
    "ran away from",
    "painted", "forgot", "gave me", "broke", "is afraid of", "told a story about",
    "will never find", "carried",
    "is ready for", "sold", "cleaned", "heard", "played with", "dreamed of", "hates",
    "said hey to", "built",
)  # fmt: skip
_WHAT: Final = (
    "the red ball", "an apple", "the moon", "a very long train", "spaghetti", "the muddy garden",
    "a birthday party",
    "the library", "ten yellow ducks", "the heavy box", "a pretty dress", "the whole city",
    "twenty pennies",
    "breakfast", "the broken table", "some hot tea", "a steady job", "the beach", "a spaceship",
    "the head teacher",
    "his dirty shoes", "the hay", "a letter from the bank", "an elephant", "the second half of the match",
)  # fmt: skip
_WHEN: Final = (
    "today", "yesterday", "in the evening", "before bed", "at school", "again and again",
    "last week", "on Monday",
    "when it rained", "because it was late", "and then they all went home", "while the others were asleep",
    "at eight thirty", "every day", "under the table", "in the kitchen",
    "on the way to the station", "already",
)  # fmt: skip
_ASKS: Final = (
    "can you tell me a story", "what time is it", "why is the sky blue", "let's play hide and seek",
    "I don't want to go to bed", "look what I made", "do you know what happened",
    "put your shoes on please",
    "who wants some more", "that's not fair", "it's my turn", "are you ready to go", "how many are there",
    "count to ten", "one two three four five six seven eight nine ten", "sing me a song", "hello there",
    "good morning everybody", "what did you have for lunch", "the news at six o'clock",
    "and now the weather",
    "hey what are you doing", "hey come here", "they said it would be ready", "hey listen to this",
    "turn left at the traffic lights", "thank you very much for watching", "breaking news this hour",
)  # fmt: skip


def sentence(rng: np.random.Generator, forbidden: Sequence[str]) -> str:
    """One that holds none of the forbidden words."""
    while True:
        text = _sentence(rng)
        if not set(forbidden) & set(text.lower().replace("'", " ").split()):
            return text


def _sentence(rng: np.random.Generator) -> str:
    def pick(words: Sequence[str]) -> str:
        return words[int(rng.integers(len(words)))]

    sort = rng.random()
    if sort < 0.45:
        return f"{pick(_WHO)} {pick(_DOES)} {pick(_WHAT)} {pick(_WHEN)}"
    if sort < 0.6:
        return f"{pick(_ASKS)}, {pick(_WHO)} {pick(_DOES)} {pick(_WHAT)}"
    return " ".join(pick(dictionary()) for _ in range(int(rng.integers(4, 10))))


@cache
def dictionary() -> tuple[str, ...]:
    """Tens of thousands of English words, out of the voice's own lexicon."""
    packed = files("hibari").joinpath("assets/lexicon_us_gold.json.gz").read_bytes()
    words = json.loads(gzip.decompress(packed))
    return tuple(
        sorted(
            word for word in words if word.isascii() and word.isalpha() and word.islower() and len(word) > 2
        )
    )
