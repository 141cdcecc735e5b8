"""The way down: what families wish and what the cloud orders, to every bear."""
