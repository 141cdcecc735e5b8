"""Sound in, the bear's name and "stop" out."""
