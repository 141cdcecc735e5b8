"""Which microphone and which speaker this process has: cards, recordings, a file, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from teddy_edge.app import Lifeline, Threaded
from teddy_edge.audio.card import CardLost, CardNews, CardOpened, Cards
from teddy_edge.audio.card_microphone import CardMicrophone
from teddy_edge.audio.card_speaker import CardSpeaker
from teddy_edge.audio.devices import Direction, choose
from teddy_edge.audio.microphone import Clip, ClipMicrophone, Microphone, MicrophoneEvent
from teddy_edge.audio.mouth import Mouth
from teddy_edge.audio.reference import Reference
from teddy_edge.audio.ring import Ring
from teddy_edge.audio.soundcard import PortAudio
from teddy_edge.audio.speaker import FileSpeaker, Speaker
from teddy_edge.audio.wav import WavWriter, read_clip
from teddy_edge.container.bundles import Talking
from teddy_edge.ear.thread import EarThread
from teddy_edge.settings import Sound
from teddy_shared.clock import Chance, Clock
from teddy_shared.errors import ConfigError
from teddy_shared.logs import log

NONE: Final = "none"


@dataclass(frozen=True, slots=True)
class SoundPlan:
    """What was asked for, after a look that it is there."""

    sound: Sound
    clips: tuple[Clip, ...]
    cards: Cards | None  # none where no card is used

    @property
    def hears_itself(self) -> bool:
        """Whether what the speaker plays may reach the microphone."""
        return not self.clips and _is_card(self.sound)

    def threads(
        self,
        talking: Talking,
        *,
        ring: Ring,
        lifeline: Lifeline,
        chance: Chance,
        begins: Callable[[MicrophoneEvent], None],
        muted: Callable[[], bool],
    ) -> list[Threaded]:
        """Speaker, ear and microphone, in the order in which they start."""
        reference = Reference() if self.hears_itself else None
        ear = EarThread(
            ring=ring,
            ear=talking.ear,
            echo=talking.echo,
            post=talking.inbox.post,
            failed=lifeline.failed("ear"),
            clock=talking.clock,
            muted=muted,
        )
        return [
            self.speaker(
                talking.mouth,
                clock=talking.clock,
                chance=chance,
                failed=lifeline.failed("mouth"),
                reference=reference,
            ),
            ear,
            self._microphone(ring, reference, talking, chance, lifeline, begins),
        ]

    def _microphone(
        self,
        ring: Ring,
        reference: Reference | None,
        talking: Talking,
        chance: Chance,
        lifeline: Lifeline,
        begins: Callable[[MicrophoneEvent], None],
    ) -> Microphone:
        failed = lifeline.failed("microphone")
        if self.clips:
            return ClipMicrophone(
                ring=ring,
                clips=self.clips,
                at_rest=lambda: talking.dialogue.at_rest and not talking.ear.busy,
                wait=lambda: talking.endpointing.longest,
                post=begins,
                failed=failed,
                clock=talking.clock,
            )
        return CardMicrophone(
            ring=ring,
            cards=self._some_cards(),
            told=_tells("microphone"),
            failed=failed,
            clock=talking.clock,
            chance=chance,
            device=self.sound.microphone or None,
            reference=reference,
        )

    def speaker(
        self,
        mouth: Mouth,
        *,
        clock: Clock,
        chance: Chance,
        failed: Callable[[BaseException], None],
        reference: Reference | None = None,
    ) -> Speaker:
        if not _is_card(self.sound):
            wanted = self.sound.speaker
            writer = WavWriter(Path(wanted)) if wanted.endswith(".wav") else None
            return FileSpeaker(mouth=mouth, writer=writer, failed=failed, clock=clock)
        return CardSpeaker(
            mouth=mouth,
            cards=self._some_cards(),
            told=_tells("speaker"),
            failed=failed,
            clock=clock,
            chance=chance,
            device=self.sound.speaker or None,
            ceiling=self.sound.ceiling,
            reference=reference,
        )

    def _some_cards(self) -> Cards:
        assert self.cards is not None  # plan_sound looked
        return self.cards


def plan_sound(sound: Sound, *, waits: bool = False) -> SoundPlan:
    """Look for the cards and read the clips. Blocks; raises ConfigError with what to plug in or name.

    Where nobody reads that, let it be a bear that `waits` for its cards.
    """
    clips = tuple(Clip(str(path), read_clip(path)) for path in sound.clips)
    wanted: list[tuple[Direction, str]] = []
    if not clips:
        wanted.append(("microphone", sound.microphone))
    if _is_card(sound):
        wanted.append(("speaker", sound.speaker))
    elif sound.speaker.endswith(".wav") and not Path(sound.speaker).absolute().parent.is_dir():
        raise ConfigError(f"cannot write to {sound.speaker}: there is no such folder")
    if not wanted:
        return SoundPlan(sound, clips, None)
    cards = PortAudio()
    devices = cards.devices()
    for direction, name in wanted:
        if not waits:
            choose(devices, name or None, direction)
    return SoundPlan(sound, clips, cards)


def _is_card(sound: Sound) -> bool:
    if sound.speaker == "":
        return not sound.clips
    return sound.speaker != NONE and not sound.speaker.endswith(".wav")


def _tells(part: Direction) -> Callable[[CardNews], None]:
    """News of a card for the log; called from the part's own thread."""

    def told(news: CardNews) -> None:
        match news:
            case CardOpened(rate=rate, channels=channels, name=name):
                log("sound").info("card opened", part=part, card=name, rate=rate, channels=channels)
            case CardLost(reason=reason):
                log("sound").warning("card lost", part=part, reason=reason)
            case _:
                log("sound").warning("samples lost at the card", part=part, times=news.count)

    return told
