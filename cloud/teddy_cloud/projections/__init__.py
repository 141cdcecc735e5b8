"""Read models: what parents see, made from the event store and makeable again from nothing."""
