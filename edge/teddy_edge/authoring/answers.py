"""Whether what the bear asks can be answered: a riddle by its own answer, a fact's question at all. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from teddy_edge.authoring.documents import Document
from teddy_edge.authoring.findings import Finding
from teddy_edge.authoring.promised import facts_of
from teddy_edge.conversation.skills.understanding import Vocabulary, Words, matches, understand
from teddy_edge.safety.phrases import PatternError, Phrasebook

A_NAME: Final = 4  # letters; of shorter words a question is full


def unanswerable(document: Document) -> Iterator[Finding]:
    """Of the riddles and facts of a file."""
    table = document.table()
    for row in table.get("riddle", ()):
        yield from _riddle(document.name, row)
    for fact in facts_of(table):
        yield from _fact(document.name, fact)


def _riddle(file: str, row: dict[str, Any]) -> Iterator[Finding]:
    try:
        right = Phrasebook({}).patterns(row.get("right", ()))
    except PatternError:
        return  # the schema has told
    place = f"riddle.{row.get('id', '')}"
    answer = understand(str(row.get("answer", "")), Vocabulary(()))
    if not matches(right, answer):
        yield Finding(
            file, f"{place}.right", "answer", "does not take the bear's own answer for right",
            "let `right` have the chief word of `answer`",
        )  # fmt: skip
    told = understand(str(row.get("text", "")), Vocabulary(())).every
    chief = [
        word for each in answer.row for word in each if len(word) >= A_NAME and matches(right, _alone(word))
    ]
    if away := next((word for word in chief if word in told), None):
        yield Finding(
            file, f"{place}.text", "answer", f"gives its answer away: {away}", "ask without that word",
        )  # fmt: skip


def _alone(word: str) -> Words:
    return Words(((word,),), frozenset((word,)))


def _fact(file: str, row: dict[str, Any]) -> Iterator[Finding]:
    then, reply = row.get("then"), row.get("reply")
    place = str(row.get("id", ""))
    if then and not str(then).endswith("?"):
        yield Finding(file, f"{place}.then", "answer", "asks nothing", "end the question with a ?")
    if reply and str(reply).endswith("?"):
        yield Finding(
            file, f"{place}.reply", "answer", "asks again, and nobody hears what the child says to it",
            "end with something that can be left there",
        )  # fmt: skip
