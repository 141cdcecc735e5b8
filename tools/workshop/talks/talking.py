"""A talk of a simulated child with the bear's own answering: guard, skills, meaning and memory, no sound."""

from __future__ import annotations

from teddy_edge.conversation.answering import Answering, as_said
from teddy_edge.conversation.memory import Talk
from teddy_edge.conversation.skills.skill import Heard
from workshop.talks.child import Child
from workshop.talks.judge import Turn


async def talk(answering: Answering, child: Child, *, turns: int) -> list[Turn]:
    """Everything that is said is heard to its end, as at a keyboard."""
    memory, said = Talk(), []
    for at in range(turns):
        sentence = child.says(at, memory.recent)
        heard = Heard(text=sentence.text, confidence=1.0, band=child.band)
        answer = await answering.answer(heard, memory.recent, doubtful=False, asked_back=0)
        passed = [each async for each in answering.safe_clauses(answer.reply.text, child.band)]
        reply = as_said(answer.reply, passed)
        said.append(Turn(sentence, memory.recent, reply))
        memory = memory.after(reply)
    return said
