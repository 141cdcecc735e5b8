"""Which words the voice has learned to say; others it guesses by their letters."""

from __future__ import annotations

from teddy_edge.inference.models import ModelStore
from teddy_edge.inference.voice_conversion import GOLD, SILVER
from teddy_edge.inference.word_table import Words, open_words


class VoiceWords:
    def __init__(self, *, spaces: tuple[Words, ...]) -> None:
        self._spaces = spaces

    def __contains__(self, word: str) -> bool:
        return any(word in space for space in self._spaces)


def load_voice_words(store: ModelStore) -> VoiceWords:
    """Maps a file. Raises PartMissing where the models are not prepared."""
    table = open_words(store.path("voice-words"))
    return VoiceWords(spaces=(Words(table, GOLD), Words(table, SILVER)))
