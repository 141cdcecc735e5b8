"""A bear on the virtual clock that is interrupted thousands of times, and every sample of what was heard."""
