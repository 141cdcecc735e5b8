"""Puts the cloud's parts together and takes them apart in reverse; only this room knows how."""
