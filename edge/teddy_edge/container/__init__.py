"""Builds the bear from its parts: the only room that knows which class stands behind which port."""
