"""Whether what was heard so far sounds finished. Words in, a judgement out."""

from __future__ import annotations

import re
from typing import Final

from teddy_edge.ear.endpointing import WordsSoFar

_WORD: Final = re.compile(r"[a-z0-9']+")
_GOES_ON: Final = ("...", "…", ",", "-", ":", ";")  # how a transcript ends that does not end

_LAST_WORDS: Final = """
a an the my your his her its our their this these those some any every no
and or but because so if when while until since than as that which who whose
of to in on at for with from into by about under over behind between through like
i he she we they am is are was were be been has have had do does did can could will would shall should
might must may very really too um uh er hmm well then also just maybe let's gonna wanna
"""
_NEVER_LAST: Final = frozenset(_LAST_WORDS.split())
"""Words that no sentence of a child ends with, as good as ever."""


def words_of(text: str) -> WordsSoFar:
    """FINISHED only where it is likely: to wait in vain costs less than to cut a child off."""
    said = _WORD.findall(text.lower())
    if not said or text.rstrip().endswith(_GOES_ON) or said[-1] in _NEVER_LAST:
        return WordsSoFar.OPEN
    return WordsSoFar.FINISHED
