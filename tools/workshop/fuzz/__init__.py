"""Batches that no bear would send, and whether the door and the store keep their promises all the same."""
