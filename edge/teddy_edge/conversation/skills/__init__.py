"""What the bear can talk about without the internet."""
