"""Attempts to make the bear say what it must never say, and the judge of what it said."""
