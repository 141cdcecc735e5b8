"""What data is for. A family grants each purpose by itself; each is off until given."""

from __future__ import annotations

from enum import StrEnum


class Purpose(StrEnum):
    """Why an event may leave the bear (GDPR Art. 5(1)(b); COPPA 16 CFR 312.5)."""

    DEVICE = "device"  # the bear's own health; says nothing about a child, needs no grant
    ACTIVITY = "activity"  # that there was a talk, how long and about what
    SAFETY = "safety"  # that a child may need help
    TRANSCRIPT = "transcript"  # the child's words; the child is told
    TELEMETRY = "telemetry"  # how well hearing and answering work

    @property
    def needs_consent(self) -> bool:
        return self is not Purpose.DEVICE


Consent = frozenset[Purpose]
NOTHING_GRANTED: Consent = frozenset()


def allows(consent: Consent, purpose: Purpose) -> bool:
    """Whether data for this purpose may travel under this consent."""
    return not purpose.needs_consent or purpose in consent
