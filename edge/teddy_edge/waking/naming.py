"""The bear's name in what was understood: the second look at a waking, and what is left to answer."""

from __future__ import annotations

import re
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+")

# What small children say before a name, and how the recogniser writes that.
_CALLS: Final = frozenset(("hey", "hay", "heh", "hei", "hae", "hej", "hi", "hiya", "hello", "ok", "okay"))
_MAYBE: Final = frozenset((None, "he", "eh", "ey", "ay", "a", "oh"))  # also before a bear that is not called
_NAME: Final = re.compile(r"t[aeiy]{1,2}[dt]{1,2}(?:y|i|ie|ee|ey)")
"""Teddy, as the recogniser spells it when it is not sure: Taddie, Tedi, Tetty."""
_OTHERS: Final = frozenset(("tidy", "titty", "tatty"))
_TOGETHER: Final = re.compile(r"h?[ea][aeiy]?t[ae]dd?(?:y|i|ie)")
"""Call and name in one word: Heyteddy."""
_BETWEEN: Final = " \t\n,.!?;:-…"  # the name and what follows it


def behind_the_name(text: str) -> str | None:
    """What was said behind "hey teddy"; None where nobody was called, "" where nothing followed.

    What came before was said to somebody else. Where the bear is called twice, the first time counts.
    """
    words = list(_WORD.finditer(text))
    lower = [each.group().lower() for each in words]
    for number, word in enumerate(lower):
        before = lower[number - 1] if number else None
        whole = lower[number + 1 : number + 2] == ["bear"]  # hey teddy bear
        if _is_call(before, word, whole=whole):
            return text[words[number + whole].end() :].lstrip(_BETWEEN)
    return None


def _is_call(before: str | None, word: str, *, whole: bool) -> bool:
    if _TOGETHER.fullmatch(word):
        return True
    if _NAME.fullmatch(word) is None or word in _OTHERS:
        return False
    return before in _CALLS or (before in _MAYBE and not whole)
