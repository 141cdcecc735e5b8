"""Samples in, utterances out."""
