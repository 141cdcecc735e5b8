"""Sound in and out; nothing here knows about speech."""
