"""MQTT 5 of our own, small and quick: packets to bytes and back, and a client of one connection."""
