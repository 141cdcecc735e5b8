"""Who may speak: carries out on mouth and states what an interruption decides."""

from __future__ import annotations

from teddy_edge.audio.mouth import Mouth
from teddy_edge.conversation.interruption import Interruption, Move, Order, Speech
from teddy_edge.conversation.playback import Playback
from teddy_edge.conversation.states import State, States
from teddy_edge.echo.leakage import Leakage


class Floor:
    """Of one reply after the other. What it says to do about the turn is done by whoever holds the turn."""

    def __init__(self, *, mouth: Mouth, states: States, leakage: Leakage) -> None:
        self._mouth = mouth
        self._states = states
        self._leakage = leakage
        self._playback = Playback(generation=0)
        self._interruption = Interruption()
        self._speaks = False

    def give_to(self, playback: Playback) -> None:
        """A reply begins, first of all by thinking."""
        self._playback = playback
        self._interruption = Interruption()
        self._speaks = False

    @property
    def given_up(self) -> bool:
        """Whether the reply is over as soon as it is silent."""
        return self._interruption.over

    @property
    def held(self) -> bool:
        """Whether the reply waits in silence for what somebody says."""
        return self._interruption.held

    @property
    def silent(self) -> bool:
        """Whether nothing of the reply is heard and nothing will be."""
        return self._mouth.hushed

    @property
    def protected(self) -> bool:
        return self._playback.protected

    def reply_sounds(self) -> None:
        """The first clause is ready; while somebody speaks it waits."""
        self._speaks = True
        if not self._interruption.held and not self._interruption.over:
            self._states.to(State.SPEAKING)

    def spoken_over(self, speech: Speech) -> None:
        self._carry_out(self._of_reply().speech(speech, heeded=self._heeded))

    def nothing_understood(self) -> None:
        self._carry_out(self._of_reply().nothing_understood())

    def understood(self, *, stop: bool) -> None:
        self._carry_out(self._of_reply().understood(stop=stop, heeded=self._heeded))

    def ordered(self, order: Order) -> None:
        self._carry_out(self._of_reply().ordered(order))

    def spared(self) -> bool:
        """Whether a reply that was given up has turned out to be a safety line, and goes on."""
        self._carry_out(self._of_reply().spared())
        return not self._interruption.over

    @property
    def _heeded(self) -> bool:
        return not self._speaks or self._leakage.voice_may_interrupt

    def _of_reply(self) -> Interruption:
        self._interruption.protected = self._playback.protected
        return self._interruption

    def _carry_out(self, move: Move | None) -> None:
        match move:
            case Move.DUCK:
                self._mouth.duck()
            case Move.SWELL:
                self._mouth.swell()
            case Move.RESUME:
                self._mouth.resume()
                self._states.to(State.SPEAKING if self._speaks else State.THINKING)
            case Move.HUSH | Move.STOP:
                self._mouth.hush()
                self._states.to(State.INTERRUPTED)
