"""Ears that are off: nothing passes, everybody knows, and they come on again."""

from __future__ import annotations

import threading

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from teddy_edge.audio.ring import Hop, Ring
from teddy_edge.audio.samples import EAR_RATE, HOP, Pcm
from teddy_edge.body.mute import By, Mute, MuteTurned
from teddy_edge.ear.ear import Ear
from teddy_edge.ear.endpointing import Endpointing
from teddy_edge.ear.segmenter import FRAME, Utterance, UtteranceEnded
from teddy_edge.ear.thread import EarThread, Noticed
from teddy_shared.ages import AgeBand
from tests.soundcard_fakes import HandClock

NOISE = np.random.default_rng(7).integers(-20_000, 20_000, 100 * HOP, np.int16)


def hops(ring: Ring) -> list[Hop]:
    heard = []
    while isinstance(hop := ring.read(timeout=0), Hop):
        heard.append(hop)
    return heard


def ring_of(mute: Mute) -> Ring:
    ring = Ring(muted=lambda: mute.on)
    mute.observe(lambda _: ring.forget())
    return ring


def test_ears_stay_off_as_long_as_anybody_wants_them_off() -> None:
    mute, told = Mute(), list[MuteTurned]()
    mute.observe(told.append)

    for by, on in ((By.PAW, True), (By.SWITCH, True), (By.PAW, False), (By.SWITCH, False)):
        mute.turn(by, on=on)

    assert told == [MuteTurned(True), MuteTurned(False)]


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 5 * HOP)), max_size=12))
def test_no_sample_passes_while_the_ears_are_off_and_none_is_missing_from_the_count(
    pieces: list[tuple[bool, int]],
) -> None:
    """Read at the end, so that what came before must not be heard after the ears went off either."""
    mute = Mute()
    ring, at, truth = ring_of(mute), 0, list[np.ndarray]()
    for off, size in pieces:
        if off and not mute.on:
            truth = [np.zeros_like(each) for each in truth]
        mute.turn(By.PAW, on=off)
        piece = NOISE[at : at + size] if at + size < len(NOISE) else NOISE[:size]
        ring.write(piece)
        truth.append(np.zeros_like(piece) if off else piece)
        at += size
    whole = np.concatenate([*truth, np.zeros(0, np.int16)])

    heard = hops(ring)

    assert [hop.index for hop in heard] == [HOP * each for each in range(len(whole) // HOP)]
    joined = np.concatenate([*(hop.pcm for hop in heard), np.zeros(0, np.int16)])
    assert np.array_equal(joined, whole[: len(joined)])


class EverOpen:
    def admits(self, hop: Pcm) -> bool:
        return True


class LoudIsSpeech:
    """A net that takes any sound for speech."""

    def probability(self, frame: Pcm) -> float:
        return 1.0 if frame.any() else 0.0

    def reset(self) -> None: ...


class Listening:
    """An ear's thread over a ring, with a sentence that is under way for as long as there is sound."""

    def __init__(self, mute: Mute) -> None:
        self.ring = ring_of(mute)
        self.noticed: list[Noticed] = []
        self.thread = EarThread(
            ring=self.ring,
            ear=Ear(gate=EverOpen(), net=LoudIsSpeech(), endpointing=Endpointing(AgeBand.MIDDLE, 0.0)),
            post=self.noticed.append,
            failed=lambda _: None,
            clock=HandClock(),
            muted=lambda: mute.on,
        )

    def hear(self, *pieces: Pcm) -> None:
        """All of it, on this thread."""
        for pcm in pieces:
            self.ring.write(pcm)
        self.ring.close()
        self.thread.start()
        self.thread.stop()

    def taken_in(self) -> None:
        """Returns when the ear has read all there is."""
        turn = threading.Event()
        for _ in range(5000):
            if self.ring.written - self.ring.taken < HOP:
                return
            turn.wait(0.001)
        raise AssertionError("the ear does not read")

    @property
    def utterances(self) -> list[Utterance]:
        return [each.event.utterance for each in self.noticed if isinstance(each.event, UtteranceEnded)]


SPEECH = NOISE[: 50 * HOP]
QUIET = np.zeros(300 * HOP, np.int16)  # longer than any pause


def test_what_is_said_while_the_ears_are_off_is_never_heard_and_what_follows_is() -> None:
    mute = Mute()
    listening = Listening(mute)
    mute.turn(By.SWITCH, on=True)
    listening.ring.write(SPEECH)
    listening.ring.write(QUIET)
    mute.turn(By.SWITCH, on=False)

    listening.hear(SPEECH, QUIET)

    (utterance,) = listening.utterances
    assert utterance.speech_start > len(SPEECH) + len(QUIET) - FRAME
    assert len(utterance.pcm) < 2 * len(SPEECH) + EAR_RATE


def test_a_sentence_that_was_under_way_is_dropped_and_nothing_of_it_is_kept() -> None:
    """By the ear itself: the ring's silence alone would end the sentence and hand it on."""
    ear = Ear(gate=EverOpen(), net=LoudIsSpeech(), endpointing=Endpointing(AgeBand.MIDDLE, 0.0))
    stream, told = np.concatenate([SPEECH, QUIET]), 0
    for at in range(0, len(stream), HOP):
        if at == len(SPEECH):
            ear.forget()
        told += sum(isinstance(each, UtteranceEnded) for each in ear.step(Hop(stream[at : at + HOP], at)))

    assert (told, ear.busy) == (0, False)
    assert not ear._history.cut(0, len(stream))[1].any()


def test_an_ear_that_is_off_tells_nobody_of_anything() -> None:
    mute = Mute()
    listening = Listening(mute)
    listening.ring.write(SPEECH)  # before, and not read yet
    mute.turn(By.PAW, on=True)

    listening.hear(SPEECH, QUIET)

    assert listening.noticed == []


def test_the_ear_itself_drops_a_sentence_that_the_ears_went_off_in() -> None:
    mute = Mute()
    listening = Listening(mute)
    listening.thread.start()
    listening.ring.write(SPEECH)
    listening.taken_in()
    mute.turn(By.PAW, on=True)
    listening.ring.write(QUIET)
    listening.taken_in()
    listening.thread.stop()

    assert listening.noticed != []  # it had begun
    assert listening.utterances == []
