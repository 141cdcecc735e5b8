"""The guard, the only maker of SafeText."""
