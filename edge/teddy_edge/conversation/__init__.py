"""What the bear answers, and in which state it is."""
