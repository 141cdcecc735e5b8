"""What families may rely on: what is erased is gone, and that can be shown."""
