"""What the bear keeps in mind during one talk: only what was heard, only from the present turn."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from pydantic import TypeAdapter

from teddy_edge.conversation.children import Children
from teddy_edge.conversation.generation import Generations
from teddy_edge.conversation.proposals import rolling
from teddy_edge.conversation.skills.skill import Recent, Reply
from teddy_edge.safety.guard import TURNS_KEPT
from teddy_shared.envelope import ProfileId
from teddy_shared.logs import log
from teddy_shared.state.keys import Key, Role
from teddy_shared.state.scopes import Scope
from teddy_shared.state.state import State

SAID_MOST: Final = 300  # letters kept of a sentence: its end, where the next one goes on
ROLE: Final = Role("conversation")


@dataclass(frozen=True, slots=True)
class Talk:
    """The state of one talk."""

    recent: Recent = field(default_factory=Recent)
    asked_back: int = 0  # in a row
    outside: str = ""  # the last words that somebody beyond the bear's own skills had it say
    said: tuple[str, ...] = field(default=(), repr=False)
    """The child's last sentences, for the guard alone: what is said in pieces is found together."""

    def after(self, reply: Reply, *, whole: bool = True) -> Talk:
        """The talk once the reply was heard, or its beginning."""
        recent = self.recent.after(reply) if whole else self.recent.after_part(reply)
        outside = rolling(self.outside, reply.text) if reply.outside else self.outside
        return replace(self, recent=recent, asked_back=0, outside=outside)


TALK: Final = Key(
    name="conversation.talk",
    scope=Scope.SESSION,
    shape=TypeAdapter(Talk),
    readers=frozenset({ROLE}),
    writers=frozenset({ROLE}),
)


class Memory:
    """The memory of one talk. A write from a turn that is no longer current is refused."""

    def __init__(
        self,
        *,
        state: State,
        talk: str,
        generations: Generations,
        children: Children | None = None,  # none where nothing is known beyond the talk
    ) -> None:
        self._state = state
        self._children = children
        self._owner = talk
        self._generations = generations

    async def recall(self, profile: ProfileId | None = None) -> Talk:
        """With what this child has told in earlier talks."""
        held = await self._state.read(TALK, self._owner, ROLE)
        talk = held.value if held else Talk()
        if self._children is None or profile is None:
            return talk
        return replace(talk, recent=replace(talk.recent, child=await self._children.recall(profile)))

    async def forget(self, reply: Reply, profile: ProfileId | None) -> None:
        """What the reply says to be forgotten is so at once, also where the reply is never heard."""
        if reply.child is None:
            return
        talk = await self.recall(profile)
        if not reply.child.has_lost_something_of(talk.recent.child):
            return
        await self._state.write(
            TALK, self._owner, replace(talk, recent=replace(talk.recent, child=reply.child)), ROLE
        )
        await self._keep_child(reply, profile)

    async def keep(
        self,
        reply: Reply,
        *,
        generation: int,
        asked_back: bool,
        whole: bool = True,
        profile: ProfileId | None = None,
    ) -> None:
        """Call when the child has heard the reply, or as much of it as it will."""
        talk = await self.recall(profile)
        # After a question back, the child's next try belongs to what was before.
        again = replace(talk, asked_back=talk.asked_back + 1)
        talk = again if asked_back else talk.after(reply, whole=whole)
        if not self._generations.is_current(generation):
            log("memory").info("stale write refused", generation=generation)
            return
        await self._state.write(TALK, self._owner, talk, ROLE)
        await self._keep_child(reply, profile)

    async def _keep_child(self, reply: Reply, profile: ProfileId | None) -> None:
        if self._children is not None and profile is not None and reply.child is not None:
            await self._children.keep(profile, reply.child)

    async def heard(self, words: str) -> None:
        """Call with what the child said once it is judged, whatever becomes of the answer."""
        talk = await self.recall()
        said = (*talk.said, words[-SAID_MOST:])[-TURNS_KEPT:]
        await self._state.write(TALK, self._owner, replace(talk, said=said), ROLE)

    async def forget_child(self, _: ProfileId) -> None:
        """Whoever talks now: one talk is with one child."""
        await self._state.forget(TALK, self._owner, ROLE)
