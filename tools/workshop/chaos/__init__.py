"""Kills anything at any moment, and counts what was lost, doubled, or begun twice."""
