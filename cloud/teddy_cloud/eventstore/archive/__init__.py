"""What is old, in sealed files: read as if it lay in the store still."""
