"""The secure broker of the workshop, as tests name it."""

from __future__ import annotations

from workshop.secure_broker import SecureBroker, secure_mosquitto

__all__ = ["SecureBroker", "secure_mosquitto"]
