"""The bear's own voice in its own ear: taken out of what is heard, and how well that works."""
