"""Families and their bears: who owns what, what they granted, and what they wish."""
