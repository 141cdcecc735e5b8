"""What the bear and the cloud agree on: events, envelope, codec, topics, state, errors."""
