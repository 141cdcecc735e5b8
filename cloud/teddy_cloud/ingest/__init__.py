"""The way up: batches of bears are read, sealed, stored, and only then acknowledged."""
