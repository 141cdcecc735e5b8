"""A child who talks a hundred turns by chance: asks, tells, babbles, answers, refuses, and wanders off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from teddy_edge.conversation.skills.skill import Recent
from teddy_shared.ages import AgeBand
from teddy_shared.clock import Chance

T = TypeVar("T")

_ASKS: Final = {
    AgeBand.LITTLE: (
        "tell me a story", "a song", "doggy", "what does the cow say", "cats", "joke", "play with me",
        "let's count",
        "why is the moon", "more", "again", "animal sounds", "what's that", "sing twinkle twinkle", "a bee",
    ),
    AgeBand.MIDDLE: (
        "tell me a joke", "can we play a game", "guess who", "tell me about sharks", "why is the sky blue",
        "let's play a memory game", "ask me a riddle", "tell me a story", "give me a sum", "rhyming game",
        "what can you do", "another one", "something else", "what's an octopus", "how do planes fly",
    ),
    AgeBand.BIG: (
        "twenty questions", "guess what I'm thinking of", "give me a hard sum", "times tables",
        "tell me about rockets",
        "what is a black hole", "how do you spell rhinoceros", "spelling game", "opposites game",
        "tell me a riddle",
        "who is the president", "what's the capital of peru", "can you help with my homework",
        "what else can you do",
    ),
}  # fmt: skip
_TELLS: Final = (
    "my brother has a bike", "we had noodles today", "mommy is cooking", "I like purple",
    "I have new shoes",
    "it's raining outside",
    "my friend came over and then we built a tower and it fell down and we laughed so much",
    "I went to the park", "my tooth is loose", "I can jump high", "guess what", "today was fun",
    "look at this",
)  # fmt: skip
_SMALL: Final = (
    "hello", "how are you", "what's your name", "are you real", "how old are you", "do you love me",
    "thank you",
    "I love you", "I'm bored", "I'm happy", "you're funny", "ha ha ha", "wow", "really", "cool",
    "hm", "um", "what",
    "why", "but why", "why", "yes", "no", "maybe", "okay", "I don't know", "no", "the other one", "please",
    "you're stupid", "you're a poop", "blah blah", "goo ga ga", "bibbidy wop", "hola que tal",
    "wo ist mama", "seven",
    "a hundred million", "banana", "the red one", "stop it", "louder", "say that again", "what did you say",
    "where do you live", "do you eat", "who made you", "I'm tired", "it's dark",
)  # fmt: skip


class ScriptedChild:
    """Answers what is asked about half the time, rightly or not, and otherwise says what comes to mind."""

    def __init__(self, *, band: AgeBand, chance: Chance) -> None:
        self._band = band
        self._chance = chance

    def says(self, recent: Recent) -> str:
        if (asked := recent.note.get("right")) and self._chance.below(2):
            return self._one((asked, asked, asked, "seven", "I don't know", "a cow", "what", "tell me"))
        if {"ask", "secret", "yes", "riddle", "story"} & recent.note.keys() and self._chance.below(2):
            return self._one(
                (
                    "yes",
                    "no",
                    "maybe",
                    "okay",
                    "the other one",
                    "is it big",
                    "can it fly",
                    "the first one",
                    "a cat",
                )
            )
        return self._one(self._one((_ASKS[self._band], _TELLS, _SMALL, _SMALL)))

    def _one(self, things: Sequence[T]) -> T:
        return things[self._chance.below(len(things))]
