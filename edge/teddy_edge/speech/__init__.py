"""Utterances to words, and safe words to sound."""
