"""The cloud: what parents see, and what they wish."""
