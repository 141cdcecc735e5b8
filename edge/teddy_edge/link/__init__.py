"""The way to the cloud and back."""
