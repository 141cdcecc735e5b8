"""Simulated children who talk with the bear for a hundred turns, and what a script can judge of it."""
