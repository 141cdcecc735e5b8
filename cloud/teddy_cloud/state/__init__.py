"""Where the state of the cloud lies: in the store that all its workers share."""
