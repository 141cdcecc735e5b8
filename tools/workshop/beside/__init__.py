"""What the bench of the voice measures the bear beside: another framework that answers the same child."""
