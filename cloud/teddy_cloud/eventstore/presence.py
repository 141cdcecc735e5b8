"""What the cloud itself writes to a bear's stream: when the bear came and went."""

from __future__ import annotations

from typing import Final

OWN_EPOCH: Final = "cloud"  # the epoch of what is told here; see own.py
ONLINE: Final = "link.online"
OFFLINE: Final = "link.offline"
UNHEARD: Final = "link.unheard"  # the broker came back, and the bear did not
